//! Help, exit codes, errors, completions, and what `taxchain dev` says when it cannot start.

use std::time::Duration;

use serde_json::Value;

use crate::running::{Place, Said};

/// The names below "Commands:" of a help text.
fn commands_in(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| !line.starts_with("Commands:")).skip(1);
    let named =
        lines.take_while(|line| !line.is_empty()).filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    named.map(|line| line.split_whitespace().next().unwrap().to_owned()).filter(|name| name != "help").collect()
}

#[test]
fn the_help_of_every_command_begins_with_an_example_of_it() {
    let place = Place::new();
    let mut waiting = vec![Vec::<String>::new()];
    let (mut seen, mut without) = (0, Vec::new());
    while let Some(path) = waiting.pop() {
        let mut args: Vec<&str> = path.iter().map(String::as_str).collect();
        args.push("--help");
        let said = place.run(&args);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{args:?}");
        let example = format!("  {}", [&["taxchain"], &args[..args.len() - 1]].concat().join(" "));
        let begins = said.out.starts_with("EXAMPLES\n") && said.out.lines().nth(1).unwrap().starts_with(&example);
        if !begins {
            without.push(path.join(" "));
        }
        seen += 1;
        waiting.extend(commands_in(&said.out).into_iter().map(|name| [path.clone(), vec![name]].concat()));
    }
    assert!(without.is_empty(), "no example of its own: {without:?}");
    assert!(seen > 45, "{seen} commands");
}

#[test]
fn completions_know_every_command() {
    let place = Place::new();
    let commands = commands_in(&place.run(&["--help"]).out);
    assert!(commands.iter().any(|name| name == "reimburse"));
    for shell in ["bash", "zsh", "fish"] {
        let said = place.run(&["completions", shell]);
        assert_eq!(said.code, 0);
        let unknown: Vec<_> = commands.iter().filter(|name| !said.out.contains(name.as_str())).collect();
        assert!(unknown.is_empty(), "{shell} does not know {unknown:?}");
    }
    assert_eq!(place.run(&["completions", "cobol"]).code, 2);
}

/// Runs a command for people and for machines: both fail with this code, and the JSON says so.
fn fails(place: &Place, code: i32, args: &[&str]) -> (Said, Value) {
    let said = place.run(args);
    assert_eq!(said.code, code, "{args:?}: {said:?}");
    assert!(!said.err.is_empty() && said.out.is_empty(), "messages go to stderr: {said:?}");
    let told = place.run(&[args, &["--output", "json"]].concat());
    let json = told.json();
    assert_eq!((told.code, &json["error"]["exit_code"]), (code, &code.into()), "{args:?}");
    assert!(json["error"]["messages"][0].as_str().is_some_and(|text| !text.is_empty()), "{json}");
    (said, json["error"].clone())
}

#[test]
fn every_failure_has_its_exit_code_and_parses() {
    let place = Place::new();
    fails(&place, 78, &["show"]);
    let dev = place.dev("chain");
    fails(&place, 2, &["issue"]);
    fails(&place, 2, &["isue", "--total", "1.00"]);
    fails(&place, 2, &["claim", "--slot", "0"]);
    fails(&place, 3, &["show", "--slot", "999"]);
    fails(&place, 3, &["flow", "--slot", "999"]);
    fails(&place, 3, &["show", "--as", "nobody", "--block", "999999"]);
    fails(&place, 3, &["issue", "--total", "1.00", "--as", "nobody"]);
    fails(&place, 65, &["claim", "--slot", "0", "--token", "no token"]);

    let issued = place.json(&["issue", "--total", "198.00"]);
    let (slot, token) = (issued["slot"].to_string(), issued["claim_token"].as_str().unwrap());
    let claim = ["claim", "--slot", &slot, "--token", token];
    place.json(&[&claim[..], &["--to", "company"]].concat());
    let (_, error) = fails(&place, 4, &claim);
    assert_eq!(error["reasons"], serde_json::json!(["ALREADY_CLAIMED"]));
    place.json(&["lock", "--slot", &slot]);
    place.json(&["book", "--slot", &slot]);
    place.json(&["reimburse", "--slot", &slot]);
    let (said, error) = fails(&place, 4, &["reimburse", "--slot", &slot]);
    assert!(said.err.contains("ALREADY_REIMBURSED") && error["reasons"][0] == "ALREADY_REIMBURSED");
    fails(&place, 5, &["bureau", "suspend", "--account", "company", "--as", "merchant"]);

    place.json(&["proof", "export", "--slot", &slot, "--file", "invoice.proof"]);
    let mut proof = std::fs::read(place.join("invoice.proof")).unwrap();
    proof[100] ^= 1;
    std::fs::write(place.join("changed.proof"), proof).unwrap();
    for (file, code) in [("changed.proof", 8), ("no-such.proof", 74), ("chain/genesis.json", 65)] {
        let args = ["proof", "verify", file, "--trust", "chain/genesis.json"];
        let said = place.run(&args);
        assert!(said.code == code && said.out.is_empty() && !said.err.is_empty(), "{said:?}");
        let told = place.run(&[&args[..], &["--output", "json"]].concat());
        assert_eq!((told.code, &told.json()["verified"]), (code, &Value::Bool(false)));
    }
    dev.stop();
    let (said, _) = fails(&place, 6, &["show"]);
    assert!(said.err.contains("is the node running"), "{said:?}");
}

