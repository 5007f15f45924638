//! Begin-block tasks: what falls due at a block's time, in order, at most so many; the rest carries over.

use ledger_types::change_set::SYSTEM_CAUSE;
use ledger_types::invoice_state::{ClaimState, ReimbursementState};
use ledger_types::limits::MAX_TIMERS_PER_BLOCK;
use ledger_types::red_form::RedFormState;
use ledger_types::registry::RuleBookHead;
use ledger_types::timer::TimerTask;
use ledger_types::{
    Area, Asset, BlockTime, InvoiceRecord, OutputRecord, Owner, RegistryKey, RegistryValue, Slot, TxOutcome,
};

use crate::judge::{free_order, red_forms_end, settle};
use crate::world::{Draft, World};

/// Runs the tasks that are due. Returns each with what its receipt may say.
pub(crate) fn run(world: &mut World, now: BlockTime) -> Vec<(TimerTask, TxOutcome)> {
    let due = world.due(now.0, MAX_TIMERS_PER_BLOCK);
    let mut done = Vec::with_capacity(due.len());
    for (key, task) in due {
        let mut draft = Draft::new(world, now);
        draft.remove(key);
        fire(world, task, now, &mut draft);
        let (work, outcome) = draft.finish();
        world.apply(SYSTEM_CAUSE, work);
        done.push((task, outcome));
    }
    done
}

fn fire(world: &World, task: TimerTask, now: BlockTime, draft: &mut Draft) {
    match task {
        TimerTask::ActivateRuleBook { area, version } => activate(world, area, version, draft),
        TimerTask::LapseApplication(id) => {
            if let Some(application) = world.application(id) {
                settle(application, draft);
                free_order(application, draft);
            }
        }
        TimerTask::LapseOffer { slot, sequence } => {
            if let Some((output, record)) = at_sequence(world, slot, sequence)
                && let ClaimState::Offered { from, until_ms, .. } = record.claim
                && now.0 > until_ms
            {
                let record = InvoiceRecord { claim: ClaimState::Claimed, ..record };
                let owner = Owner::Address(from);
                step(slot, OutputRecord { owner, asset: Asset::Invoice(record), ..output }, draft);
            }
        }
        TimerTask::LapseLock { slot, sequence } => {
            if let Some((output, record)) = at_sequence(world, slot, sequence)
                && let ReimbursementState::Locked { until_ms, .. } = record.reimbursement
                && now.0 > until_ms
            {
                let record = InvoiceRecord { reimbursement: ReimbursementState::Open, ..record };
                step(slot, OutputRecord { asset: Asset::Invoice(record), ..output }, draft);
            }
        }
        TimerTask::LapseRedForm(id) => {
            let waits = |state| matches!(state, RedFormState::AwaitingBuyer | RedFormState::AwaitingSeller);
            if let Some(form) = world.form(id).filter(|form| waits(form.state)) {
                red_forms_end(world, form, RedFormState::Lapsed, draft);
            }
        }
    }
}

fn activate(world: &World, area: Area, version: u32, draft: &mut Draft) {
    if let Some(head) = world.head(area) {
        let active = head.active.max(version);
        draft.set(RegistryKey::RuleBookHead(area), RegistryValue::RuleBookHead(RuleBookHead { active, ..*head }));
    }
}

/// The invoice, if it has not moved on since the task was made.
fn at_sequence(world: &World, slot: Slot, sequence: u32) -> Option<(OutputRecord, InvoiceRecord)> {
    let output = world.output(slot).filter(|output| output.sequence == sequence)?;
    Some((*output, *output.invoice()?))
}

fn step(slot: Slot, output: OutputRecord, draft: &mut Draft) {
    let step = draft.step(slot, output);
    draft.outcome = TxOutcome::Stepped(vec![step]);
}
