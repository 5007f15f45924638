//! `cargo xtask bench tls`: what a connection costs, next to the international algorithms on the same machine.
//!
//! CPU time of one thread, the best of several rounds; all rates also as ratios to a plain SM2 verification. The library
//! of the international side is linked here and nowhere else.
#![allow(clippy::unwrap_used)]

#[path = "tls/calls.rs"]
mod calls;
#[path = "tls/clock.rs"]
mod clock;
#[path = "tls/pair.rs"]
mod pair;
#[path = "tls/stacks.rs"]
mod stacks;

use std::io::Write;

use clock::{best_of, us};
use pair::{Apart, Pair};
use stacks::Stack;

/// One line of the table.
struct Row {
    what: String,
    ours: f64,
    theirs: Option<f64>,
    unit: &'static str,
    goal: &'static str,
}

fn main() {
    // `cargo test` runs benches with this flag, to see that they start.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let verify = clock::plain_verify_us();
    let (ours, theirs) = (Stack::sm(), Stack::international());
    let mut rows =
        vec![Row { what: "plain SM2 verification".into(), ours: verify, theirs: None, unit: "us", goal: "" }];
    for (what, resumed, goal) in [("full mutual handshake", false, "1200"), ("resumed handshake", true, "500")] {
        let both = [&ours, &theirs].map(|stack| handshake(stack, resumed));
        for (side, n) in [("client", 0), ("server", 1)] {
            let (ours, theirs) = (both[0][n], Some(both[1][n]));
            rows.push(Row { what: format!("{what}, {side}"), ours, theirs, unit: "us", goal });
        }
    }
    for (what, n) in [("write", 0), ("read", 1)] {
        let both = [&ours, &theirs].map(|stack| record_us(stack, 16_384)[n]);
        let (ours, theirs) = (16_384.0 / both[0], Some(16_384.0 / both[1]));
        rows.push(Row { what: format!("{what} records of 16 KiB"), ours, theirs, unit: "MB/s", goal: "1000" });
    }
    for (what, n) in [("write", 0), ("read", 1)] {
        let both = [&ours, &theirs].map(|stack| record_us(stack, 500)[n]);
        rows.push(Row {
            what: format!("{what} a record of 500 bytes"),
            ours: both[0],
            theirs: Some(both[1]),
            unit: "us",
            goal: "",
        });
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (secure, plain) = runtime.block_on(calls::rates(&ours));
    rows.push(Row {
        what: "unary calls, plaintext beside".into(),
        ours: secure,
        theirs: Some(plain),
        unit: "/s",
        goal: "80 %",
    });
    print(&rows);
    record(&rows);
}

/// Us of CPU for the client and for the server.
fn handshake(stack: &Stack, resumed: bool) -> [f64; 2] {
    best_of(7, || {
        let (mut spent, n) = (Apart::default(), 60);
        for _ in 0..n {
            let stack = if resumed { stack.clone() } else { stack.with_new_memory() };
            if resumed {
                Pair::meet(&stack, &mut Apart::default()).tickets();
            }
            let pair = Pair::meet(&stack, &mut spent);
            assert_eq!(pair.is_resumed(), resumed);
        }
        [us(spent.client) / f64::from(n), us(spent.server) / f64::from(n)]
    })
}

/// Us of CPU a record, for who writes and who reads.
fn record_us(stack: &Stack, bytes: usize) -> [f64; 2] {
    const RECORDS: usize = 4_000;
    best_of(7, || {
        let spent = Pair::meet(stack, &mut Apart::default()).carry(RECORDS, bytes);
        [us(spent.client), us(spent.server)].map(|us| us / RECORDS as f64)
    })
}

fn print(rows: &[Row]) {
    println!("{:<34} {:>12} {:>16} {:>8}  goal", "", "SM", "P-256, AES-128", "");
    for row in rows {
        let text = |value: f64| if value < 10.0 { format!("{value:.2}") } else { format!("{value:.0}") };
        let theirs = row.theirs.map_or_else(String::new, text);
        println!("{:<34} {:>12} {theirs:>16} {:>8}  {}", row.what, text(row.ours), row.unit, row.goal);
    }
}

/// A line of the history, where there is one.
fn record(rows: &[Row]) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/benchmarks/history.jsonl");
    let Ok(mut file) = std::fs::OpenOptions::new().append(true).open(path) else { return };
    let git = std::process::Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output();
    let commit = git.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned()).unwrap_or_default();
    let rows: Vec<_> = rows
        .iter()
        .map(|row| serde_json::json!({ "what": row.what, "sm": row.ours, "other": row.theirs, "unit": row.unit }))
        .collect();
    let at = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    writeln!(file, "{}", serde_json::json!({ "bench": "tls", "commit": commit, "at": at, "rows": rows })).unwrap();
    eprintln!("appended to docs/benchmarks/history.jsonl");
}
