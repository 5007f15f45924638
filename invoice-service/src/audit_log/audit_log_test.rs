//! What is written stays written, and what was changed is found.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::Duration;

use ledger_types::{AccountId, RequestId, Role};
use tempfile::TempDir;

use super::reading::{files, walk};
use super::*;

const CHAIN: ChainId = ChainId([5; 32]);
const ID: Digest = Digest([6; 32]);

fn event(call: &str) -> Event {
    Event {
        phase: Phase::Asked,
        account: Some(AccountId(7)),
        role: Some(Role::Viewer),
        call: call.to_owned(),
        asked: None,
        request: Some(RequestId([3; 16])),
        outcome: None,
    }
}

fn two_sinks() -> (TempDir, Vec<PathBuf>) {
    let dir = tempfile::tempdir().unwrap();
    let sinks = vec![dir.path().join("a"), dir.path().join("b")];
    (dir, sinks)
}

fn open(sinks: &[PathBuf]) -> Writer {
    Writer::open(CHAIN, ID, sinks).unwrap().trying_again_after(Duration::ZERO)
}

/// A log in which these calls are recorded.
fn log_of(calls: &[&str]) -> (TempDir, Vec<PathBuf>, Writer) {
    let (dir, sinks) = two_sinks();
    let mut writer = open(&sinks);
    write(&mut writer, calls).unwrap();
    (dir, sinks, writer)
}

fn write(writer: &mut Writer, calls: &[&str]) -> Result<(), Unrecorded> {
    writer.write(calls.iter().map(|call| event(call)).collect())
}

fn calls(folder: &Path) -> Vec<String> {
    let mut calls = Vec::new();
    walk(&CHAIN, ID, folder, |_, entry, _| {
        calls.push(entry.event.call.clone());
        Ok(())
    })
    .unwrap();
    calls
}

fn only_file(folder: &Path) -> PathBuf {
    files(folder).unwrap().pop().unwrap().1
}

/// A folder that cannot be written: a file is in its place.
fn take_away(folder: &Path) {
    std::fs::rename(folder, folder.with_extension("away")).unwrap();
    std::fs::write(folder, "").unwrap();
}

fn bring_back(folder: &Path) {
    std::fs::remove_file(folder).unwrap();
    std::fs::rename(folder.with_extension("away"), folder).unwrap();
}

#[test]
fn both_sinks_hold_the_same_bytes_and_go_on_after_a_restart() {
    let (_dir, sinks, _) = log_of(&["one", "two"]);
    let mut writer = open(&sinks);
    assert_eq!(writer.tail().number, 2);
    write(&mut writer, &["three"]).unwrap();
    let [a, b] = [0, 1].map(|sink: usize| std::fs::read(only_file(&sinks[sink])).unwrap());
    assert!(a == b && !a.is_empty());
    assert_eq!(calls(&sinks[0]), ["one", "two", "three"]);
    let tail = verify(&CHAIN, ID, &sinks[1], None).unwrap();
    assert_eq!(tail, writer.tail());
}

#[test]
fn every_changed_moved_or_missing_line_is_found() {
    let (_dir, sinks, writer) = log_of(&["one", "two", "three", "four"]);
    let (path, tail) = (only_file(&sinks[0]), writer.tail());
    let good = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    let join = |lines: &[&str]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let mut changed = Vec::new();
    for place in 0..lines.len() {
        let mut edited: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        edited[place] = edited[place].replace(":7,", ":8,");
        assert_ne!(edited[place], lines[place]);
        changed.push(edited.join("\n") + "\n");
        let mut without = lines.clone();
        without.remove(place);
        changed.push(join(&without));
    }
    changed.push(join(&[lines[1], lines[0], lines[2], lines[3]]));
    changed.push(good.replace(r#""number":1,"#, r#""number": 1,"#));
    for text in changed {
        std::fs::write(&path, &text).unwrap();
        let found = verify(&CHAIN, ID, &sinks[0], Some(tail));
        // Without its last line a log is a good shorter one: only the chain knows that there was more.
        assert!(found.is_err(), "{text}");
    }
    std::fs::write(&path, join(&lines[..3])).unwrap();
    verify(&CHAIN, ID, &sinks[0], None).unwrap();
    let error = verify(&CHAIN, ID, &sinks[0], Some(tail)).unwrap_err();
    assert!(matches!(error, AuditFault::NotAsAnchored { found: 3, anchored: 4 }), "{error}");
    std::fs::write(&path, &good).unwrap();
    verify(&CHAIN, ID, &sinks[0], Some(tail)).unwrap();
    assert!(verify(&CHAIN, Digest([7; 32]), &sinks[0], None).is_err(), "another log");
    assert!(verify(&ChainId([6; 32]), ID, &sinks[0], None).is_err(), "another chain");
}

#[test]
fn what_a_crash_left_of_a_line_is_cut_off() {
    let (_dir, sinks, _) = log_of(&["one", "two"]);
    let path = only_file(&sinks[0]);
    let whole = std::fs::read(&path).unwrap();
    for cut in [1, 20, whole.len() / 2 - 1] {
        std::fs::write(&path, &whole[..whole.len() - cut]).unwrap();
        let mut writer = open(&sinks);
        assert_eq!(writer.tail().number, 2, "the other sink has it");
        assert_eq!(calls(&sinks[0]), ["one", "two"], "and gave it back");
        write(&mut writer, &[]).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), whole);
    }
}

