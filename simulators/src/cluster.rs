//! A cluster of real nodes above a virtual clock, network and disk, and what tries to break it.
//!
//! Everything that happens is drawn from one seed, so that a failure plays again bit by bit. The nodes are those of the
//! product (`chain_node::Node`) with their real stores; only sockets, threads, the clock and the disk are simulated.

mod adversaries;
mod ballots;
mod checks;
mod clients;
mod epochs;
mod events;
mod faults;
mod host;
mod network;
#[cfg(planted)]
pub mod planted;
mod seeded_keys;
pub mod series;
mod workload;
mod world;

use ledger_types::{BlockTime, Height};
use serde::Serialize;

pub use adversaries::AdversaryKind;
pub use checks::{Check, Violation};
pub use faults::FaultKind;

use std::collections::BTreeMap;

/// Who lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdversaryChoice {
    /// Nobody.
    None,
    /// In half of the seeds, one or as many as the chain tolerates.
    Drawn,
    /// One of this kind.
    Only(AdversaryKind),
}

/// Options of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClusterOptions {
    /// Validators: 4 to 16.
    pub nodes: u16,
    /// Simulated seconds with faults; the time to recover afterwards comes on top.
    pub seconds: u64,
    /// Transactions a simulated second.
    pub tx_per_second: f64,
    /// Faults a simulated minute.
    pub faults_per_minute: f64,
    /// Which faults; all if empty.
    pub kinds: &'static [FaultKind],
    /// Who lies.
    pub adversaries: AdversaryChoice,
    /// SM2 in place of light signatures.
    pub real_signatures: bool,
}

impl ClusterOptions {
    /// The default.
    pub const USUAL: Self = Self {
        nodes: 4,
        seconds: 60,
        tx_per_second: 5.0,
        faults_per_minute: 4.0,
        kinds: &[],
        adversaries: AdversaryChoice::Drawn,
        real_signatures: false,
    };
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self::USUAL
    }
}

/// What became of one seed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SeedReport {
    /// The seed.
    pub seed: u64,
    /// Simulated milliseconds.
    pub simulated_ms: u64,
    /// Height reached.
    pub height: u64,
    /// Transactions committed.
    pub committed: u64,
    /// Transactions that a node promised to be committed.
    pub acknowledged: u64,
    /// Invoices issued.
    pub invoices: u64,
    /// Invoices reimbursed.
    pub reimbursed: u64,
    /// Transactions that changed nothing.
    pub refused: u64,
    /// Epochs after the first.
    pub epochs: u64,
    /// Messages delivered.
    pub messages: u64,
    /// Faults by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// Who lied.
    pub adversaries: Vec<&'static str>,
    /// What went wrong.
    pub violations: Vec<Violation>,
    /// SM3 over every commit in the order it happened: equal for equal runs.
    pub digest: String,
}

/// 2026-06-15 09:00 in Shenzhen.
const START: BlockTime = BlockTime(1_781_485_200_000);
/// Without faults the cluster must agree on something new within this time, ms.
const RECOVERY_MS: u64 = 120_000;

/// Plays one seed: the safety phase with faults, then the liveness phase without.
pub fn play(seed: u64, options: ClusterOptions) -> SeedReport {
    let mut world = world::World::new(seed, options);
    world.run_until(START.0 + options.seconds * 1_000);
    let wanted = Height(world.best_height().0 + 2);
    if !world.has_failed() {
        world.heal();
    }
    let deadline = world.now() + RECOVERY_MS;
    while world.now() < deadline && !world.has_failed() && !world.has_recovered(wanted) {
        let next = world.now() + 500;
        world.run_until(next);
    }
    world.finish(wanted)
}

#[cfg(test)]
#[path = "cluster/cluster_test.rs"]
mod cluster_test;
