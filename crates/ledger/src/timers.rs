//! Begin-block: tasks that fell due. A task whose subject moved on does nothing and leaves no receipt.

use ledger_types::change_set::SYSTEM_CAUSE;
use ledger_types::limits::MAX_TIMERS_PER_BLOCK;
use ledger_types::receipt::ReceiptSubject;
use ledger_types::registry::RuleBookHead;
use ledger_types::{
    Application, ApplicationId, Area, Asset, BlockTime, ClaimState, Digest, FaceState, FormId, InvoiceRecord,
    InvoiceVerb, OutputRecord, Owner, Receipt, RedForm, RedFormState, RegistryKey, ReimbursementState, Slot, TimerTask,
    TxOutcome, Verdict,
};

use crate::execution::{BlockContext, check_invariants};
use crate::fault::ExecutionFault;
use crate::findings::Stop;
use crate::governance::end_overlap;
use crate::orders;
use crate::overlay::{BlockOverlay, TxOverlay};
use crate::quota::{self, Quota};
use crate::recoveries;

/// Runs the due tasks, at most [`MAX_TIMERS_PER_BLOCK`]; the rest stay due for the next block. Transitions look at block
/// time themselves, so a task that comes late lets no answer slip through; a lock stays until its task has run.
pub(crate) fn begin_block(block: &mut BlockOverlay<'_>, ctx: &BlockContext) -> Result<Vec<Receipt>, ExecutionFault> {
    let due = block.base().due_timers(ctx.time.0, MAX_TIMERS_PER_BLOCK)?;
    let mut receipts = Vec::new();
    for (key, task) in due {
        let mut state = TxOverlay::new(block);
        state.remove(key);
        let outcome = match run(&mut state, ctx.time, task) {
            Ok(outcome) => outcome,
            // A task asks for nothing that could be refused.
            Err(Stop::Refused(_)) => None,
            Err(Stop::Fault(fault)) => return Err(fault),
        };
        check_invariants(SYSTEM_CAUSE, state.writes())?;
        let writes = state.into_writes();
        block.absorb(SYSTEM_CAUSE, writes);
        receipts.extend(outcome.map(|outcome| Receipt {
            version: Receipt::VERSION,
            subject: ReceiptSubject::System(task),
            verdict: Verdict::Accepted(outcome),
        }));
    }
    Ok(receipts)
}

/// Does one task. `None` if its subject moved on.
fn run(state: &mut TxOverlay<'_, '_>, now: BlockTime, task: TimerTask) -> Result<Option<TxOutcome>, Stop> {
    match task {
        TimerTask::ActivateRuleBook { area, version } => activate_rule_book(state, area, version),
        TimerTask::LapseApplication(id) => lapse_application(state, now, id),
        TimerTask::LapseOffer { slot, .. } => lapse_offer(state, now, slot),
        TimerTask::LapseLock { slot, .. } => lapse_lock(state, now, slot),
        TimerTask::LapseRedForm(id) => lapse_red_form(state, id),
        TimerTask::DueRecovery { account, number } => recoveries::fall_due(state, now, account, number),
        TimerTask::EndCommitteeOverlap { epoch } => Ok(end_overlap(state, epoch)?.then_some(TxOutcome::Done)),
    }
}

fn activate_rule_book(state: &mut TxOverlay<'_, '_>, area: Area, version: u32) -> Result<Option<TxOutcome>, Stop> {
    let key = RegistryKey::RuleBookHead(area);
    let head = *state.must_get::<RuleBookHead>(&key)?;
    if head.active >= version {
        return Ok(None);
    }
    state.put(key, RuleBookHead { active: version, ..head });
    Ok(Some(TxOutcome::Done))
}

fn lapse_application(
    state: &mut TxOverlay<'_, '_>,
    now: BlockTime,
    id: ApplicationId,
) -> Result<Option<TxOutcome>, Stop> {
    let Some(application) = state.get::<Application>(&RegistryKey::Application(id))? else { return Ok(None) };
    drop_application(state, now, &application)?;
    Ok(Some(TxOutcome::Done))
}

/// Removes an application: its quota goes back and its order is free again.
pub(crate) fn drop_application(
    state: &mut TxOverlay<'_, '_>,
    now: BlockTime,
    application: &Application,
) -> Result<(), Stop> {
    let mut quota = Quota::load(state, application.seller, now)?;
    quota.release(quota::reserved_by(application), application.quota_month)?;
    quota.store(state);
    orders::release(state, application.seller, Digest(application.order_ref));
    state.remove(RegistryKey::Application(application.id));
    Ok(())
}

/// The offer lapses if it still stands: booking and red-letter forms step on an invoice without touching it, so its
/// own time limit tells, not the sequence.
fn lapse_offer(state: &mut TxOverlay<'_, '_>, now: BlockTime, slot: Slot) -> Result<Option<TxOutcome>, Stop> {
    let Some((record, invoice)) = live_invoice(state, slot)? else { return Ok(None) };
    let ClaimState::Offered { from, until_ms, .. } = invoice.claim else { return Ok(None) };
    if now.0 <= until_ms {
        return Ok(None);
    }
    let after = InvoiceRecord { claim: ClaimState::Claimed, ..invoice };
    Ok(Some(step(state, slot, record, Owner::Address(from), after, InvoiceVerb::OfferLapse)))
}

fn lapse_lock(state: &mut TxOverlay<'_, '_>, now: BlockTime, slot: Slot) -> Result<Option<TxOutcome>, Stop> {
    let Some((record, invoice)) = live_invoice(state, slot)? else { return Ok(None) };
    let ReimbursementState::Locked { until_ms, .. } = invoice.reimbursement else { return Ok(None) };
    if now.0 <= until_ms {
        return Ok(None);
    }
    let after = InvoiceRecord { reimbursement: ReimbursementState::Open, ..invoice };
    Ok(Some(step(state, slot, record, record.owner, after, InvoiceVerb::LockLapse)))
}

/// The invoice in a slot, unless it was reversed: then nothing lapses any more.
fn live_invoice(state: &TxOverlay<'_, '_>, slot: Slot) -> Result<Option<(OutputRecord, InvoiceRecord)>, Stop> {
    let record = state.output(slot)?;
    let live = record.and_then(|r| r.invoice().map(|invoice| (r, *invoice)));
    Ok(live.filter(|(_, invoice)| matches!(invoice.face, FaceState::Blue)))
}

fn step(
    state: &mut TxOverlay<'_, '_>,
    slot: Slot,
    before: OutputRecord,
    owner: Owner,
    invoice: InvoiceRecord,
    verb: InvoiceVerb,
) -> TxOutcome {
    let sequence = before.sequence.saturating_add(1);
    let after = OutputRecord { sequence, owner, asset: Asset::Invoice(invoice), ..before };
    state.step(slot, before, after, Some(verb));
    TxOutcome::Stepped(vec![(slot, sequence)])
}

fn lapse_red_form(state: &mut TxOverlay<'_, '_>, id: FormId) -> Result<Option<TxOutcome>, Stop> {
    let key = RegistryKey::RedForm(id);
    let Some(form) = state.get::<RedForm>(&key)? else { return Ok(None) };
    if !matches!(form.state, RedFormState::AwaitingBuyer | RedFormState::AwaitingSeller) {
        return Ok(None);
    }
    state.put(key, RedForm { state: RedFormState::Lapsed, ..*form });
    Ok(Some(TxOutcome::Done))
}
