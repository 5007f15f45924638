//! Proposals, approvals, and evidence.

use ledger_types::limits::{MAX_CHANGE_DELAY, MAX_LIVE_PROPOSALS};
use ledger_types::{
    AccountId, ConsensusKind, Evidence, Governance, GovernanceChange, Height, LiveProposal, Offence, Proposal,
    ProposalId, ProposalState, RegistryKey, RegistryValue, RejectReason, TxOutcome,
};

use super::Case;
use crate::governance::Rules;
use crate::reasons::Reasons;
use crate::world::Draft;

pub(super) fn propose(
    case: &Case<'_>,
    change: &GovernanceChange,
    effective: Height,
    found: &mut Reasons,
    draft: &mut Draft,
) {
    let Some(proposer) = approver(case, found) else { return };
    let mut governance = case.world.governance().cloned().unwrap_or_default();
    found.add_if(governance.live.len() >= MAX_LIVE_PROPOSALS, RejectReason::TooManyProposals);
    judge_change(case, change, effective, found);
    let scheduled = is_enough(case, &governance, &[proposer], change);
    draft.outcome = TxOutcome::Proposed(governance.next);
    enter(&mut governance, change.clone(), vec![proposer], effective, scheduled, draft);
    draft.set(RegistryKey::Governance, RegistryValue::Governance(governance));
}

pub(super) fn approve(case: &Case<'_>, id: ProposalId, found: &mut Reasons, draft: &mut Draft) {
    let Some((approver, mut proposal)) = open_proposal(case, id, found) else { return };
    if !may_approve(case, approver) {
        found.add(RejectReason::NotApprover);
    }
    found.add_if(proposal.approvals.contains(&approver), RejectReason::AlreadyApproved);
    judge_change(case, &proposal.change, proposal.effective, found);
    let mut governance = case.world.governance().cloned().unwrap_or_default();
    proposal.approvals.push(approver);
    if is_enough(case, &governance, &proposal.approvals, &proposal.change) {
        proposal.state = ProposalState::Scheduled;
        for live in &mut governance.live {
            live.scheduled |= live.proposal == id;
        }
        draft.set(RegistryKey::Governance, RegistryValue::Governance(governance));
    }
    draft.set(RegistryKey::Proposal(id), RegistryValue::Proposal(Box::new(proposal)));
}

pub(super) fn withdraw(case: &Case<'_>, id: ProposalId, found: &mut Reasons, draft: &mut Draft) {
    let Some((account, proposal)) = open_proposal(case, id, found) else { return };
    found.add_if(proposal.proposer != account, RejectReason::NotProposer);
    let mut governance = case.world.governance().cloned().unwrap_or_default();
    governance.live.retain(|live| live.proposal != id);
    draft.set(RegistryKey::Governance, RegistryValue::Governance(governance));
    let proposal = Proposal { state: ProposalState::Withdrawn, ..proposal };
    draft.set(RegistryKey::Proposal(id), RegistryValue::Proposal(Box::new(proposal)));
}

/// The accused was a validator of the epoch in which it contradicted itself, and this is not on record.
pub(super) fn report(case: &Case<'_>, evidence: &Evidence, found: &mut Reasons, draft: &mut Draft) {
    let place = evidence.place();
    let key = RegistryKey::Offence(place.digest(case.world.chain()));
    if case.world.entry(&key).is_some() {
        return found.add(RejectReason::EvidenceKnown);
    }
    let now = Rules::now(case.world);
    let then = match case.world.past_epoch(place.epoch) {
        Some(past) => Some((past.epoch, &past.validators)),
        None => (now.epoch.number == place.epoch).then_some((now.epoch, &now.validators)),
    };
    let accused = then.and_then(|(epoch, set)| {
        let of_epoch = epoch.kind == evidence.kind() && epoch.first <= place.height;
        set.validators.iter().find(|v| of_epoch && v.vote_key == place.vote_key)
    });
    let Some(operator) = accused.map(|validator| validator.operator) else {
        return found.add(RejectReason::EvidenceForeign);
    };
    let change = GovernanceChange::Suspend { vote_key: place.vote_key };
    let mut governance = case.world.governance().cloned().unwrap_or_default();
    let pending = governance.live.iter().filter(|live| live.scheduled).find(|live| {
        let proposal = case.world.proposal(live.proposal);
        proposal.is_some_and(|p| p.proposer == Proposal::CHAIN && p.change == change)
    });
    let mut suspension = pending.map(|live| live.proposal);
    let member = now.validators.validators.iter().any(|v| v.vote_key == place.vote_key);
    if suspension.is_none() && member && governance.live.len() < 2 * MAX_LIVE_PROPOSALS {
        suspension = Some(governance.next);
        enter(&mut governance, change, Vec::new(), Height(case.height.0 + 2), true, draft);
        draft.set(RegistryKey::Governance, RegistryValue::Governance(governance));
    }
    draft.set(key, RegistryValue::Offence(Offence { place, operator, recorded: case.height, suspension }));
}

