//! Figures, not checks: `TAXCHAIN_FIGURES=1 cargo test --profile ci -p storage figures -- --nocapture`.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::time::Instant;

use proofs::HeaderEntry;
use proofs::header_chain::Check;

use super::made_chain::{Maker, genesis};
use super::*;
use crate::commit::StageMicros;

/// CPU time of the process, µs (steps of 10 ms).
fn cpu_micros() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()) * 10_000
}

/// Bytes of blocks that a folder takes on disk.
fn on_disk(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    fs::read_dir(path).unwrap().map(|entry| entry.unwrap()).fold(0, |sum, entry| {
        let meta = entry.metadata().unwrap();
        sum + if meta.is_dir() { on_disk(&entry.path()) } else { meta.blocks() * 512 }
    })
}

/// SM3 of two blocks, µs: the machine drifts.
fn calibration() -> f64 {
    let before = cpu_micros();
    let mut digest = [0; 32];
    for _ in 0..1_000_000 {
        digest = sm::sm3_node(1, &digest, &[7; 32]);
    }
    assert_ne!(digest, [0; 32]);
    (cpu_micros() - before) as f64 / 1e6
}

fn percentile(sorted: &[u64], percent: usize) -> u64 {
    sorted[(sorted.len() - 1) * percent / 100]
}

fn issue(block: usize, total: usize, steps: usize) {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::create(folder.path(), &genesis(), Options::default()).unwrap();
    let mut maker = Maker::new();
    let (mut sum, mut cpu, mut raw, mut stored) = (StageMicros::default(), 0, 0, 0);
    let mut commits = Vec::new();
    let began = Instant::now();
    for _ in 0..total / block {
        let made = maker.block(&store.tip(), block, steps);
        raw += made.block.txs.iter().map(|tx| borsh::to_vec(tx).unwrap().len()).sum::<usize>();
        let (before, start) = (cpu_micros(), Instant::now());
        let done = store.commit(made.block, made.certificate, made.outcome).unwrap();
        commits.push(start.elapsed().as_micros() as u64);
        cpu += cpu_micros() - before;
        stored += u64::from(done.stored_bytes);
        let s = done.cpu;
        sum.trees += s.trees;
        sum.frame += s.frame;
        sum.sync += s.sync;
        sum.rows += s.rows;
        sum.checkpoint += s.checkpoint;
    }
    let txs = store.transactions() as f64;
    let (before, start) = (cpu_micros(), Instant::now());
    store.close().unwrap();
    let (closing, close_ms) = (cpu_micros() - before, start.elapsed().as_millis());
    let per = |micros: u64| micros as f64 / txs;
    commits.sort_unstable();
    println!("\nan SM3 node costs {:.2} µs", calibration());
    println!("{total} issues and {steps} steps a block, blocks of {block}: CPU µs a transaction");
    println!(
        "  trees {:.2}  frame {:.2}  sync {:.2}  rows {:.2}  checkpoint {:.2}  | CPU of all threads while committing {:.2}, closing {:.2} ({close_ms} ms)",
        per(sum.trees),
        per(sum.frame),
        per(sum.sync),
        per(sum.rows),
        per(sum.checkpoint),
        per(cpu),
        per(closing)
    );
    println!(
        "  commit p50 {} µs, p99 {} µs, max {} µs; raw tx {:.0} B, frame {:.0} B, on disk {:.0} B a transaction; {} s in all",
        percentile(&commits, 50),
        percentile(&commits, 99),
        percentile(&commits, 100),
        raw as f64 / txs,
        stored as f64 / txs,
        on_disk(folder.path()) as f64 / txs,
        began.elapsed().as_secs()
    );
    for column in fs::read_dir(folder.path().join("chains")).unwrap() {
        let chain = column.unwrap().path();
        for part in ["segments", "state"] {
            println!("  {part}: {:.0} B", on_disk(&chain.join(part)) as f64 / txs);
        }
    }
    reopen(folder.path());
}

fn reopen(path: &Path) {
    let (_store, found) = Store::open(path, Options::default()).unwrap();
    println!("  reopened in {} ms, {} blocks replayed", found.millis, found.replayed_blocks);
}

#[test]
fn figures_of_issuing() {
    // Figures, not a check, and a minute of them: on demand.
    if std::env::var_os("TAXCHAIN_FIGURES").is_none() {
        return;
    }
    issue(10_000, 200_000, 0);
    issue(1_000, 200_000, 0);
    issue(1_000, 100_000, 1_000);
}

#[test]
fn figures_of_a_snapshot_of_a_million() {
    if std::env::var_os("TAXCHAIN_FIGURES").is_none() {
        return;
    }
    use crate::snapshot::{Incoming, Shelf, make_snapshot};
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    let mut store = Store::create(&old, &genesis(), Options::default()).unwrap();
    let mut maker = Maker::new();
    for _ in 0..1_000 {
        let made = maker.block(&store.tip(), 1_000, 0);
        store.commit(made.block, made.certificate, made.outcome).unwrap();
    }
    let reading = store.reader().now();
    let made = maker.block(&store.tip(), 1, 0);
    store.commit(made.block, made.certificate, made.outcome).unwrap();
    let (shelf, reader) = (Shelf::real(&old, &store.chain_id()), store.reader());
    let mut headers = |from: Height, count: usize| {
        let one = |height| reader.header_and_certificate(Height(height)).map(Option::unwrap);
        let entry = |(header, certificate)| HeaderEntry { header, certificate, next_validators: None, approval: None };
        (from.0..).take(count).map(|height| one(height).map(entry)).collect()
    };
    let told = |what: &str, work: &mut dyn FnMut()| {
        let (before, start) = (cpu_micros(), Instant::now());
        work();
        println!("{what}: {} ms, {:.1} s CPU", start.elapsed().as_millis(), (cpu_micros() - before) as f64 / 1e6);
    };
    told("made", &mut || drop(make_snapshot(&reading, &shelf, &mut headers, &mut || true).unwrap()));
    let from = shelf.at(reading.height());
    println!("{} MB, {} chunks", from.size().unwrap() >> 20, from.manifest().unwrap().chunks().count());
    let mut incoming = Some(Incoming::real(&new, store.chain_id()).unwrap());
    told("copied", &mut || from.copy_to(incoming.as_ref().unwrap().folder()).unwrap());
    let mut begun = None;
    told("checked and applied", &mut || {
        begun = Some(incoming.take().unwrap().finish(&genesis(), Check::Form, Options::default()).unwrap());
    });
    assert_eq!(begun.unwrap().tip().state_root, reading.tip().state_root);
}
