//! A chain whose bureau's keys live in a device: a mock, in a library that the node and the commands load.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crypto::{KeyUse, SecretString};
use ledger_types::{Area, Genesis, RuleBook};
use sdf::{SdfProvider, Settings};
use serde_json::{Value, json};

use crate::one_bureau::{Node, one_bureau, write};
use crate::running::Place;

fn pin() -> &'static str {
    str::from_utf8(mock_device::PIN).unwrap()
}

/// A network of one bureau, with its voting key and its account's key in a device.
fn bureau_with_device(place: &Place) {
    let folder = one_bureau(place);
    let built = std::env::current_exe().unwrap().with_file_name("libmock_device.so");
    std::fs::copy(&built, folder.join("card.so")).unwrap_or_else(|e| panic!("{}: {e}", built.display()));
    write(&folder.join("keys/pin"), pin(), 0o600);
    let settings = Settings::of(folder.join("card.so"));
    let device = Arc::new(SdfProvider::with_pin(settings, SecretString::from(pin())).unwrap());
    let public = |index: &str, key_use| device.key(index, key_use).unwrap().public_key().0;

    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let mut genesis: Genesis = serde_json::from_str(&read("genesis.json")).unwrap();
    genesis.validators.validators[0].vote_key = public("1", KeyUse::Vote);
    genesis.accounts[0].keys[0].public_key = public("2", KeyUse::Transaction);
    write(&folder.join("genesis.json"), &serde_json::to_string(&genesis).unwrap(), 0o644);

    let labels = "[sdf.labels]\nvote = 1\nbureau = 2\nreport = 3\n";
    let section = format!("[sdf]\nlibrary = \"card.so\"\npin_file = \"keys/pin\"\n{labels}");
    let node = read("node.toml").replace("keys/vote.pem", "sdf:vote").replace("keys/report.pem", "sdf:report");
    write(&folder.join("node.toml"), &format!("{node}{section}"), 0o644);

    let mut home: Value = serde_json::from_str(&read("home.json")).unwrap();
    home["chain"] = json!(genesis.chain_id());
    home["identities"]["bureau"]["key_file"] = json!("sdf:bureau");
    home["sdf"] = json!({ "library": "card.so", "pin_file": "keys/pin", "labels": { "bureau": 2 } });
    write(&folder.join("home.json"), &home.to_string(), 0o644);
}

#[test]
fn a_bureau_whose_keys_live_in_a_device_opens_accounts_and_its_chain_takes_invoices() {
    let place = Place::new();
    bureau_with_device(&place);
    let node = Node::start(&place);
    let run = |args: &[&str]| place.json(&[&["--home", "net/bureau-1", "--node", &node.endpoint], args].concat());
    let book = RuleBook::standard(Area(4403), 1, 0);
    write(&place.join("book.json"), &serde_json::to_string(&book).unwrap(), 0o644);
    run(&["rules", "publish", "--file", "book.json", "--effective-in", "10"]);
    run(&[
        "bureau",
        "open",
        "--name",
        "cafe",
        "--kind",
        "enterprise",
        "--title",
        "样例餐饮",
        "--tax-id",
        "91440300MA5DEK0334",
    ]);
    run(&["bureau", "approve", "--account", "cafe"]);
    // The rules take force by block time.
    let until = Instant::now() + Duration::from_secs(60);
    let home = ["--home", "net/bureau-1", "--node", &node.endpoint, "--output", "json"];
    let issued = loop {
        let said = place.run(&[&home[..], &["issue", "--total", "198.00", "--as", "cafe"]].concat());
        if said.code == 0 {
            break said.json();
        }
        assert!(Instant::now() < until, "{said:?}");
        std::thread::sleep(Duration::from_millis(500));
    };
    let slot = issued["slot"].to_string();
    assert_eq!(run(&["verify", "--slot", &slot])["verified"], true);
    let log = std::fs::read_to_string(place.join("node.log")).unwrap();
    assert!(!log.contains(pin()), "the PIN is in the log");
}

#[test]
fn a_device_that_cannot_be_used_is_named_with_its_code_and_without_the_pin() {
    let place = Place::new();
    bureau_with_device(&place);
    let start = ["node", "start", "--config", "net/bureau-1/node.toml"];
    let config = place.join("net/bureau-1/node.toml");
    let good = std::fs::read_to_string(&config).unwrap();
    let cases: [(&str, &str, &[&str]); 4] = [
        ("vote = 1", "vote = 13", &["sdf:vote", "0x01000008 SDR_KEYNOTEXIST", "make it with the vendor's tool"]),
        ("report = 3", "report = 1", &["sdf:report", "the device's key 1 is for vote already"]),
        ("card.so", "no.so", &["[sdf]", "no.so"]),
        ("sdf:vote", "sdf:wote", &["sdf:wote", "one of the labels: bureau, report, vote"]),
    ];
    for (from, to, expected) in cases {
        write(&config, &good.replace(from, to), 0o644);
        let said = place.run(&start);
        assert!(said.code != 0 && expected.iter().all(|part| said.err.contains(part)), "{to}: {said:?}");
    }
    write(&config, &good, 0o644);
    write(&place.join("net/bureau-1/keys/pin"), "another-pin", 0o600);
    let node = Node::start(&place);
    let bureau = ["--home", "net/bureau-1", "--node", &node.endpoint, "bureau", "open"];
    let said = place.run(&[&bureau[..], &["--name", "cafe", "--kind", "person"]].concat());
    assert!(said.code != 0 && said.err.contains("0x01000018 SDR_PRKRERR"), "{said:?}");
    let log = std::fs::read_to_string(place.join("node.log")).unwrap();
    assert!(!said.err.contains("another-pin") && !log.contains("another-pin"));
}
