//! The lines of the README on who may see what, run as they stand there, in both languages.

use std::path::Path;

use serde_json::Value;

use crate::running::Place;

/// The `taxchain` lines of the fenced blocks that begin with this one, as words without their comments.
fn lines_of(document: &str, first: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(document);
    let text = std::fs::read_to_string(path).unwrap();
    let mut blocks = text.split("\n```").map(|block| block.trim_start_matches("sh\n"));
    let block = blocks.find(|block| block.starts_with(first)).unwrap_or_else(|| panic!("no block begins with {first}"));
    let words = |line: &str| line.split(" #").next().unwrap().split_whitespace().map(str::to_owned).collect();
    block.lines().map(words).collect()
}

/// Runs one line with ids put in for the words in capitals.
fn run(place: &Place, line: &[String], ids: &[(&str, &str)]) -> Value {
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
