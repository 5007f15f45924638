//! Complaints (投诉): a client's signed word that a node contradicts what the validators certified.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::canonical::Canonical;
use crate::certificate::CommitCertificate;
use crate::domain::{Purpose, framed};
use crate::header::Header;
use crate::ids::{ChainId, Digest, Height};

/// What somebody says of one height.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct BlockAnswer {
    /// The header.
    pub header: Header,
    /// What is to make it final.
    pub certificate: CommitCertificate,
    /// The state root after the block.
    pub state_root: Digest,
}

/// Two answers about one height that cannot both be true. The node did not sign its answer, so this is the client's
/// word, unless both headers are certified: then it proves by itself that a quorum certified two blocks.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Complaint {
    /// Format version, 1.
    pub version: u16,
    /// The client's key, compressed SEC1.
    #[serde(with = "crate::hex_bytes")]
    pub complainant: [u8; 33],
    /// Where the node was asked: its address.
    pub node: String,
    /// When, ms since 1970 by the client's clock.
    pub heard_ms: u64,
    /// The height asked for.
    pub height: Height,
    /// What the client holds to be final: a header with its certificate, and the root in the certified header after it.
    pub expected: BlockAnswer,
    /// What the node said.
    pub said: BlockAnswer,
}

impl Complaint {
    /// The version this code writes.
    pub const VERSION: u16 = 1;
    /// Longest address of a node, bytes.
    pub const MAX_NODE_BYTES: usize = 512;

    /// The message that the client signs.
    pub fn message(&self, chain: &ChainId) -> Vec<u8> {
        framed(Purpose::Complaint, chain, &self.to_canonical())
    }
}
