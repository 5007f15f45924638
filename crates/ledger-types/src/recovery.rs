//! Recovery of an account whose administrators' keys are lost (密钥恢复): guardians that the account named bring a new key
//! in, after a delay in which it can object.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, Digest};

/// Who may recover an account, and how.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct RecoveryPolicy {
    /// The accounts, rising, 1 to [`crate::limits::MAX_GUARDIANS`].
    pub guardians: Vec<AccountId>,
    /// How many of them must approve.
    pub threshold: u8,
    /// So long after the last approval needed, ms, the new key is in.
    pub delay_ms: u64,
    /// At most so many recoveries in 365 days; and so many proposals of one guardian.
    pub per_year: u8,
}

/// A recovery of an account: its policy, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Recovery {
    /// Who may; nobody once it was taken back.
    pub policy: Option<RecoveryPolicy>,
    /// The number of the next proposal; numbers are never used again.
    pub next: u32,
    /// The proposal under way.
    pub pending: Option<PendingRecovery>,
    /// Proposals of the last 365 days, by rising time.
    pub proposed: Vec<RecoveryMark>,
    /// Recoveries carried out in the last 365 days, by rising time; the guardian is who proposed.
    pub done: Vec<RecoveryMark>,
}

/// A new key that guardians want in.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct PendingRecovery {
    /// Its number within the account.
    pub number: u32,
    /// The administrator's key to be, a compressed SEC1 point.
    #[serde(with = "crate::hex_bytes")]
    pub new_key: [u8; 33],
    /// SM3 of what the guardians looked at, e.g. the record of an identity check.
    pub evidence: Digest,
    /// Who approved, in order; the proposer first.
    pub approvals: Vec<AccountId>,
    /// Block time (ms) of the proposal.
    pub proposed_ms: u64,
    /// Block time (ms) from which on it is carried out, once enough approved.
    pub due_ms: Option<u64>,
}

/// That something happened, by whom and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct RecoveryMark {
    /// Who.
    pub guardian: AccountId,
    /// Block time, ms.
    pub at_ms: u64,
}

impl RecoveryMark {
    /// How long marks count: 365 days, ms.
    pub const COUNTS_MS: u64 = 365 * 86_400_000;

    /// Whether it still counts.
    pub fn counts(&self, now_ms: u64) -> bool {
        now_ms < self.at_ms.saturating_add(Self::COUNTS_MS)
    }
}
