//! Locks invoices for reimbursement (锁定), all or none. By the enterprise that holds them; a lock has an owner, an end
//! and a reason.

use ledger_types::owner::account_address;
use ledger_types::{
    AccountId, AccountKind, InvoiceRecord, InvoiceVerb, Owner, ReimbursementState, RejectReason, Spend, TimerTask,
    TxOutcome,
};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::guards::check_ahead;
use crate::overlay::TxOverlay;
use crate::rule_books;
use crate::target::Target;

pub(super) fn run(
    state: &mut TxOverlay<'_, '_>,
    call: &Call<'_>,
    spends: &[Spend],
    until_ms: u64,
    reason: u16,
) -> Result<TxOutcome, Stop> {
    let mut found = Findings::default();
    let locker = call.actor_of(AccountKind::Enterprise, &mut found)?.id;
    let mut targets = Vec::with_capacity(spends.len());
    for (i, spend) in spends.iter().enumerate() {
        let Some(target) = found.take(Target::of_spend(state, spend, Some(i as u16)))? else { continue };
        check(call, spend, &target, locker, &mut found);
        // The rule book of the invoice's area says how long; the same answer for many invoices is reported once.
        let book = found.take(rule_books::in_force(state, target.invoice.code.area()))?;
        found.extend(book.and_then(|book| check_ahead(call.now, until_ms, book.max_lock_ms)));
        targets.push(target);
    }
    found.finish()?;
    let mut steps = Vec::with_capacity(targets.len());
    for target in targets {
        let reimbursement = ReimbursementState::Locked { by: locker, until_ms, reason };
        let after = target.stepped(InvoiceRecord { reimbursement, ..target.invoice });
        let (slot, sequence) = target.write(state, after, InvoiceVerb::Lock);
        state.add_timer_after(until_ms, TimerTask::LapseLock { slot, sequence })?;
        steps.push((slot, sequence));
    }
    Ok(TxOutcome::Stepped(steps))
}

fn check(call: &Call<'_>, spend: &Spend, target: &Target, locker: AccountId, found: &mut Findings) {
    target.must_be_current(found);
    target.must_be_blue(found);
    target.must_be_held(found);
    target.must_be_open(found);
    // An invoice on offer or unclaimed has no holder yet: that was said. A held one must be the enterprise's own.
    if let Owner::Address(holder) = target.record.owner {
        if target.is_current() && holder != account_address(call.chain, locker) {
            found.add(target.refusal(RejectReason::NotOwner));
        } else {
            target.must_be_owned(call, spend, found);
        }
    }
}
