//! The adaptive policy (自适应共识策略): when a chain raises itself from reckoning with crashes to reckoning with traitors, and
//! when it may lower itself again.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::header::ConsensusKind;
use crate::time::BlockTime;

/// When the chain may change its kind of consensus by itself. Approved like every change of its rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct AdaptivePolicy {
    /// This many faulty validators, on record or seen by a validator itself, make it ask for the Byzantine kind; 1 at
    /// least.
    pub raise_at: u16,
    /// All validators must have agreed for so long, ms of block time, before the chain lowers itself; none for never.
    pub lower_after_ms: Option<u64>,
}

/// The policy in force and what the chain itself knows of its validators. A chain without a policy yet has no such entry.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Adaptive {
    /// The policy; none once it was switched off.
    pub policy: Option<AdaptivePolicy>,
    /// Nothing spoke against lowering since then: no offence was recorded, no epoch began, no policy came in force.
    pub quiet_since: BlockTime,
    /// Voting keys with an offence recorded since this kind of consensus came in force, in order of recording.
    pub faulty: Vec<FaultyKey>,
}

/// The voting key of a validator that contradicted itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct FaultyKey {
    /// It.
    #[serde(with = "crate::hex_bytes")]
    pub vote_key: [u8; 33],
}

impl AdaptivePolicy {
    /// The longest wait before lowering: 400 days.
    pub const MAX_LOWER_AFTER_MS: u64 = 400 * 24 * 3_600_000;

    /// Whether it makes sense.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        self.raise_at >= 1 && self.lower_after_ms.is_none_or(|ms| (1..=Self::MAX_LOWER_AFTER_MS).contains(&ms))
    }
}

impl Adaptive {
    /// Notes an offence of a validator that was recorded at this block time.
    pub fn note_offence(&mut self, vote_key: [u8; 33], now: BlockTime) {
        let key = FaultyKey { vote_key };
        if !self.faulty.contains(&key) && self.faulty.len() < crate::limits::MAX_VALIDATORS {
            self.faulty.push(key);
        }
        self.quiet_since = now;
    }
}

/// Which way the kind of consensus is to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum SwitchWay {
    /// From the adaptive kind to the Byzantine one.
    Raise = 0,
    /// From the Byzantine kind to the adaptive one.
    Lower {
        /// The signer saw all validators agree since this block time.
        since: BlockTime,
    } = 1,
}

impl SwitchWay {
    /// The kinds before and after.
    #[must_use]
    pub fn kinds(self) -> (ConsensusKind, ConsensusKind) {
        match self {
            Self::Raise => (ConsensusKind::Adaptive, ConsensusKind::Bft),
            Self::Lower { .. } => (ConsensusKind::Bft, ConsensusKind::Adaptive),
        }
    }

    /// Whether both go the same way.
    #[must_use]
    pub fn is_like(self, other: Self) -> bool {
        self.kinds() == other.kinds()
    }
}
