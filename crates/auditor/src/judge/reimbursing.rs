//! Locks, bookings and reimbursement.

use std::collections::BTreeSet;

use ledger_types::invoice_state::{BookingState, ReimbursementState};
use ledger_types::owner::account_address;
use ledger_types::payload::Spend;
use ledger_types::timer::TimerTask;
use ledger_types::{
    Account, AccountId, AccountKind, Asset, InvoiceRecord, OutputRecord, Owner, RejectReason, TxOutcome,
};

use super::spending::{Invoice, spent};
use super::{Case, due_after};
use crate::authority::covers;
use crate::reasons::Reasons;
use crate::world::Draft;

fn restate(invoice: &Invoice<'_>, record: InvoiceRecord, draft: &mut Draft) -> (ledger_types::Slot, u32) {
    draft.step(invoice.slot, OutputRecord { asset: Asset::Invoice(record), ..*invoice.output })
}

/// Judges each spend of a list by itself; a slot named twice has moved on by its second spend.
fn each<'a>(
    case: &'a Case<'_>,
    spends: &[Spend],
    found: &mut Reasons,
    mut judge: impl FnMut(Invoice<'a>, &Spend, &mut Reasons) -> (ledger_types::Slot, u32),
) -> TxOutcome {
    let mut seen = BTreeSet::new();
    let mut steps = Vec::with_capacity(spends.len());
    for (spend, item) in spends.iter().zip(0u16..) {
        found.at_item(Some(item));
        found.add_if(!seen.insert(spend.slot), RejectReason::OutputSpent);
        if let Some(invoice) = spent(case, spend, found) {
            steps.push(judge(invoice, spend, found));
        }
    }
    found.at_item(None);
    TxOutcome::Stepped(steps)
}

pub(super) fn lock(
    case: &Case<'_>,
    spends: &[Spend],
    until_ms: u64,
    reason: u16,
    found: &mut Reasons,
    draft: &mut Draft,
) {
    let actor = case.signers.acting(AccountKind::Enterprise, found);
    let by = actor.map_or(AccountId(0), |account| account.id);
    let holder = Owner::Address(account_address(case.world.chain(), by));
    draft.outcome = each(case, spends, found, |invoice, spend, found| {
        invoice.is_live(found);
        invoice.is_held(found);
        invoice.is_open(found);
        found.add_if(actor.is_none() || invoice.output.owner != holder, RejectReason::NotOwner);
        found.add_if(spend.reveal.is_some(), RejectReason::ConditionMismatch);
        let book = case.book_of(invoice.record.code.area(), found);
        let in_time = book.is_none_or(|book| case.is_ahead(until_ms, book.max_lock_ms));
        found.add_if(!in_time, RejectReason::TimeOutOfRange);
        let reimbursement = ReimbursementState::Locked { by, until_ms, reason };
        let step = restate(&invoice, InvoiceRecord { reimbursement, ..*invoice.record }, draft);
        draft.schedule(due_after(until_ms), TimerTask::LapseLock { slot: step.0, sequence: step.1 });
        step
    });
}

pub(super) fn unlock(case: &Case<'_>, spends: &[Spend], found: &mut Reasons, draft: &mut Draft) {
    found.add_if(case.signers.actor.is_none(), RejectReason::WrongRole);
    draft.outcome = each(case, spends, found, |invoice, _, found| {
        match invoice.record.reimbursement {
            ReimbursementState::Open => found.add(RejectReason::NotLocked),
            ReimbursementState::Closed { .. } => found.add(RejectReason::AlreadyReimbursed),
            ReimbursementState::Locked { by, .. } => may_unlock(case, &invoice, by, found),
        }
        let reimbursement = ReimbursementState::Open;
        restate(&invoice, InvoiceRecord { reimbursement, ..*invoice.record }, draft)
    });
}

/// The locker, or a bureau with authority over the invoice's area.
fn may_unlock(case: &Case<'_>, invoice: &Invoice<'_>, by: AccountId, found: &mut Reasons) {
    match case.signers.actor {
        Some(account) if account.id == by => {}
        Some(account) if account.kind == AccountKind::Bureau => {
            if !covers(account.area, invoice.record.code.area()) {
                found.add(RejectReason::NotLocker);
                found.attend(RejectReason::WrongArea);
            }
        }
        _ => found.add(RejectReason::NotLocker),
    }
}

/// The invoice is locked, and by the signer.
fn locked_by_signer(case: &Case<'_>, invoice: &Invoice<'_>, found: &mut Reasons) {
    let actor = case.signers.actor.map(|account| account.id);
    match invoice.record.reimbursement {
        ReimbursementState::Open => found.add(RejectReason::NotLocked),
        ReimbursementState::Closed { .. } => {
            found.add(RejectReason::AlreadyReimbursed);
            found.attend(RejectReason::NotLocked);
        }
        ReimbursementState::Locked { by, .. } => found.add_if(actor != Some(by), RejectReason::NotLocker),
    }
}

/// The one spend of a booking or reimbursement, and who signs.
fn single<'a>(case: &'a Case<'_>, spend: &Spend, found: &mut Reasons) -> Option<(Invoice<'a>, &'a Account)> {
    found.add_if(case.signers.actor.is_none(), RejectReason::WrongRole);
    let invoice = spent(case, spend, found)?;
    Some((invoice, case.signers.actor?))
}

pub(super) fn book(case: &Case<'_>, spend: &Spend, deductible: bool, found: &mut Reasons, draft: &mut Draft) {
    let Some((invoice, actor)) = single(case, spend, found) else { return };
    invoice.is_live(found);
    locked_by_signer(case, &invoice, found);
    found.add_if(invoice.record.booking.booked_by().is_some(), RejectReason::AlreadyBooked);
    let (by, at_ms) = (actor.id, case.now.0);
    let booking = if deductible {
        BookingState::BookedDeductible { by, at_ms }
    } else {
        BookingState::BookedNotDeductible { by, at_ms }
    };
    let step = restate(&invoice, InvoiceRecord { booking, ..*invoice.record }, draft);
    draft.outcome = TxOutcome::Stepped(vec![step]);
}

/// The invoice stands in the signer's books.
fn booked_by_signer(invoice: &Invoice<'_>, actor: &Account, found: &mut Reasons) {
    match invoice.record.booking.booked_by() {
        None => found.add(RejectReason::NotBooked),
        Some(by) => found.add_if(by != actor.id, RejectReason::NotBooker),
    }
}

pub(super) fn unbook(case: &Case<'_>, spend: &Spend, found: &mut Reasons, draft: &mut Draft) {
    let Some((invoice, actor)) = single(case, spend, found) else { return };
    booked_by_signer(&invoice, actor, found);
    let booking = BookingState::Unbooked { by: actor.id, at_ms: case.now.0 };
    let step = restate(&invoice, InvoiceRecord { booking, ..*invoice.record }, draft);
    draft.outcome = TxOutcome::Stepped(vec![step]);
}

pub(super) fn reimburse(case: &Case<'_>, spend: &Spend, found: &mut Reasons, draft: &mut Draft) {
    let Some((invoice, actor)) = single(case, spend, found) else { return };
    invoice.is_live(found);
    locked_by_signer(case, &invoice, found);
    booked_by_signer(&invoice, actor, found);
    let reimbursement = ReimbursementState::Closed { by: actor.id, at_ms: case.now.0 };
    let step = restate(&invoice, InvoiceRecord { reimbursement, ..*invoice.record }, draft);
    draft.outcome = TxOutcome::Stepped(vec![step]);
}
