//! Many seeds one after another, and what they come to.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::{ClusterOptions, SeedReport, play};

/// Which seeds, and how many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seeds {
    /// The first.
    pub first: u64,
    /// How many.
    pub count: u64,
    /// Threads.
    pub jobs: usize,
}

/// What many seeds came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SeriesReport {
    /// Seeds played.
    pub seeds: u64,
    /// Simulated time, ms.
    pub simulated_ms: u64,
    /// CPU time of all threads together, ms.
    pub core_ms: u64,
    /// Blocks of the furthest nodes.
    pub blocks: u64,
    /// Transactions committed.
    pub committed: u64,
    /// Invoices issued.
    pub invoices: u64,
    /// Epochs after the first ones.
    pub epochs: u64,
    /// Messages delivered.
    pub messages: u64,
    /// Faults by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// Seeds by adversary.
    pub adversaries: BTreeMap<&'static str, u64>,
    /// Seeds in which something was wrong.
    pub failed: Vec<SeedReport>,
}

impl SeriesReport {
    fn add(&mut self, report: SeedReport, core_ms: u64) {
        self.seeds += 1;
        self.core_ms += core_ms;
        self.simulated_ms += report.simulated_ms;
        self.blocks += report.height;
        self.committed += report.committed;
        self.invoices += report.invoices;
        self.epochs += report.epochs;
        self.messages += report.messages;
        for (kind, count) in &report.faults {
            *self.faults.entry(kind).or_default() += count;
        }
        for kind in &report.adversaries {
            *self.adversaries.entry(kind).or_default() += 1;
        }
        if !report.violations.is_empty() {
            self.failed.push(report);
        }
    }

    /// Simulated hours.
    pub fn hours(&self) -> f64 {
        self.simulated_ms as f64 / 3_600_000.0
    }

    /// How many times as fast as real time one core is.
    pub fn speed(&self) -> f64 {
        self.simulated_ms as f64 / self.core_ms.max(1) as f64
    }

    /// Violations in all.
    pub fn violations(&self) -> usize {
        self.failed.iter().map(|report| report.violations.len()).sum()
    }

    /// The closing lines.
    pub fn lines(&self) -> Vec<String> {
        let list = |counts: &BTreeMap<&'static str, u64>| {
            counts.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
        };
        vec![
            format!("faults: {}", list(&self.faults)),
            format!("adversaries: {}", list(&self.adversaries)),
            format!(
                "{} blocks, {} transactions, {} invoices, {} messages, {} changes of epoch",
                self.blocks, self.committed, self.invoices, self.messages, self.epochs
            ),
            format!(
                "simulator: {} seeds, {:.1} simulated hours, {:.0}x real time per core, {} violations",
                self.seeds,
                self.hours(),
                self.speed(),
                self.violations()
            ),
        ]
    }
}

/// CPU time of this thread, ms: other work on the machine does not count. Where the system does not tell, the clock's.
fn cpu_ms() -> u64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok());
    let clock =
        || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(0));
    nanos.map_or_else(clock, |nanos| nanos / 1_000_000)
}

/// Plays seeds on several threads. `each` hears of every seed as it is done.
pub fn run(seeds: Seeds, options: ClusterOptions, each: &(dyn Fn(&SeedReport) + Sync)) -> SeriesReport {
    let next = AtomicU64::new(seeds.first);
    let end = seeds.first.saturating_add(seeds.count);
    let total = Mutex::new(SeriesReport::default());
    std::thread::scope(|scope| {
        for _ in 0..seeds.jobs.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    let began = cpu_ms();
                    let report = play(seed, options);
                    let took = cpu_ms() - began;
                    each(&report);
                    total.lock().unwrap_or_else(std::sync::PoisonError::into_inner).add(report, took);
                }
            });
        }
    });
    let mut report = total.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    report.failed.sort_by_key(|r| r.seed);
    report
}
