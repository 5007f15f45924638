//! `taxchain demo` to its last line, and the auditor on the chain it leaves.

use std::collections::BTreeSet;

use crate::running::Place;

/// Blue invoices of the story: a dinner, one in error, one reversed by a form.
const OF_THE_STORY: u64 = 3;

#[test]
fn the_story_ends_with_a_clean_audit_and_the_auditor_finds_what_was_planted() {
    let place = Place::new();
    let told = place.run(&["demo", "--invoices", "60", "--dir", "kept", "--keep", "--report", "day.html"]);
    assert_eq!(told.code, 0, "{told:?}");
    let refused = told.out.lines().find(|line| line.contains("ALREADY_REIMBURSED")).unwrap();
    assert!(refused.contains("614"), "{refused}");
    let row = |name: &str| -> u64 {
        let row = told.out.lines().find(|line| line.contains(name)).unwrap();
        row.split_whitespace().rev().find_map(|word| word.parse().ok()).unwrap()
    };
    let (attempted, issued, refused) = (row("attempted to issue"), row("已开票"), row("refused to issue"));
    assert!(attempted == 60 && issued > 0 && issued + refused == attempted);
    let last = format!("auditor: {} issued, 0 differences", issued + OF_THE_STORY);
    assert_eq!(told.last_line(), last);
    assert!(std::fs::read_to_string(place.join("day.html")).unwrap().contains("<svg"));

    let clean = place.run(&["audit", "kept", "--plant", "0"]);
    assert_eq!((clean.code, clean.last_line()), (0, last.as_str()));
    let planted = place.run(&["audit", "kept", "--plant", "5"]);
    let differences: Vec<&str> = planted.out.lines().filter(|line| line.starts_with("height ")).collect();
    let places: BTreeSet<_> = differences.iter().map(|line| line.split(':').next()).collect();
    assert_eq!((planted.code, differences.len(), places.len()), (8, 5, 5), "{}", planted.out);
    assert!(planted.last_line().ends_with("issued, 5 differences"));
    let json = place.run(&["audit", "kept", "--plant", "5", "--output", "json"]);
    let heights = json.json()["differences"].as_array().unwrap().iter().filter(|d| d["height"].is_u64()).count();
    assert_eq!((json.code, heights), (8, 5));
}

#[test]
fn the_story_for_machines_is_one_document() {
    let place = Place::new();
    let told = place.run(&["demo", "--invoices", "20", "--output", "json"]);
    assert_eq!(told.code, 0, "{told:?}");
    let (day, audit) = (&told.json()["day"], &told.json()["audit"]);
    assert_eq!(day["attempted"], 20);
    assert_eq!(audit["issued"].as_u64(), day["issued"].as_u64().map(|n| n + OF_THE_STORY));
    assert_eq!(audit["differences"].as_array().map(Vec::len), Some(0));
    let left: Vec<_> = std::fs::read_dir(place.join(".")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| name.to_str().unwrap().ends_with("report.html")), "left behind: {left:?}");
}