#[test]
fn a_new_chain_is_ready_in_ten_seconds_and_an_invoice_verified_two_commands_later() {
    let place = Place::new();
    let dev = place.dev("chain");
    assert!(dev.facts["ready"] == true && dev.facts["survives"] == true);
    println!("dev: ready in {} ms", dev.ready_after.as_millis());
    assert!(dev.ready_after < Duration::from_secs(10), "{:?}", dev.ready_after);
    let issued = place.run(&["issue", "--total", "198.00"]);
    assert_eq!(issued.code, 0, "{issued:?}");
    // Word for word what the first command advises: the public service, by QR code.
    let advice = issued.err.lines().find_map(|line| line.strip_prefix("next: taxchain verify --qr '")).unwrap();
    let verified = place.json(&["verify", "--qr", advice.trim_end_matches('\'')]);
    assert_eq!((&verified["verified"], &verified["total"]), (&true.into(), &"198.00".into()));
    // And what the banner advises: nobody is trusted but the genesis document.
    let verified = place.json(&["verify", "--slot", "0"]);
    assert_eq!((&verified["verified"], &verified["face"]), (&true.into(), &"blue".into()));
    let status = place.json(&["show"]);
    assert_eq!((&status["slots"], &status["chain"]), (&1.into(), &dev.facts["chain"]));
}

#[test]
fn a_chain_that_cannot_start_says_why_and_what_to_do() {
    let place = Place::new();
    let dev = place.dev("chain");
    let address = |name: &str| {
        dev.fact(name)
            .trim_start_matches("http://")
            .trim_start_matches("https://")
            .trim_end_matches("/metrics")
            .to_owned()
    };
    let start = |data: &[&str], options: &[(&str, &str)]| {
        let mut args = [&["dev"], data].concat();
        for option in ["--listen", "--service-listen", "--metrics-listen"] {
            let given = options.iter().find(|(name, _)| *name == option);
            args.extend([option, given.map_or("127.0.0.1:0", |(_, address)| *address)]);
        }
        place.run(&args)
    };
    for (option, taken) in [("--listen", "node"), ("--service-listen", "service"), ("--metrics-listen", "metrics")] {
        let taken = address(taken);
        let said = start(&[], &[(option, taken.as_str())]);
        let clear = said.err.contains(&taken) && said.err.contains(&format!("choose another with {option}"));
        assert!(said.code == 78 && clear, "{said:?}");
    }
    let left: Vec<_> = std::fs::read_dir(place.join(".")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_str().unwrap().starts_with("taxchain-dev-")), "left behind: {left:?}");
    let said = start(&["--data", "other"], &[("--listen", "0.0.0.0:0")]);
    assert!(said.code == 78 && said.err.contains("not a loopback address"), "{said:?}");

    let said = start(&["--data", "chain"], &[]);
    let data = place.join("chain/data");
    assert!(said.code != 0 && said.err.contains(&format!("{} is in use", data.display())), "{said:?}");
    assert_eq!(place.run(&["fsck", "chain"]).code, 74, "nor is it checked while it runs");
    assert_eq!(place.json(&["show"])["chain"], dev.facts["chain"], "the first one goes on");
    dev.stop();

    std::fs::write(data.join("format"), "taxchain-data 9\n").unwrap();
    let said = start(&["--data", "chain"], &[]);
    let clear = said.err.contains("says `taxchain-data 9`, this program reads `taxchain-data 1`");
    assert!(said.code != 0 && clear, "{said:?}");
}
