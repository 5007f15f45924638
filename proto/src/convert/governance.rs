//! Epochs, proposals and evidence.

use ledger_types::limits::{MAX_APPROVERS, MAX_LIVE_PROPOSALS, MAX_VALIDATORS};
use ledger_types::{
    AccountId, ConsensusKind, Epoch, Governance, GovernanceChange, GovernancePolicy, Height, LiveProposal, Offence,
    OffencePlace, PastEpoch, Proposal, ProposalId, ProposalState,
};

use super::error::ConvertError;
use super::field::{account, bytes, choice, list, list_with, message, optional, required, u8_of, u16_of};
use crate::types::v1 as wire;
use crate::types::v1::governance_change::Change;

/// Operators of a full set and approvers beside them.
const MAX_APPROVALS: usize = 2 * MAX_VALIDATORS;

impl From<&GovernancePolicy> for wire::GovernancePolicy {
    fn from(p: &GovernancePolicy) -> Self {
        Self { approvers: accounts(&p.approvers), threshold: p.threshold.into() }
    }
}

impl TryFrom<wire::GovernancePolicy> for GovernancePolicy {
    type Error = ConvertError;

    fn try_from(w: wire::GovernancePolicy) -> Result<Self, ConvertError> {
        Ok(Self {
            approvers: list_with(w.approvers, MAX_APPROVERS, "approvers", |a| account(a, ""))?,
            threshold: u16_of(w.threshold, "threshold")?,
        })
    }
}

fn accounts(list: &[AccountId]) -> Vec<u32> {
    list.iter().map(|a| a.0).collect()
}

impl From<&GovernanceChange> for wire::GovernanceChange {
    fn from(change: &GovernanceChange) -> Self {
        let change = match change {
            GovernanceChange::Validators(set) => Change::Validators(set.into()),
            GovernanceChange::Params(params) => Change::Params(params.into()),
            GovernanceChange::Consensus(kind) => Change::Consensus(wire::ConsensusKind::from(*kind).into()),
            GovernanceChange::Protocol(version) => Change::Protocol(*version),
            GovernanceChange::Suspend { vote_key } => Change::Suspend(vote_key.to_vec()),
            GovernanceChange::Policy(policy) => Change::Policy(policy.into()),
            GovernanceChange::Adaptive(policy) => {
                Change::Adaptive(wire::AdaptiveChange { policy: policy.as_ref().map(Into::into) })
            }
            GovernanceChange::TrustAnchors(anchors) => Change::TrustAnchors(anchors.into()),
            GovernanceChange::NextCommittee(change) => Change::NextCommittee(change.into()),
            GovernanceChange::WithdrawCommittee { epoch } => Change::WithdrawCommittee(*epoch),
        };
        Self { change: Some(change) }
    }
}

impl TryFrom<wire::GovernanceChange> for GovernanceChange {
    type Error = ConvertError;

    fn try_from(w: wire::GovernanceChange) -> Result<Self, ConvertError> {
        Ok(match required(w.change, "change")? {
            Change::Validators(set) => Self::Validators(message(Some(set), "validators")?),
            Change::Params(params) => Self::Params(message(Some(params), "params")?),
            Change::Consensus(kind) => {
                Self::Consensus(choice::<wire::ConsensusKind, ConsensusKind>(kind, "consensus")?)
            }
            Change::Protocol(version) => Self::Protocol(version),
            Change::Suspend(key) => Self::Suspend { vote_key: bytes(&key, "suspend")? },
            Change::Policy(policy) => Self::Policy(message(Some(policy), "policy")?),
            Change::Adaptive(change) => Self::Adaptive(optional(change.policy, "adaptive.policy")?),
            Change::TrustAnchors(anchors) => Self::TrustAnchors(message(Some(anchors), "trust_anchors")?),
            Change::NextCommittee(change) => Self::NextCommittee(message(Some(change), "next_committee")?),
            Change::WithdrawCommittee(epoch) => Self::WithdrawCommittee { epoch },
        })
    }
}

impl From<&Epoch> for wire::Epoch {
    fn from(e: &Epoch) -> Self {
        let kind = wire::ConsensusKind::from(e.kind).into();
        Self { number: e.number, kind, first_height: e.first.0, protocol_version: e.protocol }
    }
}

