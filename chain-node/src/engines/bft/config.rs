//! What an engine is made from.

use std::time::Duration;

use ledger_types::{ChainId, ConsensusKind, ValidatorSet};
use malachite_types::LinearTimeouts;

/// How long the engine waits, in milliseconds. Each wait grows by `step` with each round of a height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// For a proposal and the verdict on its block.
    pub propose: u64,
    /// For the rest of the votes, once a quorum voted but did not agree.
    pub vote: u64,
    /// By how much each wait grows with the round.
    pub step: u64,
    /// Until the own votes are said again.
    pub rebroadcast: u64,
    /// The longest wait.
    pub max: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { propose: 800, vote: 300, step: 200, rebroadcast: 1_000, max: 10_000 }
    }
}

impl Pace {
    /// As the core takes it.
    pub(super) fn timeouts(self) -> LinearTimeouts {
        let [propose, vote, step, rebroadcast, max] =
            [self.propose, self.vote, self.step, self.rebroadcast, self.max].map(Duration::from_millis);
        LinearTimeouts {
            propose,
            propose_delta: step,
            prevote: vote,
            prevote_delta: step,
            precommit: vote,
            precommit_delta: step,
            rebroadcast,
            max_timeout: max,
        }
    }
}

/// What an engine of one epoch is made from.
#[derive(Clone, Debug)]
pub struct BftConfig {
    /// The chain.
    pub chain: ChainId,
    /// The epoch; nothing of another is listened to.
    pub epoch: u64,
    /// [`ConsensusKind::Bft`] or [`ConsensusKind::CrashFault`].
    pub kind: ConsensusKind,
    /// The validators of the epoch.
    pub validators: ValidatorSet,
    /// Its waits.
    pub pace: Pace,
}
