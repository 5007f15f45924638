//! A cluster of real nodes above a virtual clock, network and disk, and what tries to break it.
//!
//! Everything that happens is drawn from one seed, so that a failure plays again bit by bit. The nodes are those of the
//! product (`chain_node::Node`) with their real stores; only sockets, threads, the clock and the disk are simulated.

mod checks;
mod clients;
mod events;
mod faults;
mod host;
mod network;
mod seeded_keys;
mod world;

use ledger_types::{BlockTime, Height};
use serde::Serialize;

pub use checks::{Check, Violation};
pub use faults::FaultKind;

use std::collections::BTreeMap;

/// Options of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClusterOptions {
    /// Validators.
    pub nodes: u16,
    /// Simulated seconds with faults; the time to recover afterwards comes on top.
    pub seconds: u64,
    /// Transactions a simulated second.
    pub tx_per_second: f64,
    /// Faults a simulated minute.
    pub faults_per_minute: f64,
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self { nodes: 4, seconds: 60, tx_per_second: 5.0, faults_per_minute: 4.0 }
    }
}

/// What became of one seed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SeedReport {
    /// The seed.
    pub seed: u64,
    /// Simulated milliseconds.
    pub simulated_ms: u64,
    /// Height reached by all.
    pub height: u64,
    /// Transactions committed.
    pub committed: u64,
    /// Transactions that a node promised to be committed.
    pub acknowledged: u64,
    /// Messages delivered.
    pub messages: u64,
    /// Faults by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// What went wrong.
    pub violations: Vec<Violation>,
    /// SM3 over every commit in the order it happened: equal for equal runs.
    pub digest: String,
}

/// 2026-06-15 09:00 in Shenzhen.
const START: BlockTime = BlockTime(1_781_485_200_000);
/// Without faults the cluster must agree on something new within this time, ms.
const RECOVERY_MS: u64 = 90_000;

/// Plays one seed.
pub fn play(seed: u64, options: ClusterOptions) -> SeedReport {
    let mut world = world::World::new(seed, options);
    world.run_until(START.0 + options.seconds * 1_000);
    let reached = world.best_height();
    world.heal();
    let deadline = world.now() + RECOVERY_MS;
    while world.now() < deadline && !world.has_recovered(Height(reached.0 + 2)) {
        let next = world.now() + 1_000;
        world.run_until(next);
    }
    world.finish(Height(reached.0 + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_plays_the_same_twice_and_nothing_breaks() {
        let options = ClusterOptions { seconds: 20, ..ClusterOptions::default() };
        let first = play(7, options);
        assert_eq!(first.violations, []);
        assert!(first.height > 5 && first.committed > 20 && first.faults.values().sum::<u64>() > 0, "{first:?}");
        assert_eq!(play(7, options), first);
        assert_ne!(play(8, options).digest, first.digest);
    }

    #[test]
    fn seeds_with_crashes_and_partitions_lose_and_fork_nothing() {
        let options = ClusterOptions { seconds: 30, faults_per_minute: 10.0, ..ClusterOptions::default() };
        for seed in 100..108 {
            let report = play(seed, options);
            assert_eq!(report.violations, [], "seed {seed}: {report:?}");
        }
    }
}
