//! Begin-block: changes whose height came.

use ledger_types::change_set::SYSTEM_CAUSE;
use ledger_types::receipt::ReceiptSubject;
use ledger_types::{Adaptive, PastEpoch, ProposalState, Receipt, RegistryKey, TxOutcome, Verdict};

use super::committee;
use super::plan::{Plan, plan};
use crate::execution::BlockContext;
use crate::fault::ExecutionFault;
use crate::overlay::{BlockOverlay, TxOverlay};

/// Carries out what is to be in force from the next height on. A receipt for each proposal that was approved.
pub(crate) fn run(block: &mut BlockOverlay<'_>, ctx: &BlockContext) -> Result<Vec<Receipt>, ExecutionFault> {
    let receipts = carry_out(block, ctx)?;
    committee::begin_block(block, ctx)?;
    Ok(receipts)
}

fn carry_out(block: &mut BlockOverlay<'_>, ctx: &BlockContext) -> Result<Vec<Receipt>, ExecutionFault> {
    let Some(plan) = plan(block.base(), ctx.height, ctx.consensus)? else { return Ok(Vec::new()) };
    let mut state = TxOverlay::new(block);
    write_regime(&mut state, &plan, ctx);
    write_adaptive(&mut state, &plan, ctx)?;
    if let Some(anchors) = &plan.anchors {
        state.put(RegistryKey::TrustAnchors, anchors.clone());
    }
    let mut receipts = Vec::new();
    for (proposal, refusal) in plan.settled {
        let verdict = match (proposal.state, refusal) {
            (_, Some(refusal)) => Some(Verdict::Refused(vec![refusal])),
            (ProposalState::Applied, None) => Some(Verdict::Accepted(TxOutcome::Done)),
            _ => None,
        };
        let subject = ReceiptSubject::Change(proposal.id);
        receipts.extend(verdict.map(|verdict| Receipt { version: Receipt::VERSION, subject, verdict }));
        state.put(RegistryKey::Proposal(proposal.id), proposal);
    }
    state.put(RegistryKey::Governance, plan.governance);
    let writes = state.into_writes();
    block.absorb(SYSTEM_CAUSE, writes);
    Ok(receipts)
}

/// What the chain knows of its validators starts anew: all of it with another kind of consensus, the quiet time with
/// every epoch and policy. Nothing is written before the first policy.
fn write_adaptive(state: &mut TxOverlay<'_, '_>, plan: &Plan, ctx: &BlockContext) -> Result<(), ExecutionFault> {
    let (before, after) = (&plan.before, &plan.regime);
    let held = state.get::<Adaptive>(&RegistryKey::Adaptive)?.map(|held| Adaptive::clone(&held));
    let renewed = after.adaptive != before.adaptive;
    let begins = renewed || (held.is_some() && after.epoch != before.epoch);
    if !begins {
        return Ok(());
    }
    let mut faulty = held.map_or_else(Vec::new, |held| held.faulty);
    if after.epoch.kind != before.epoch.kind {
        faulty.clear();
    }
    state.put(RegistryKey::Adaptive, Adaptive { policy: after.adaptive, quiet_since: ctx.time, faulty });
    Ok(())
}

fn write_regime(state: &mut TxOverlay<'_, '_>, plan: &Plan, ctx: &BlockContext) {
    let (before, after) = (&plan.before, &plan.regime);
    if after.validators != before.validators {
        state.put(RegistryKey::Validators, after.validators.clone());
    }
    if after.params != before.params {
        state.put(RegistryKey::Params, after.params.clone());
    }
    match &after.sealing.next {
        next if *next == before.sealing.next => {}
        Some(next) => state.put(RegistryKey::NextCommittee, next.clone()),
        None => state.remove(RegistryKey::NextCommittee),
    }
    if after.epoch != before.epoch {
        let past = PastEpoch { epoch: before.epoch, last: ctx.height, validators: before.validators.clone() };
        state.put(RegistryKey::PastEpoch(before.epoch.number), past);
        state.put(RegistryKey::Epoch, after.epoch);
    }
}
