//! Proposes a change of the chain's own rules, and approves it. By an approver or a validator's operator.

use ledger_types::limits::MAX_LIVE_PROPOSALS;
use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{
    AcceptedEpochs, Account, AccountId, Adaptive, Committee, GovernanceChange, Hands, Height, NextCommittee,
    RegistryKey, RejectReason, TxOutcome,
};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::governance::{self, Regime, SealingRules, approvers, check_change, check_height};
use crate::overlay::TxOverlay;
use crate::state_view::StateFault;

pub(super) fn run(
    state: &mut TxOverlay<'_, '_>,
    call: &Call<'_>,
    change: &GovernanceChange,
    effective: Height,
) -> Result<TxOutcome, Stop> {
    let proposer = call.actor_id()?;
    let governance = governance::load(state)?;
    let regime = regime_of(state, call)?;
    let approvers = approvers(&regime, &governance);
    let mut found = Findings::default();
    found.require(approvers.has(proposer), RejectReason::NotApprover, Field::Signers);
    if governance.live.len() >= MAX_LIVE_PROPOSALS {
        let args = [Arg::Count(governance.live.len() as u64), Arg::Count(MAX_LIVE_PROPOSALS as u64)];
        found.add(Refusal::new(RejectReason::TooManyProposals, Field::Proposal).with(args));
    }
    found.extend(check_height(call.origin.height, effective));
    found.extend(check_change(&regime, change, &|id| is_open(state, id))?);
    found.finish()?;
    let scheduled = approvers.suffice(&[proposer], change);
    let id = governance::enter(state, governance, change.clone(), proposer, effective, scheduled);
    if !call.hands.is_empty() {
        state.put(RegistryKey::Hands(id), Hands { holders: call.hands.clone() });
    }
    Ok(TxOutcome::Proposed(id))
}

/// What is in force after this block, as far as is decided.
pub(super) fn regime_of(state: &TxOverlay<'_, '_>, call: &Call<'_>) -> Result<Regime, Stop> {
    let epoch = state.get(&RegistryKey::Epoch)?.map_or_else(|| ledger_types::Epoch::genesis(call.consensus), |e| *e);
    let validators = ledger_types::ValidatorSet::clone(&*state.must_get(&RegistryKey::Validators)?);
    let params = ledger_types::ChainParams::clone(&*state.must_get(&RegistryKey::Params)?);
    let adaptive = state.get::<Adaptive>(&RegistryKey::Adaptive)?.and_then(|held| held.policy);
    Ok(Regime { epoch, validators, params, adaptive, sealing: sealing_of(state)? })
}

/// The committee's keys after this block, as far as is decided.
fn sealing_of(state: &TxOverlay<'_, '_>) -> Result<SealingRules, StateFault> {
    let Some(committee) = state.get::<Committee>(&RegistryKey::Committee)? else { return Ok(SealingRules::default()) };
    let next = state.get::<NextCommittee>(&RegistryKey::NextCommittee)?.map(|next| NextCommittee::clone(&next));
    let accepted = state.get::<AcceptedEpochs>(&RegistryKey::AcceptedEpochs)?;
    let accepted = accepted.map_or_else(Vec::new, |accepted| accepted.epochs.clone());
    Ok(SealingRules { committee: Some(*committee), next, accepted })
}

/// Whether an account exists and is open.
pub(super) fn is_open(state: &TxOverlay<'_, '_>, id: AccountId) -> Result<bool, StateFault> {
    Ok(state.get::<Account>(&RegistryKey::Account(id))?.is_some_and(|account| account.open))
}
