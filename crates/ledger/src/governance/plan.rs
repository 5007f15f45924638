//! What the proposals whose height came do together.

use ledger_types::refusal::Refusal;
use ledger_types::{
    Account, ConsensusKind, Epoch, Governance, GovernanceChange, GovernancePolicy, Height, NextCommittee, Proposal,
    ProposalState, RegistryKey, RegistryValue, TrustAnchors,
};

use super::change_rules::{check_change, suspended};
use super::regime::{Regime, regime};
use crate::state_view::{StateFault, StateView};

/// What the beginning of a block does to the chain's own rules.
pub(super) struct Plan {
    pub(super) before: Regime,
    /// What holds from the next height on.
    pub(super) regime: Regime,
    /// The governance entry from now on.
    pub(super) governance: Governance,
    /// The outside authorities from now on, if they change.
    pub(super) anchors: Option<TrustAnchors>,
    /// Proposals that are settled, with their new state; refused ones say why.
    pub(super) settled: Vec<(Proposal, Option<Refusal>)>,
}

/// What falls due at the beginning of the block at `height`: changes that are to be in force from the next height on, in
/// order of their numbers, each on top of the one before. None if nothing does.
pub(super) fn plan(state: &dyn StateView, height: Height, genesis: ConsensusKind) -> Result<Option<Plan>, StateFault> {
    let Some(RegistryValue::Governance(mut governance)) = state.registry(&RegistryKey::Governance)? else {
        return Ok(None);
    };
    let first = height.next();
    let (due, rest): (Vec<_>, Vec<_>) = governance.live.into_iter().partition(|live| live.effective <= first);
    if due.is_empty() {
        return Ok(None);
    }
    governance.live = rest;
    let before = regime(state, genesis)?;
    let mut after = before.clone();
    let mut anchors = None;
    let mut settled = Vec::with_capacity(due.len());
    let is_open = |id| match state.registry(&RegistryKey::Account(id))? {
        Some(RegistryValue::Account(Account { open, .. })) => Ok(open),
        _ => Ok(false),
    };
    for live in due {
        let key = RegistryKey::Proposal(live.proposal);
        let Some(RegistryValue::Proposal(mut proposal)) = state.registry(&key)? else {
            return Err(StateFault(format!("the entry {key:?} is missing")));
        };
        let refusal = if live.scheduled { check_change(&after, &proposal.change, &is_open)? } else { None };
        proposal.state = match (live.scheduled, &refusal) {
            (false, _) => ProposalState::Lapsed,
            (true, Some(_)) => ProposalState::Failed,
            (true, None) => ProposalState::Applied,
        };
        if proposal.state == ProposalState::Applied {
            match &proposal.change {
                GovernanceChange::TrustAnchors(new) => anchors = Some(new.clone()),
                change => carry_out(&mut after, &mut governance.policy, change, first),
            }
        }
        settled.push((*proposal, refusal));
    }
    let same = (&after.validators, after.epoch.kind, after.epoch.protocol)
        == (&before.validators, before.epoch.kind, before.epoch.protocol);
    if !same {
        after.epoch = Epoch { number: before.epoch.number + 1, first, ..after.epoch };
    }
    Ok(Some(Plan { before, regime: after, governance, anchors, settled }))
}

fn carry_out(regime: &mut Regime, policy: &mut Option<GovernancePolicy>, change: &GovernanceChange, first: Height) {
    match change {
        GovernanceChange::Validators(set) => regime.validators = set.clone(),
        GovernanceChange::Params(params) => regime.params = params.clone(),
        GovernanceChange::Consensus(kind) => regime.epoch.kind = *kind,
        GovernanceChange::Protocol(version) => regime.epoch.protocol = *version,
        GovernanceChange::Suspend { vote_key } => regime.validators = suspended(&regime.validators, vote_key),
        GovernanceChange::Policy(new) => *policy = Some(new.clone()),
        GovernanceChange::Adaptive(new) => regime.adaptive = *new,
        // No part of how blocks are agreed.
        GovernanceChange::TrustAnchors(_) => {}
        GovernanceChange::NextCommittee(change) => {
            regime.sealing.next = Some(NextCommittee::named(*change, first));
        }
        GovernanceChange::WithdrawCommittee { .. } => regime.sealing.next = None,
    }
}
