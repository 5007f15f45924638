//! Governance (治理): changes of the chain's own rules, proposed and approved by transactions, in force from a height on.
//!
//! A chain that never changed has none of these entries: its epoch 0 is that of the genesis document.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::adaptive::AdaptivePolicy;
use crate::canonical::Canonical;
use crate::committee::CommitteeChange;
use crate::domain::{Purpose, domain_hash};
use crate::header::ConsensusKind;
use crate::ids::{AccountId, ChainId, Digest, Height, ProposalId};
use crate::params::ChainParams;
use crate::registered_certificate::TrustAnchors;
use crate::validator::ValidatorSet;

/// What may change.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum GovernanceChange {
    /// The whole list of validators.
    Validators(ValidatorSet) = 0,
    /// The parameters.
    Params(ChainParams) = 1,
    /// How blocks are agreed.
    Consensus(ConsensusKind) = 2,
    /// The protocol version: the next one.
    Protocol(u32) = 3,
    /// One validator is taken out of the set.
    Suspend {
        /// Its voting key.
        #[serde(with = "crate::hex_bytes")]
        vote_key: [u8; 33],
    } = 4,
    /// Who approves changes.
    Policy(GovernancePolicy) = 5,
    /// When the chain may change its kind of consensus by itself; none for never.
    Adaptive(Option<AdaptivePolicy>) = 6,
    /// The whole list of outside authorities whose certificates are accepted.
    TrustAnchors(TrustAnchors) = 7,
    /// The committee's next key: in force once all validators are ready for it.
    NextCommittee(CommitteeChange) = 8,
    /// The committee's next key is given up before it is in force.
    WithdrawCommittee {
        /// Its epoch.
        epoch: u32,
    } = 9,
}

/// Who approves changes: `threshold` of `approvers`. Without one, the operators of more than two thirds of the validators.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct GovernancePolicy {
    /// The accounts, rising, 1 to 64.
    pub approvers: Vec<AccountId>,
    /// How many of them.
    pub threshold: u16,
}

/// A stretch of heights under one set of validators, one kind of consensus and one protocol version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Epoch {
    /// Its number, from 0.
    pub number: u64,
    /// How blocks are agreed.
    pub kind: ConsensusKind,
    /// Its first height.
    pub first: Height,
    /// Which transition set.
    pub protocol: u32,
}

impl Epoch {
    /// That of a chain whose genesis names this kind.
    pub fn genesis(kind: ConsensusKind) -> Self {
        Self { number: 0, kind, first: Height(1), protocol: crate::header::Header::PROTOCOL }
    }
}

/// An epoch that is over: what its certificates and its validators' statements are judged by.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct PastEpoch {
    /// It.
    pub epoch: Epoch,
    /// Its last height.
    pub last: Height,
    /// Its validators.
    pub validators: ValidatorSet,
}

/// A proposal that is neither in force nor gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct LiveProposal {
    /// Which.
    pub proposal: ProposalId,
    /// The height from which it would be in force.
    pub effective: Height,
    /// Enough approved.
    pub scheduled: bool,
}

/// The chain's governance.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Governance {
    /// Who approves; none for the operators of more than two thirds of the validators.
    pub policy: Option<GovernancePolicy>,
    /// The next proposal.
    pub next: ProposalId,
    /// Those under way, by rising id, at most [`crate::limits::MAX_LIVE_PROPOSALS`].
    pub live: Vec<LiveProposal>,
}

impl Default for Governance {
    fn default() -> Self {
        Self { policy: None, next: ProposalId(1), live: Vec::new() }
    }
}

/// What became of a proposal.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum ProposalState {
    /// Approvals are missing.
    Open = 0,
    /// Approved; in force from its height on.
    Scheduled = 1,
    /// In force.
    Applied = 2,
    /// It could not be carried out when its time came.
    Failed = 3,
    /// Its height came without enough approvals.
    Lapsed = 4,
    /// Its proposer withdrew it.
    Withdrawn = 5,
}

/// A proposal.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Proposal {
    /// Its id.
    pub id: ProposalId,
    /// Who proposed; account 0 is the chain itself, which suspends a validator on evidence and switches on a certificate.
    pub proposer: AccountId,
    /// What would change.
    pub change: GovernanceChange,
    /// From which height on.
    pub effective: Height,
    /// Who approved, in order; the proposer first.
    pub approvals: Vec<AccountId>,
    /// What became of it.
    pub state: ProposalState,
}

impl Proposal {
    /// The proposer of what the chain does by itself.
    pub const CHAIN: AccountId = AccountId(0);
}

/// Where a validator contradicted itself.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct OffencePlace {
    /// Its key.
    #[serde(with = "crate::hex_bytes")]
    pub vote_key: [u8; 33],
    /// The epoch.
    pub epoch: u64,
    /// The height.
    pub height: Height,
    /// The round.
    pub round: u32,
    /// The step of the votes; 0 for proposals.
    pub step: u8,
}

impl OffencePlace {
    /// What the register knows the offence by: however many contradicting statements there are, it is one.
    pub fn digest(&self, chain: &ChainId) -> Digest {
        domain_hash(Purpose::Offence, chain, &self.to_canonical())
    }
}

/// A proven misbehaviour of a validator.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Offence {
    /// Where.
    pub place: OffencePlace,
    /// The account that operated it.
    pub operator: AccountId,
    /// The block that recorded it.
    pub recorded: Height,
    /// The proposal that suspends it; none if it was in the set no more.
    pub suspension: Option<ProposalId>,
}