/// Writes a new proposal; nobody's approvals are the chain's own act.
fn enter(
    governance: &mut Governance,
    change: GovernanceChange,
    approvals: Vec<AccountId>,
    effective: Height,
    scheduled: bool,
    draft: &mut Draft,
) {
    let id = governance.next;
    governance.next = ProposalId(id.0 + 1);
    governance.live.push(LiveProposal { proposal: id, effective, scheduled });
    let state = if scheduled { ProposalState::Scheduled } else { ProposalState::Open };
    let proposer = approvals.first().copied().unwrap_or(Proposal::CHAIN);
    let proposal = Proposal { id, proposer, change, effective, approvals, state };
    draft.set(RegistryKey::Proposal(id), RegistryValue::Proposal(Box::new(proposal)));
}

/// The acting account; it must be one that may approve.
fn approver(case: &Case<'_>, found: &mut Reasons) -> Option<AccountId> {
    let account = actor(case, found)?;
    if !may_approve(case, account) {
        found.add(RejectReason::NotApprover);
    }
    Some(account)
}

fn actor(case: &Case<'_>, found: &mut Reasons) -> Option<AccountId> {
    found.add_if(case.signers.actor.is_none(), RejectReason::WrongRole);
    case.signers.actor.map(|account| account.id)
}

fn may_approve(case: &Case<'_>, account: AccountId) -> bool {
    let policy = case.world.governance().and_then(|governance| governance.policy.as_ref());
    let operates = case.world.validators().validators.iter().any(|v| v.operator == account);
    operates || policy.is_some_and(|policy| policy.approvers.binary_search(&account).is_ok())
}

fn open_proposal(case: &Case<'_>, id: ProposalId, found: &mut Reasons) -> Option<(AccountId, Proposal)> {
    let account = actor(case, found)?;
    let Some(proposal) = case.world.proposal(id) else {
        found.add(RejectReason::ProposalUnknown);
        return None;
    };
    if proposal.state != ProposalState::Open {
        found.add(RejectReason::ProposalClosed);
        return None;
    }
    Some((account, proposal.clone()))
}

/// The header before the effective height names its validators, so the block in between must be still to come.
fn judge_change(case: &Case<'_>, change: &GovernanceChange, effective: Height, found: &mut Reasons) {
    let ahead = effective.0.saturating_sub(case.height.0);
    found.add_if(!(2..=MAX_CHANGE_DELAY).contains(&ahead), RejectReason::EffectiveHeight);
    if let Some(reason) = Rules::now(case.world).fault(case.world, change) {
        found.add(reason);
    }
}

fn is_enough(case: &Case<'_>, governance: &Governance, approvals: &[AccountId], change: &GovernanceChange) -> bool {
    let rules = Rules::now(case.world);
    let (operated, needed) = rules.operated(approvals);
    let Some(policy) = &governance.policy else { return operated >= needed };
    let by_policy = policy.approvers.iter().filter(|id| approvals.contains(id)).count();
    let gives_up =
        *change == GovernanceChange::Consensus(ConsensusKind::CrashFault) && rules.epoch.kind == ConsensusKind::Bft;
    by_policy >= policy.threshold.into() && (!gives_up || operated >= needed)
}
