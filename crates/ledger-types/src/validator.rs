//! Validators (共识节点) and their set.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::canonical::Canonical;
use crate::domain::{Purpose, domain_hash};
use crate::header::ConsensusKind;
use crate::ids::{AccountId, ChainId, Digest};

/// A node that votes.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Validator {
    /// The account that operates it.
    pub operator: AccountId,
    /// Its voting key, compressed SEC1.
    #[serde(with = "crate::hex_bytes")]
    pub vote_key: [u8; 33],
}

/// The validators of an epoch, in the order of certificate bitmaps.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct ValidatorSet {
    /// The members, 1 to 256.
    pub validators: Vec<Validator>,
}

impl ValidatorSet {
    /// The hash that headers commit to.
    pub fn digest(&self, chain: &ChainId) -> Digest {
        domain_hash(Purpose::Validators, chain, &self.to_canonical())
    }

    /// How many signatures make a certificate: all of one, more than two thirds otherwise.
    pub fn bft_quorum(&self) -> usize {
        self.validators.len() * 2 / 3 + 1
    }

    /// How many signatures make a certificate under a kind of consensus: more than half against crashes.
    pub fn quorum(&self, kind: ConsensusKind) -> usize {
        match kind {
            ConsensusKind::Solo | ConsensusKind::Bft | ConsensusKind::Adaptive => self.bft_quorum(),
            ConsensusKind::CrashFault => self.validators.len() / 2 + 1,
        }
    }

    /// The place of a voting key in the set.
    pub fn place_of(&self, vote_key: &[u8; 33]) -> Option<usize> {
        self.validators.iter().position(|v| v.vote_key == *vote_key)
    }
}
