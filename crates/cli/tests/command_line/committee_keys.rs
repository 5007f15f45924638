//! The committee's key is changed from the command line, on a node that runs as a process of its own.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::one_bureau::{CONFIG, Node, one_bureau};
use crate::running::Place;

/// The rows of `committee-key status`, and its fields.
fn status(run: &dyn Fn(&[&str]) -> Value) -> Value {
    run(&["node", "committee-key", "status"])
}

#[test]
fn a_key_is_made_handed_over_named_shown_and_in_force_without_a_restart() {
    let place = Place::new();
    one_bureau(&place);
    let node = Node::start(&place);
    let run = |args: &[&str]| place.json(&[&["--home", "net/bureau-1", "--node", &node.endpoint], args].concat());
    let before = status(&run);
    assert_eq!(before["epoch"], 1, "{before}");

    // Made here, written for another bureau under a password that stands in no argument.
    let at = ["--config", CONFIG, "--epoch", "2"];
    let new = place.json(&[&["node", "committee-key", "new"], &at[..]].concat());
    let (key, fingerprint) = (new["public_key"].as_str().unwrap(), new["fingerprint"].as_str().unwrap());
    let handed = |args: &[&str]| {
        let mut command = place.taxchain(&[&["node", "committee-key"], args].concat());
        let output = command.env("TAXCHAIN_KEY_PASSWORD", "on the telephone").output().unwrap();
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let export = handed(&[&["export"], &at[..], &["--to", "for-bureau-2.pem"]].concat());
    assert_eq!(export.0, 0, "{export:?}");
    let pem = std::fs::read_to_string(place.join("for-bureau-2.pem")).unwrap();
    assert!(pem.contains("ENCRYPTED"), "{pem}");
    // As the other bureau would: the file and the fingerprint, and first with a wrong one.
    std::fs::remove_file(place.join("net/bureau-1/committee-keys/committee-2.pem")).unwrap();
    let wrong = [&["install", "for-bureau-2.pem"], &at[..], &["--fingerprint", "0011223344556677"]].concat();
    let (code, said) = handed(&wrong);
    assert!(code != 0 && said.contains(fingerprint) && said.contains("0011223344556677"), "{said}");
    assert!(!place.join("net/bureau-1/committee-keys/committee-2.pem").exists());

    run(&["governance", "propose", "--committee-key", key, "--overlap", "2h", "--effective-in", "4"]);
    // Any transactions make blocks.
    let block = || run(&["governance", "propose", "--raise-at", "1", "--effective-in", "100000"]);
    let until = |what: &str, holds: &dyn Fn(&Value) -> bool| {
        let began = Instant::now();
        loop {
            let now = status(&run);
            if holds(&now) {
                return now;
            }
            assert!(began.elapsed() < Duration::from_secs(90), "{what}: {now}");
            block();
        }
    };
    let named = until("named", &|now| now["next_epoch"] == 2);
    assert_eq!((&named["ready"], &named["validators"]), (&0.into(), &1.into()), "{named}");
    let doctor = place.run(&["--home", "net/bureau-1", "--node", &node.endpoint, "--output", "json", "doctor"]);
    assert!(doctor.out.contains(fingerprint) && doctor.out.contains("committee-key install"), "{doctor:?}");
    // Without --fingerprint the chain says which key it is.
    let mut install = place.taxchain(&["--home", "net/bureau-1", "--node", &node.endpoint]);
    install.args(["node", "committee-key", "install", "for-bureau-2.pem"]).args(at);
    let said = install.env("TAXCHAIN_KEY_PASSWORD", "on the telephone").output().unwrap();
    assert!(said.status.success(), "{said:?}");
    let shown = until("shown", &|now| now["ready"] == 1);
    assert_eq!(shown["not_ready"], serde_json::json!([]), "{shown}");
    let after = until("in force", &|now| now["epoch"] == 2);
    assert!(after["next_epoch"].is_null(), "{after}");
    let text = after.to_string();
    assert!(text.contains("accepted") && text.contains("in_force") && text.contains(key), "{text}");
    // Nothing is left to be shown, and a second key of the epoch is refused.
    let again = ["node", "committee-key", "ready", "--config", CONFIG];
    assert_ne!(place.run(&[&["--home", "net/bureau-1", "--node", &node.endpoint], &again[..]].concat()).code, 0);
    let log = std::fs::read_to_string(place.join("node.log")).unwrap();
    assert!(log.contains(fingerprint) && !log.contains("on the telephone"));
}
