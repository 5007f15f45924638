//! Claims and transfers.

use ledger_types::invoice_state::ClaimState;
use ledger_types::payload::Spend;
use ledger_types::timer::TimerTask;
use ledger_types::{Address, Asset, InvoiceRecord, OutputRecord, Owner, OwnerCondition, RejectReason, TxOutcome};

use super::spending::{Invoice, owner_signs, spent};
use super::{Case, due_after};
use crate::reasons::Reasons;
use crate::world::Draft;

/// Steps an invoice to another owner and claim state.
fn hand_over(invoice: &Invoice<'_>, owner: Owner, claim: ClaimState, draft: &mut Draft) -> u32 {
    let record = InvoiceRecord { claim, ..*invoice.record };
    let output = OutputRecord { owner, asset: Asset::Invoice(record), ..*invoice.output };
    let step = draft.step(invoice.slot, output);
    draft.outcome = TxOutcome::Stepped(vec![step]);
    step.1
}

pub(super) fn claim(case: &Case<'_>, spend: &Spend, to: Address, found: &mut Reasons, draft: &mut Draft) {
    let Some(invoice) = spent(case, spend, found) else { return };
    if invoice.record.claim != ClaimState::Unclaimed {
        found.add(RejectReason::AlreadyClaimed);
    }
    invoice.is_live(found);
    owner_signs(case, invoice.output, spend, found);
    hand_over(&invoice, Owner::Address(to), ClaimState::Claimed, draft);
}

pub(super) fn offer(
    case: &Case<'_>,
    spend: &Spend,
    to: Address,
    until_ms: u64,
    found: &mut Reasons,
    draft: &mut Draft,
) {
    let Some(invoice) = spent(case, spend, found) else { return };
    let book = case.book_of(invoice.record.code.area(), found);
    let in_time = book.is_none_or(|book| case.is_ahead(until_ms, book.max_offer_ms));
    found.add_if(!in_time, RejectReason::TimeOutOfRange);
    invoice.is_live(found);
    invoice.is_held(found);
    invoice.is_open(found);
    found.add_if(invoice.record.booking.booked_by().is_some(), RejectReason::AlreadyBooked);
    owner_signs(case, invoice.output, spend, found);
    let from = match invoice.output.owner {
        Owner::Address(address) | Owner::TokenKey(address) => address,
        Owner::Condition(_) => match case.signers.addresses.first() {
            Some(address) => *address,
            None => return,
        },
    };
    let owner = either(from, to).to_owner(case.world.chain());
    found.add_if(from == to, RejectReason::AlreadyClaimed);
    let sequence = hand_over(&invoice, owner, ClaimState::Offered { from, to, until_ms }, draft);
    draft.schedule(due_after(until_ms), TimerTask::LapseOffer { slot: invoice.slot, sequence });
}

/// Any one of the two: the lower address first, so that there is one form.
fn either(from: Address, to: Address) -> OwnerCondition {
    OwnerCondition::AnyOf(vec![from.min(to), from.max(to)])
}

/// An offer as it stands: who gives and who may take.
fn offered<'a>(case: &'a Case<'_>, spend: &Spend, found: &mut Reasons) -> Option<(Invoice<'a>, Address, Address)> {
    let invoice = spent(case, spend, found)?;
    let ClaimState::Offered { from, to, until_ms } = invoice.record.claim else {
        invoice.is_live(found);
        found.add(RejectReason::NotOffered);
        found.attend(RejectReason::NotOwner);
        found.attend(RejectReason::ConditionMismatch);
        return None;
    };
    found.add_if(case.now.0 > until_ms, RejectReason::OfferLapsed);
    owner_signs(case, invoice.output, spend, found);
    Some((invoice, from, to))
}

pub(super) fn accept(case: &Case<'_>, spend: &Spend, found: &mut Reasons, draft: &mut Draft) {
    let Some((invoice, _, to)) = offered(case, spend, found) else { return };
    invoice.is_live(found);
    found.add_if(!case.signers.addresses.contains(&to), RejectReason::NotOwner);
    hand_over(&invoice, Owner::Address(to), ClaimState::Claimed, draft);
}

pub(super) fn refuse(case: &Case<'_>, spend: &Spend, found: &mut Reasons, draft: &mut Draft) {
    let Some((invoice, from, to)) = offered(case, spend, found) else { return };
    invoice.is_live(found);
    found.add_if(!case.signers.addresses.contains(&to), RejectReason::NotOwner);
    hand_over(&invoice, Owner::Address(from), ClaimState::Claimed, draft);
}

pub(super) fn withdraw(case: &Case<'_>, spend: &Spend, found: &mut Reasons, draft: &mut Draft) {
    let Some((invoice, from, _)) = offered(case, spend, found) else { return };
    invoice.is_live(found);
    found.add_if(!case.signers.addresses.contains(&from), RejectReason::NotOwner);
    hand_over(&invoice, Owner::Address(from), ClaimState::Claimed, draft);
}
