//! Commit certificates: who agreed to a block.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::canonical::Canonical;
use crate::domain::{Purpose, domain_hash, framed};
use crate::header::ConsensusKind;
use crate::ids::{BlockId, ChainId, Digest, Height};

/// Proof that a block is final: a bitmap over the validator set and the raw r||s votes in its order.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct CommitCertificate {
    /// Format version, 1.
    pub version: u16,
    /// Consensus epoch.
    pub epoch: u64,
    /// How it was agreed.
    pub kind: ConsensusKind,
    /// The height.
    pub height: Height,
    /// Round (BFT), term (crash-fault), 0 (solo).
    pub round: u32,
    /// The block.
    pub block_id: BlockId,
    /// Bit `i % 8` of byte `i / 8`: validator `i` signed. Exactly as many bytes as the set needs.
    pub bitmap: Vec<u8>,
    /// The signatures of the set bits, in order.
    #[serde(with = "signatures_hex")]
    pub signatures: Vec<[u8; 64]>,
}

/// What a vote signs.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct VoteBody {
    /// Consensus epoch.
    pub epoch: u64,
    /// How it is agreed.
    pub kind: ConsensusKind,
    /// Step: 1 prevote, 2 precommit, 3 acknowledgement, 4 leader's commit. Certificates hold precommits.
    pub step: u8,
    /// The height.
    pub height: Height,
    /// Round or term.
    pub round: u32,
    /// The block; all zeros is a vote for none.
    pub block_id: BlockId,
}

/// What a proposer signs.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct ProposalBody {
    /// Consensus epoch.
    pub epoch: u64,
    /// How it is agreed.
    pub kind: ConsensusKind,
    /// The height.
    pub height: Height,
    /// Round.
    pub round: u32,
    /// The earlier round in which a quorum prevoted this block, if it is proposed again.
    pub locked_round: Option<u32>,
    /// The block.
    pub block_id: BlockId,
}

impl ProposalBody {
    /// The message that a proposer signs.
    pub fn message(&self, chain: &ChainId) -> Vec<u8> {
        framed(Purpose::Proposal, chain, &self.to_canonical())
    }
}

impl VoteBody {
    /// The first step: the block may be agreed to.
    pub const PREVOTE: u8 = 1;
    /// The step that certificates hold.
    pub const PRECOMMIT: u8 = 2;

    /// The message that a validator signs.
    pub fn message(&self, chain: &ChainId) -> Vec<u8> {
        framed(Purpose::Vote, chain, &self.to_canonical())
    }
}

impl CommitCertificate {
    /// The version this code writes.
    pub const VERSION: u16 = 1;

    /// The vote that each signature covers.
    pub fn vote(&self) -> VoteBody {
        VoteBody {
            epoch: self.epoch,
            kind: self.kind,
            step: VoteBody::PRECOMMIT,
            height: self.height,
            round: self.round,
            block_id: self.block_id,
        }
    }

    /// The hash that the next header commits to.
    pub fn digest(&self, chain: &ChainId) -> Digest {
        domain_hash(Purpose::Certificate, chain, &self.to_canonical())
    }
}

mod signatures_hex {
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(list: &[[u8; 64]], s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(list.iter().map(hex::encode))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<[u8; 64]>, D::Error> {
        <Vec<String> as Deserialize>::deserialize(d)?
            .iter()
            .map(|text| {
                let mut out = [0; 64];
                hex::decode_to_slice(text, &mut out).map(|()| out).map_err(de::Error::custom)
            })
            .collect()
    }
}
