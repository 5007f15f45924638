//! Batches: one signature, many invoices, each provable alone.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::canonical::Canonical;
use crate::domain::{Purpose, domain_hash};
use crate::ids::{ChainId, Digest};
use crate::owner::OwnerCondition;
use crate::section::{Section, SectionCommitment};

/// One invoice of a batch, as carried in the body.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct BatchItem {
    /// Who may claim or spend it first.
    pub owner: OwnerCondition,
    /// Commitments to its sections, in order of kind.
    pub commitments: Vec<SectionCommitment>,
    /// Its sections, in the same order.
    pub sections: Vec<Section>,
}

/// What the batch root commits to for one invoice: its place, owner and section commitments.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct BatchItemCommitment {
    /// Place in the batch, from 0.
    pub index: u16,
    /// Who may claim or spend it first.
    pub owner: OwnerCondition,
    /// Commitments to its sections.
    pub commitments: Vec<SectionCommitment>,
}

impl BatchItemCommitment {
    /// The leaf (before the RFC 6962 prefix) of the batch root.
    pub fn digest(&self, chain: &ChainId) -> Digest {
        domain_hash(Purpose::BatchItem, chain, &self.to_canonical())
    }
}

impl BatchItem {
    /// What the root commits to.
    pub fn commitment(&self, index: u16) -> BatchItemCommitment {
        BatchItemCommitment { index, owner: self.owner.clone(), commitments: self.commitments.clone() }
    }
}
