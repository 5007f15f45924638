//! Offers an invoice to another holder (流转). By the holder, while nobody locked, booked or reimbursed it. Until it is
//! answered or lapses, either side's signature moves it.

use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{
    Address, ClaimState, InvoiceRecord, InvoiceVerb, Owner, OwnerCondition, RejectReason, Spend, TimerTask, TxOutcome,
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
    spend: &Spend,
    to: Address,
    until_ms: u64,
) -> Result<TxOutcome, Stop> {
    let target = Target::of_spend(state, spend, None)?;
    let from = check(state, call, spend, &target, to, until_ms)?;
    let mut members = vec![from, to];
    members.sort_unstable();
    let owner = OwnerCondition::AnyOf(members).to_owner(call.chain);
    let invoice = InvoiceRecord { claim: ClaimState::Offered { from, to, until_ms }, ..target.invoice };
    let after = target.stepped_to(owner, invoice);
    let (slot, sequence) = target.write(state, after, InvoiceVerb::Offer);
    state.add_timer_after(until_ms, TimerTask::LapseOffer { slot, sequence })?;
    Ok(TxOutcome::Stepped(vec![(slot, sequence)]))
}

fn check(
    state: &TxOverlay<'_, '_>,
    call: &Call<'_>,
    spend: &Spend,
    target: &Target,
    to: Address,
    until_ms: u64,
) -> Result<Address, Stop> {
    let mut found = Findings::default();
    target.must_be_current(&mut found);
    target.must_be_held(&mut found);
    target.must_be_blue(&mut found);
    target.must_be_open(&mut found);
    target.must_not_be_booked(&mut found);
    let book = found.take(rule_books::in_force(state, target.invoice.code.area()))?;
    found.extend(book.and_then(|book| check_ahead(call.now, until_ms, book.max_offer_ms)));
    // A held invoice belongs to one address; one that is not held was refused above.
    let Owner::Address(from) = target.record.owner else { return Err(found.refuse()) };
    target.must_be_owned(call, spend, &mut found);
    if from == to {
        let refusal = Refusal::new(RejectReason::AlreadyClaimed, Field::To);
        found.add(refusal.with([Arg::Slot(target.slot)]));
    }
    found.finish()?;
    Ok(from)
}
