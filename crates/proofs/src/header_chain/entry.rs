//! One step of the header chain.

use borsh::{BorshDeserialize, BorshSerialize};
use ledger_types::{CommitCertificate, Header, ValidatorSet};

use super::Approval;

/// A header with what it takes to follow it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct HeaderEntry {
    /// The header.
    pub header: Header,
    /// What makes it final.
    pub certificate: CommitCertificate,
    /// The validators of the next height, where they are others.
    pub next_validators: Option<ValidatorSet>,
    /// That its kind of consensus was approved, where it begins one under which fewer certify.
    pub approval: Option<Approval>,
}
