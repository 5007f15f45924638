//! Signed ledger statements: what a node says its ledger is.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::canonical::Canonical;
use crate::domain::{Purpose, framed};
use crate::ids::{BlockId, ChainId, Digest, Height};

/// Signed by every node every few seconds; two that disagree are evidence.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct LedgerStatement {
    /// Format version, 1.
    pub version: u16,
    /// The height.
    pub height: Height,
    /// The block there.
    pub block_id: BlockId,
    /// The state root after it.
    pub state_root: Digest,
    /// SM3 of the node's build.
    pub build_hash: Digest,
}

impl LedgerStatement {
    /// The message that the node signs.
    pub fn message(&self, chain: &ChainId) -> Vec<u8> {
        framed(Purpose::LedgerStatement, chain, &self.to_canonical())
    }
}
