//! Chain parameters: set by genesis, changed by governance (from stage 2).

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::canonical::Canonical;
use crate::domain::{Purpose, domain_hash};
use crate::ids::{ChainId, Digest};

/// Parameters that all validators share.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct ChainParams {
    /// Largest block, bytes.
    pub max_block_bytes: u32,
    /// Most transactions in a block.
    pub max_block_txs: u16,
    /// Shortest time between blocks, ms.
    pub min_block_interval_ms: u32,
    /// A block is made at least this often, ms.
    pub heartbeat_ms: u32,
    /// QR codes and faces point here; a demo's to loopback.
    pub verify_base_url: String,
    /// Faces say 样票 / SAMPLE.
    pub sample: bool,
}

impl ChainParams {
    /// The hash that headers commit to.
    pub fn digest(&self, chain: &ChainId) -> Digest {
        domain_hash(Purpose::Params, chain, &self.to_canonical())
    }
}

impl Default for ChainParams {
    fn default() -> Self {
        Self {
            max_block_bytes: crate::limits::MAX_BLOCK_BYTES,
            max_block_txs: crate::limits::MAX_BLOCK_TXS,
            min_block_interval_ms: 20,
            heartbeat_ms: 10_000,
            verify_base_url: "http://127.0.0.1:8000/verify/scan".to_owned(),
            sample: true,
        }
    }
}
