//! Proposals, approvals, and evidence.

use ledger_types::adaptive::FaultyKey;
use ledger_types::limits::{MAX_CHANGE_DELAY, MAX_LIVE_PROPOSALS};
use ledger_types::{
    AccountId, BlockTime, ConsensusKind, Evidence, Governance, GovernanceChange, Hands, Height, LiveProposal, Offence,
    Proposal, ProposalId, ProposalState, RegistryKey, RegistryValue, RejectReason, SwitchCertificate, SwitchWay,
    TxOutcome,
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
    add_hands(case, governance.next, draft);
    enter(&mut governance, change.clone(), vec![proposer], effective, scheduled, draft);
    draft.set(RegistryKey::Governance, RegistryValue::Governance(governance));
}

pub(super) fn approve(case: &Case<'_>, id: ProposalId, found: &mut Reasons, draft: &mut Draft) {
    let Some((approver, mut proposal)) = open_proposal(case, id, found) else { return };
    if !may_approve(case, approver) {
        found.add(RejectReason::NotApprover);
    }
    found.add_if(proposal.approvals.contains(&approver), RejectReason::AlreadyApproved);
    let had_a_hand = case.world.hands(id).is_some_and(|had| case.persons().iter().any(|p| had.holders.contains(p)));
    found.add_if(had_a_hand, RejectReason::OwnProposal);
    add_hands(case, id, draft);
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
    if let Some(mut adaptive) = case.world.adaptive().cloned() {
        let key = FaultyKey { vote_key: place.vote_key };
        if adaptive.faulty.len() < 256 && !adaptive.faulty.contains(&key) {
            adaptive.faulty.push(key);
        }
        adaptive.quiet_since = case.now;
        draft.set(RegistryKey::Adaptive, RegistryValue::Adaptive(adaptive));
    }
    draft.set(key, RegistryValue::Offence(Offence { place, operator, recorded: case.height, suspension }));
}

/// Enough validators of this epoch ask, the policy lets them, and the chain is not at it already.
pub(super) fn switch(case: &Case<'_>, certificate: &SwitchCertificate, found: &mut Reasons, draft: &mut Draft) {
    if let Some(reason) = switch_fault(case, certificate) {
        return found.add(reason);
    }
    let mut governance = case.world.governance().cloned().unwrap_or_default();
    let to = certificate.requests[0].body.way.kinds().1;
    enter(&mut governance, GovernanceChange::Consensus(to), Vec::new(), Height(case.height.0 + 2), true, draft);
    draft.set(RegistryKey::Governance, RegistryValue::Governance(governance));
}

fn switch_fault(case: &Case<'_>, certificate: &SwitchCertificate) -> Option<RejectReason> {
    use RejectReason::*;
    let rules = Rules::now(case.world);
    let members = &rules.validators.validators;
    let requests = &certificate.requests;
    if requests.iter().any(|request| request.body.epoch != rules.epoch.number) {
        return Some(SwitchEpoch);
    }
    for request in requests {
        if members.iter().all(|member| member.vote_key != request.vote_key) {
            return Some(SwitchUnknown);
        }
        if request.body.tip.0 + 1 > case.height.0 || request.body.ack.is_some_and(|ack| ack.height > case.height) {
            return Some(SwitchAhead);
        }
    }
    let raises = requests.iter().all(|request| request.body.way == SwitchWay::Raise);
    let (from, to) = match raises {
        true => (ConsensusKind::Adaptive, ConsensusKind::Bft),
        false => (ConsensusKind::Bft, ConsensusKind::Adaptive),
    };
    let Some((adaptive, policy)) = case.world.adaptive().and_then(|held| Some((held, held.policy?))) else {
        return Some(SwitchNotAllowed);
    };
    if rules.epoch.kind != from || (!raises && policy.lower_after_ms.is_none()) {
        return Some(SwitchNotAllowed);
    }
    if requests.len() < if raises { members.len() * 2 / 3 + 1 } else { members.len() } {
        return Some(SwitchTooFew);
    }
    let too_early = |since: BlockTime| {
        since < adaptive.quiet_since || policy.lower_after_ms.is_some_and(|wait| case.now.0 < since.0 + wait)
    };
    if requests.iter().any(|r| matches!(r.body.way, SwitchWay::Lower { since } if too_early(since))) {
        return Some(SwitchTooEarly);
    }
    let governance = case.world.governance().cloned().unwrap_or_default();
    let under_way = governance.live.iter().filter(|live| live.scheduled).any(|live| {
        let proposal = case.world.proposal(live.proposal);
        proposal.is_some_and(|p| p.proposer == Proposal::CHAIN && p.change == GovernanceChange::Consensus(to))
    });
    if under_way {
        return Some(SwitchUnderWay);
    }
    (governance.live.len() >= 2 * MAX_LIVE_PROPOSALS).then_some(TooManyProposals)
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

/// Notes who signed in an office.
fn add_hands(case: &Case<'_>, id: ProposalId, draft: &mut Draft) {
    let persons = case.persons();
    if persons.is_empty() {
        return;
    }
    let before = case.world.hands(id).map_or_else(Vec::new, |had| had.holders.clone());
    let mut holders = [before, persons].concat();
    holders.sort();
    draft.set(RegistryKey::Hands(id), RegistryValue::Hands(Hands { holders }));
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
    let gives_up = match change {
        GovernanceChange::Consensus(ConsensusKind::CrashFault) => {
            matches!(rules.epoch.kind, ConsensusKind::Bft | ConsensusKind::Adaptive)
        }
        GovernanceChange::Consensus(ConsensusKind::Adaptive) => rules.epoch.kind == ConsensusKind::Bft,
        GovernanceChange::Adaptive(Some(policy)) => policy.lower_after_ms.is_some(),
        _ => false,
    };
    by_policy >= policy.threshold.into() && (!gives_up || operated >= needed)
}
