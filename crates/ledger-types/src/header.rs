//! Block headers.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::canonical::Canonical;
use crate::domain::{Purpose, domain_hash};
use crate::ids::{BlockId, ChainId, Digest, Height};
use crate::time::BlockTime;

/// How a block was agreed.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum ConsensusKind {
    /// One validator.
    Solo = 1,
    /// Byzantine fault tolerant.
    Bft = 2,
    /// Crash fault tolerant.
    CrashFault = 3,
    /// Crash fault tolerant with the quorum of the Byzantine kind, which the chain can change to by itself.
    Adaptive = 4,
}

impl ConsensusKind {
    /// What a new chain of so many validators begins with: one decides alone; several reckon with lies, or with crashes
    /// only.
    pub fn of_new_chain(validators: usize, crashes_only: bool) -> Self {
        match (validators, crashes_only) {
            (0 | 1, _) => Self::Solo,
            (_, false) => Self::Bft,
            (_, true) => Self::CrashFault,
        }
    }
}

/// A block's header. Roots of state, receipts and changes are those of the parent height.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Header {
    /// Format version, 1.
    pub version: u16,
    /// Protocol version: which transition set.
    pub protocol: u32,
    /// The chain.
    pub chain_id: ChainId,
    /// Height, from 1.
    pub height: Height,
    /// Consensus epoch.
    pub epoch: u64,
    /// How it was agreed.
    pub consensus: ConsensusKind,
    /// Block time: max(parent + 1, proposer's clock).
    pub time: BlockTime,
    /// The parent's id; version byte and zeros at height 1.
    pub parent: BlockId,
    /// RFC 6962 root over the transaction ids.
    pub tx_root: Digest,
    /// State root after the parent.
    pub state_root: Digest,
    /// RFC 6962 root over the parent's receipts.
    pub receipts_root: Digest,
    /// RFC 6962 root over the parent's changes.
    pub changes_root: Digest,
    /// RFC 6962 root over the digests of the areas' rule books in force after the parent, by rising area.
    pub rule_books_root: Digest,
    /// Hash of the validator set of this height.
    pub validators_hash: Digest,
    /// Hash of the validator set of the next height.
    pub next_validators_hash: Digest,
    /// Hash of the chain parameters.
    pub params_hash: Digest,
    /// Hash of the parent's certificate that this block carries; zero at height 1.
    pub last_certificate_hash: Digest,
    /// RFC 6962 root over the evidence of misbehaviour that its transactions report, in their order.
    pub evidence_root: Digest,
    /// Place of the proposer in the validator set.
    pub proposer: u16,
}

impl Header {
    /// The version this code writes.
    pub const VERSION: u16 = 1;
    /// The protocol version that chains start with.
    pub const PROTOCOL: u32 = 1;
    /// The newest protocol version that this code executes. 2 has the transitions of 1.
    pub const NEWEST_PROTOCOL: u32 = 2;

    /// The block id.
    pub fn block_id(&self) -> BlockId {
        BlockId::from_digest(domain_hash(Purpose::BlockId, &self.chain_id, &self.to_canonical()))
    }
}
