//! The lines of the README on who may see what, run as they stand there, in both languages.

use std::path::Path;

use serde_json::Value;

use crate::running::Place;

/// The `taxchain` lines of the fenced blocks that begin with this one, as words without their comments.
pub(crate) fn lines_of(document: &str, first: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(document);
    let text = std::fs::read_to_string(path).unwrap();
    let mut blocks = text.split("\n```").map(|block| block.trim_start_matches("sh\n"));
    let block = blocks.find(|block| block.starts_with(first)).unwrap_or_else(|| panic!("no block begins with {first}"));
    let words = |line: &str| line.split(" #").next().unwrap().split_whitespace().map(str::to_owned).collect();
    block.lines().map(words).collect()
}

/// Runs one line with ids put in for the words in capitals.
pub(crate) fn run(place: &Place, line: &[String], ids: &[(&str, &str)]) -> Value {
    assert_eq!(line[0], "taxchain");
    let put =
        |word: &String| ids.iter().find(|(name, _)| word == name).map_or(word.clone(), |(_, id)| (*id).to_owned());
    let words: Vec<String> = line[1..].iter().map(put).collect();
    place.json(&[&["--home", "chain"], &words.iter().map(String::as_str).collect::<Vec<_>>()[..]].concat())
}

/// A development chain with an invoice in slot 0 that the company holds.
fn furnished(place: &Place) -> crate::running::Dev {
    let dev = place.dev("chain");
    let issued = place.json(&["--home", "chain", "issue", "--total", "198.00"]);
    let token = issued["claim_token"].as_str().unwrap();
    place.json(&["--home", "chain", "claim", "--slot", "0", "--token", token, "--to", "company"]);
    dev
}

#[test]
fn the_readmes_lines_on_grants_do_what_they_say() {
    let lines = lines_of("README.md", "taxchain grant ");
    assert_eq!(lines, lines_of("README.zh-CN.md", "taxchain grant "), "the same in both languages");
    let [give, show, list, revoke] = &lines[..] else { panic!("{lines:?}") };
    let place = Place::new();
    let dev = furnished(&place);
    let before = place.run(&["--home", "chain", "show", "--slot", "0", "--contents", "--as", "payments"]);
    assert_eq!(before.code, 5, "{before:?}");
    let given = run(&place, give, &[]);
    let id = given["grant"].as_str().unwrap();
    let shown = run(&place, show, &[]);
    assert!(shown["buyer"].is_string() && shown["lines"].is_array(), "{shown}");
    assert!(shown["contents"]["facts"].is_null() && shown.get("remark").is_none(), "not granted: {shown}");
    let listed = run(&place, list, &[]);
    let row = &listed["items"][0];
    assert_eq!((row["grant"].as_str(), row["side"].as_str()), (Some(id), Some("given")), "{listed}");
    assert_eq!((row["in force"].as_bool(), row["sections"].as_str()), (Some(true), Some("buyer,lines")), "{listed}");
    run(&place, revoke, &[("GRANT", id)]);
    let after = place.run(&["--home", "chain", "show", "--slot", "0", "--contents", "--as", "payments"]);
    assert_eq!(after.code, 5, "{after:?}");
    let twice = place.run(&["--home", "chain", "revoke", id, "--as", "company"]);
    assert!(twice.code == 3 && twice.err.contains("GRANT_UNKNOWN"), "{twice:?}");
    dev.stop();
}

#[test]
fn the_readmes_lines_on_inspections_do_what_they_say() {
    let first = "taxchain account role assign";
    let lines = lines_of("README.md", first);
    assert_eq!(lines, lines_of("README.zh-CN.md", first), "the same in both languages");
    let [staff @ .., open, record, read, list] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!(staff.len(), 4);
    let place = Place::new();
    let dev = furnished(&place);
    for line in staff {
        run(&place, line, &[]);
    }
    let reading: Vec<&str> = read[1..].iter().map(String::as_str).collect();
    let early = place.run(&[&["--home", "chain"], &reading[..]].concat());
    assert_eq!(early.code, 5, "nothing is on record: {early:?}");
    let bureau = place.run(&["--home", "chain", "show", "--slot", "0", "--contents", "--as", "bureau"]);
    assert_eq!(bureau.code, 5, "a staffed bureau's administrator reads nothing: {bureau:?}");
    let opened = run(&place, open, &[]);
    let id = opened["inspection"].as_str().unwrap();
    run(&place, record, &[("INSPECTION", id)]);
    let seen = run(&place, read, &[]);
    assert!(seen["buyer"].is_string() && seen["contents"]["facts"].is_object(), "{seen}");
    assert_eq!(run(&place, list, &[])["items"][0]["inspection"].as_str(), Some(id));
    dev.stop();
    let audited = place.run(&["audit", "chain"]);
    let line = audited.out.lines().find(|line| line.trim_start().starts_with("read at height")).unwrap();
    assert!(audited.code == 0 && line.contains(&format!("inspection {id}, slots 0")), "{audited:?}");
}

