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

use crate::committee::end_overlap;
use crate::judge::{fall_due, free_order, red_forms_end, settle};
use crate::world::{Draft, World};

/// Runs the tasks that are due. Returns those that did something, each with what its receipt may say; a task whose
/// subject moved on in the meantime leaves the queue and nothing else.
pub(crate) fn run(world: &mut World, now: BlockTime) -> Vec<(TimerTask, TxOutcome)> {
    let due = world.due(now.0, MAX_TIMERS_PER_BLOCK);
    let mut done = Vec::with_capacity(due.len());
    for (key, task) in due {
        let mut draft = Draft::new(world, now);
        draft.remove(key);
        let fired = fire(world, task, now, &mut draft);
        let (work, outcome) = draft.finish();
        world.apply(SYSTEM_CAUSE, work);
        if fired {
            done.push((task, outcome));
        }
    }
    done
}

/// True if there was anything to do.
fn fire(world: &World, task: TimerTask, now: BlockTime, draft: &mut Draft) -> bool {
    match task {
        TimerTask::ActivateRuleBook { area, version } => activate(world, area, version, draft),
        TimerTask::LapseApplication(id) => world.application(id).map(|application| {
            settle(application, draft);
            free_order(application, draft);
        }),
        TimerTask::LapseOffer { slot, sequence } => lapse_offer(world, slot, sequence, now, draft),
        TimerTask::LapseLock { slot, .. } => lapse_lock(world, slot, now, draft),
        TimerTask::LapseRedForm(id) => {
            let waits = |state| matches!(state, RedFormState::AwaitingBuyer | RedFormState::AwaitingSeller);
            let form = world.form(id).filter(|form| waits(form.state));
            form.map(|form| red_forms_end(form, RedFormState::Lapsed, draft))
        }
        TimerTask::DueRecovery { account, number } => fall_due(world, account, number, now, draft),
        TimerTask::EndCommitteeOverlap { epoch } => end_overlap(world, epoch, draft),
    }
    .is_some()
}

fn activate(world: &World, area: Area, version: u32, draft: &mut Draft) -> Option<()> {
    let head = world.head(area)?;
    let active = head.active.max(version);
    draft.set(RegistryKey::RuleBookHead(area), RegistryValue::RuleBookHead(RuleBookHead { active, ..*head }));
    Some(())
}

/// The invoice stays with the giver.
fn lapse_offer(world: &World, slot: Slot, sequence: u32, now: BlockTime, draft: &mut Draft) -> Option<()> {
    let (output, record) = at_sequence(world, slot, sequence)?;
    let ClaimState::Offered { from, until_ms, .. } = record.claim else { return None };
    let record = InvoiceRecord { claim: ClaimState::Claimed, ..record };
    let output = OutputRecord { owner: Owner::Address(from), asset: Asset::Invoice(record), ..output };
    (now.0 > until_ms).then(|| step(slot, output, draft))
}

/// Booking steps on the invoice but leaves the lock: it lapses unless it was lifted, or set anew for longer.
fn lapse_lock(world: &World, slot: Slot, now: BlockTime, draft: &mut Draft) -> Option<()> {
    let (output, record) = invoice(world, slot)?;
    let ReimbursementState::Locked { until_ms, .. } = record.reimbursement else { return None };
    let record = InvoiceRecord { reimbursement: ReimbursementState::Open, ..record };
    let output = OutputRecord { asset: Asset::Invoice(record), ..output };
    (now.0 > until_ms).then(|| step(slot, output, draft))
}

/// The invoice, if it has not moved on since the task was made.
fn at_sequence(world: &World, slot: Slot, sequence: u32) -> Option<(OutputRecord, InvoiceRecord)> {
    invoice(world, slot).filter(|(output, _)| output.sequence == sequence)
}

fn invoice(world: &World, slot: Slot) -> Option<(OutputRecord, InvoiceRecord)> {
    let output = world.output(slot)?;
    Some((*output, *output.invoice()?))
}

fn step(slot: Slot, output: OutputRecord, draft: &mut Draft) {
    let step = draft.step(slot, output);
    draft.outcome = TxOutcome::Stepped(vec![step]);
}