impl TryFrom<wire::Epoch> for Epoch {
    type Error = ConvertError;

    fn try_from(w: wire::Epoch) -> Result<Self, ConvertError> {
        Ok(Self {
            number: w.number,
            kind: choice::<wire::ConsensusKind, ConsensusKind>(w.kind, "kind")?,
            first: Height(w.first_height),
            protocol: w.protocol_version,
        })
    }
}

impl From<&PastEpoch> for wire::PastEpoch {
    fn from(p: &PastEpoch) -> Self {
        Self { epoch: Some((&p.epoch).into()), last_height: p.last.0, validators: Some((&p.validators).into()) }
    }
}

impl TryFrom<wire::PastEpoch> for PastEpoch {
    type Error = ConvertError;

    fn try_from(w: wire::PastEpoch) -> Result<Self, ConvertError> {
        Ok(Self {
            epoch: message(w.epoch, "epoch")?,
            last: Height(w.last_height),
            validators: message(w.validators, "validators")?,
        })
    }
}

impl From<&Governance> for wire::Governance {
    fn from(g: &Governance) -> Self {
        let one = |l: &LiveProposal| wire::LiveProposal {
            proposal: l.proposal.0,
            effective_height: l.effective.0,
            scheduled: l.scheduled,
        };
        Self {
            policy: g.policy.as_ref().map(Into::into),
            next_proposal: g.next.0,
            live: g.live.iter().map(one).collect(),
        }
    }
}

impl TryFrom<wire::LiveProposal> for LiveProposal {
    type Error = ConvertError;

    fn try_from(w: wire::LiveProposal) -> Result<Self, ConvertError> {
        let (proposal, effective) = (ProposalId(w.proposal), Height(w.effective_height));
        Ok(Self { proposal, effective, scheduled: w.scheduled })
    }
}

impl TryFrom<wire::Governance> for Governance {
    type Error = ConvertError;

    fn try_from(w: wire::Governance) -> Result<Self, ConvertError> {
        Ok(Self {
            policy: optional(w.policy, "policy")?,
            next: ProposalId(w.next_proposal),
            live: list(w.live, 2 * MAX_LIVE_PROPOSALS, "live")?,
        })
    }
}

impl From<&Proposal> for wire::Proposal {
    fn from(p: &Proposal) -> Self {
        Self {
            id: p.id.0,
            proposer: p.proposer.0,
            change: Some((&p.change).into()),
            effective_height: p.effective.0,
            approvals: accounts(&p.approvals),
            state: wire::ProposalState::from(p.state).into(),
        }
    }
}

impl TryFrom<wire::Proposal> for Proposal {
    type Error = ConvertError;

    fn try_from(w: wire::Proposal) -> Result<Self, ConvertError> {
        Ok(Self {
            id: ProposalId(w.id),
            // 0 is the chain itself.
            proposer: AccountId(w.proposer),
            change: message(w.change, "change")?,
            effective: Height(w.effective_height),
            approvals: list_with(w.approvals, MAX_APPROVALS, "approvals", |a| account(a, ""))?,
            state: choice::<wire::ProposalState, ProposalState>(w.state, "state")?,
        })
    }
}

impl From<&Offence> for wire::Offence {
    fn from(o: &Offence) -> Self {
        Self {
            vote_key: o.place.vote_key.to_vec(),
            epoch: o.place.epoch,
            height: o.place.height.0,
            round: o.place.round,
            step: o.place.step.into(),
            operator: o.operator.0,
            recorded_height: o.recorded.0,
            suspension: o.suspension.map(|id| id.0),
        }
    }
}

impl TryFrom<wire::Offence> for Offence {
    type Error = ConvertError;

    fn try_from(w: wire::Offence) -> Result<Self, ConvertError> {
        let place = OffencePlace {
            vote_key: bytes(&w.vote_key, "vote_key")?,
            epoch: w.epoch,
            height: Height(w.height),
            round: w.round,
            step: u8_of(w.step, "step")?,
        };
        Ok(Self {
            place,
            operator: account(w.operator, "operator")?,
            recorded: Height(w.recorded_height),
            suspension: w.suspension.map(ProposalId),
        })
    }
}