#[test]
fn an_order_of_erasure_is_carried_out_listed_and_found_by_fsck_and_audit() {
    let place = Place::new();
    let dev = furnished(&place);
    let lines = lines_of("README.md", "taxchain account role assign");
    for line in &lines[..4] {
        run(&place, line, &[]);
    }
    let order = ["--home", "chain", "erase", "--slot", "0", "--section", "buyer", "--ground", "decision 31"];
    let alone = place.run(&[&order[..], &["--as", "security"]].concat());
    assert!(alone.code == 5 && alone.err.contains("APPROVER_MISSING"), "{alone:?}");
    let facts = place.run(&["--home", "chain", "erase", "--slot", "0", "--section", "facts", "--ground", "x"]);
    assert!(facts.code == 2 && facts.err.contains("cannot be erased"), "{facts:?}");
    let ordered = place.json(&[&order[..], &["--as", "security", "--co-sign", "approver"]].concat());
    let id = ordered["order"].as_str().unwrap().to_owned();
    let shown = place.run(&["--home", "chain", "show", "--slot", "0", "--contents", "--as", "company"]);
    let height = id.split('-').next().unwrap();
    assert!(shown.code == 0 && shown.out.contains(&format!("erased by order {id} at height {height}")), "{shown:?}");
    assert!(shown.out.contains("已依删除令"), "{shown:?}");
    let pending = || place.json(&["--home", "chain", "node", "erasures"])["pending"].as_u64().unwrap();
    for _ in 0..60 {
        if pending() == 0 {
            break;
        }
        place.json(&["--home", "chain", "issue", "--total", "10.00"]);
        std::thread::sleep(std::time::Duration::from_millis(500));
    }
    let listed = place.json(&["--home", "chain", "erase", "list"]);
    let row = &listed["items"][0];
    assert_eq!((row["order"].as_str(), row["carried out"].as_bool()), (Some(id.as_str()), Some(true)), "{listed}");
    dev.stop();
    let checked = place.json(&["fsck", "chain"]);
    assert_eq!((checked["erased"].as_u64(), checked["to_erase"].as_u64()), (Some(1), Some(0)), "{checked}");
    let audited = place.run(&["audit", "chain"]);
    assert!(audited.code == 0 && audited.out.contains("erasure ordered at height"), "{audited:?}");
}

#[test]
fn a_one_time_claim_is_found_read_and_handed_on_by_the_wallet_alone() {
    let place = Place::new();
    let dev = place.dev("chain");
    let issue = || place.json(&["--home", "chain", "issue", "--total", "198.00"])["claim_token"].clone();
    let (first, second) = (issue(), issue());
    let none = place.run(&["--home", "chain", "wallet", "list"]);
    assert!(none.code == 3 && none.err.contains("no wallet yet"), "{none:?}");
    let claim = |slot: &str, token: &Value| {
        place.json(&["--home", "chain", "claim", "--slot", slot, "--token", token.as_str().unwrap(), "--one-time"])
    };
    let (one, two) = (claim("0", &first), claim("1", &second));
    assert_eq!((one["claimed_by"].as_str(), two["claimed_by"].as_str()), (Some("wallet/0"), Some("wallet/1")));
    assert_eq!(one["carries_content_key"], true);
    assert_ne!(one["address"], two["address"]);
    let listed = || {
        let items = place.json(&["--home", "chain", "wallet", "list"])["items"].clone();
        let key = |item: &Value| (item["key"].as_str().unwrap().to_owned(), item["slot"].as_u64().unwrap());
        items.as_array().unwrap().iter().map(key).collect::<Vec<_>>()
    };
    let both = vec![("wallet/0".to_owned(), 0), ("wallet/1".to_owned(), 1)];
    assert_eq!(listed(), both);
    std::fs::remove_file(place.join("chain/wallet.next")).unwrap();
    assert_eq!(listed(), both, "from the secret alone");
    let read = place.json(&["--home", "chain", "wallet", "read", "--slot", "0"]);
    assert!(read["buyer"].is_string() && read["contents"]["facts"].is_object(), "{read}");
    place.json(&["--home", "chain", "transfer", "offer", "--slot", "0", "--to", "company", "--as", "wallet/0"]);
    place.json(&["--home", "chain", "transfer", "accept", "--slot", "0"]);
    assert_eq!(listed(), both[1..]);
    let third = claim("2", &issue());
    assert_eq!(third["claimed_by"], "wallet/2", "no address twice, though the note was lost: {third}");
    let foreign =
        place.run(&["--home", "chain", "transfer", "offer", "--slot", "1", "--to", "company", "--as", "wallet/0"]);
    assert!(foreign.code != 0 && foreign.err.contains("NOT_OWNER"), "{foreign:?}");
    let secret = std::fs::read_to_string(place.join("chain/wallet.pem")).unwrap();
    assert!(secret.contains("ENCRYPTED"), "{secret}");
    dev.stop();
}
