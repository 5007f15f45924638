//! What is known of a height: header, certificate and the roots after it. The newest is the tip.

use borsh::{BorshDeserialize, BorshSerialize};
use ledger_types::{BlockId, BlockTime, ChainId, CommitCertificate, Digest, Genesis, Header, Height};
use proofs::StateRoots;

use crate::segment::Place;

/// A height as committed.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Tip {
    /// The height; 0 is the state of the genesis document.
    pub height: Height,
    /// Block time.
    pub time: BlockTime,
    /// Block id; version byte and zeros at height 0.
    pub block_id: BlockId,
    /// The header; none at height 0.
    pub header: Option<Header>,
    /// Its certificate; none at height 0.
    pub certificate: Option<CommitCertificate>,
    /// Roots of the state's trees after it.
    pub roots: StateRoots,
    /// The root over them: what the next header carries.
    pub state_root: Digest,
    /// Root over its receipts.
    pub receipts_root: Digest,
    /// Root over its changes.
    pub changes_root: Digest,
    /// Where its frame stands; none at height 0.
    pub(crate) place: Option<Place>,
}

/// The parent of the block at height 1.
pub(crate) fn genesis_block_id() -> BlockId {
    BlockId::from_digest(Digest::ZERO)
}

impl Tip {
    /// Height 0.
    pub(crate) fn genesis(genesis: &Genesis, chain: &ChainId, roots: StateRoots, changes_root: Digest) -> Self {
        Self {
            height: Height(0),
            time: genesis.time,
            block_id: genesis_block_id(),
            header: None,
            certificate: None,
            state_root: roots.combine(chain),
            roots,
            receipts_root: proofs::receipts_root(&[]),
            changes_root,
            place: None,
        }
    }
}
