//! Engines in a small world that loses, delays, doubles and reorders messages, cuts links, crashes nodes in the
//! middle of a write and has one validator run twice. Virtual time; one seed, one story.

mod checks;
mod host;
mod network;
mod stories;
mod world;

use ledger_types::ConsensusKind;
use malachite_core::ThresholdParams;

/// What a story is made from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) kind: ConsensusKind,
    pub(super) validators: u16,
    /// The last validator runs twice, with one key and two disks.
    pub(super) twin: bool,
    /// Heights that all correct validators must reach.
    pub(super) heights: u64,
    /// Nodes trust signatures over votes and proposals, which are real; otherwise each node checks them.
    pub(super) light: bool,
    /// Planted: other thresholds than the right ones.
    pub(super) thresholds: Option<ThresholdParams>,
    /// Planted: nodes restart without their records.
    pub(super) forget_records: bool,
    /// The first validator loses its log, but not its guard, each time it goes down.
    pub(super) lose_one_log: bool,
    /// No faults but this: the validator never comes up.
    pub(super) dead: Option<u16>,
    /// Planted: nodes speak before their records are durable.
    pub(super) skip_sync: bool,
}

impl Plan {
    /// A story without planted faults.
    pub(super) fn new(seed: u64, kind: ConsensusKind, validators: u16, twin: bool) -> Self {
        Self {
            seed,
            kind,
            validators,
            twin,
            heights: 20,
            light: !seed.is_multiple_of(15),
            thresholds: None,
            forget_records: false,
            lose_one_log: false,
            dead: None,
            skip_sync: false,
        }
    }
}