#[test]
fn one_sink_carries_on_alone_and_the_other_catches_up() {
    let (_dir, sinks, _) = log_of(&["one"]);
    take_away(&sinks[1]);
    let mut writer = open(&sinks);
    write(&mut writer, &["two"]).unwrap();
    write(&mut writer, &["three"]).unwrap();
    bring_back(&sinks[1]);
    assert_eq!(calls(&sinks[1]), ["one"]);
    write(&mut writer, &["four"]).unwrap();
    assert_eq!(calls(&sinks[1]), ["one", "two", "three", "four"]);
    // A new disk in the place of an old one gets everything.
    std::fs::remove_dir_all(&sinks[0]).unwrap();
    drop(writer);
    open(&sinks);
    assert_eq!(calls(&sinks[0]), ["one", "two", "three", "four"]);
}

#[test]
fn without_a_sink_nothing_is_recorded_and_nothing_is_lost() {
    let (_dir, sinks, _) = log_of(&["one"]);
    take_away(&sinks[0]);
    let mut writer = open(&sinks);
    writer.lose_all();
    take_away(&sinks[1]);
    assert_eq!(write(&mut writer, &["refused"]), Err(Unrecorded));
    assert_eq!(writer.tail().number, 1);
    bring_back(&sinks[1]);
    write(&mut writer, &["two"]).unwrap();
    bring_back(&sinks[0]);
    write(&mut writer, &["three"]).unwrap();
    assert_eq!(calls(&sinks[0]), ["one", "two", "three"]);
    assert_eq!(calls(&sinks[1]), ["one", "two", "three"]);
    take_away(&sinks[0]);
    take_away(&sinks[1]);
    assert!(Writer::open(CHAIN, ID, &sinks).is_err(), "no start without a place to write to");
}

#[test]
fn a_sink_that_fell_behind_is_not_written_before_it_caught_up() {
    let (_dir, sinks, _) = log_of(&["one"]);
    take_away(&sinks[1]);
    let mut writer = open(&sinks);
    write(&mut writer, &["two"]).unwrap();
    // The one that has everything goes, the one that lacks an entry comes.
    bring_back(&sinks[1]);
    writer.lose_all();
    take_away(&sinks[0]);
    assert_eq!(write(&mut writer, &["refused"]), Err(Unrecorded));
    assert_eq!(calls(&sinks[1]), ["one"], "no gap");
    bring_back(&sinks[0]);
    write(&mut writer, &["three"]).unwrap();
    assert_eq!(calls(&sinks[1]), ["one", "two", "three"]);
}

#[cfg(unix)]
#[test]
fn a_log_that_is_deleted_under_the_service_comes_back_whole() {
    let (_dir, sinks, mut writer) = log_of(&["one"]);
    std::fs::remove_dir_all(&sinks[0]).unwrap();
    write(&mut writer, &["two"]).unwrap();
    write(&mut writer, &["three"]).unwrap();
    assert_eq!(calls(&sinks[0]), ["one", "two", "three"]);
}

#[test]
fn sinks_that_contradict_each_other_are_not_opened() {
    let (_dir, sinks) = two_sinks();
    for (sink, call) in sinks.iter().zip(["mine", "yours"]) {
        write(&mut open(std::slice::from_ref(sink)), &[call]).unwrap();
    }
    let error = Writer::open(CHAIN, ID, &sinks).err().unwrap();
    assert!(matches!(error, AuditFault::Contradiction { number: 1, .. }), "{error}");
}

#[test]
fn a_changed_line_stops_the_start() {
    let (_dir, sinks) = two_sinks();
    write(&mut open(&sinks), &["one", "two"]).unwrap();
    let path = only_file(&sinks[0]);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("one", "eno")).unwrap();
    let error = Writer::open(CHAIN, ID, &sinks).err().unwrap();
    assert!(matches!(error, AuditFault::Broken { line: 1, after: 0, .. }), "{error}");
}

#[tokio::test]
async fn many_callers_get_numbers_of_their_own() {
    let (_dir, sinks) = two_sinks();
    let log = AuditLog::open(CHAIN, ID, sinks.clone()).unwrap();
    let tasks: Vec<_> = (0..200)
        .map(|n| {
            let log = log.clone();
            tokio::spawn(async move { log.record(event(&n.to_string())).await.unwrap() })
        })
        .collect();
    let mut numbers = Vec::new();
    for task in tasks {
        numbers.push(task.await.unwrap());
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=200).collect::<Vec<_>>());
    assert_eq!(log.tail(), verify(&CHAIN, ID, &sinks[0], None).unwrap());
}

#[test]
fn the_bytes_of_an_entry_are_frozen() {
    let event = Event {
        phase: Phase::Done,
        account: Some(AccountId(7)),
        role: Some(Role::FinanceClerk),
        call: "taxchain.invoice.v1.FinanceService/Lock".to_owned(),
        asked: Some(8),
        request: Some(RequestId([3; 16])),
        outcome: Some("OK".to_owned()),
    };
    let entry = AuditEntry { number: 9, time_ms: 1_800_000_000_000, event };
    let hash = entry.hash(&CHAIN, &ID);
    let line = entry.line(hash);
    assert_eq!(line, GOLDEN, "the format of the audit log is frozen: a change is another version");
}

const GOLDEN: &str = concat!(
    r#"{"number":9,"time_ms":1800000000000,"phase":"done","account":7,"role":"finance_clerk","#,
    r#""call":"taxchain.invoice.v1.FinanceService/Lock","asked":8,"request":"03030303030303030303030303030303","#,
    r#""outcome":"OK","hash":"6e21b65626c4abc432c1a5f28d0e2cf851b37afeb3ae913062def1b09162189b"}"#,
    "\n"
);
