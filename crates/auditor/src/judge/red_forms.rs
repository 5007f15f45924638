//! Red-letter confirmation forms.

use ledger_types::payload::RedAnswer;
use ledger_types::red_form::{RedForm, RedFormState, RedInitiator, RedReason};
use ledger_types::timer::TimerTask;
use ledger_types::{
    Asset, FormId, InvoiceRecord, OutputRecord, Owner, RegistryKey, RegistryValue, RejectReason, Slot, TxOutcome,
};

use super::spending::invoice;
use super::{Case, due_after};
use crate::reasons::Reasons;
use crate::rules::standing;
use crate::world::Draft;

/// Waiting for the other side.
fn is_waiting(state: RedFormState) -> bool {
    matches!(state, RedFormState::AwaitingBuyer | RedFormState::AwaitingSeller)
}

/// Waiting, or confirmed and not used yet.
pub(super) fn is_open(state: RedFormState) -> bool {
    is_waiting(state) || state == RedFormState::Confirmed
}

pub(super) fn request(case: &Case<'_>, slot: Slot, reason: RedReason, found: &mut Reasons, draft: &mut Draft) {
    found.add_if(case.signers.actor.is_none(), RejectReason::WrongRole);
    let Some(invoice) = invoice(case, slot, found) else { return };
    let book = case.book_of(invoice.record.code.area(), found);
    invoice.is_live(found);
    let pending = invoice.record.red_form.and_then(|id| case.world.form(id));
    found.add_if(pending.is_some_and(|form| is_open(form.state)), RejectReason::RedFormPending);
    let Some(buyer) = invoice.user() else {
        found.add(RejectReason::RedConfirmationNotNeeded);
        found.attend(RejectReason::NotRedParty);
        return;
    };
    let seller = invoice.record.seller;
    let Some(actor) = case.signers.actor else { return };
    found.add_if(actor.id != seller && actor.id != buyer, RejectReason::NotRedParty);
    let (Some(book), Owner::Address(owner)) = (book, invoice.output.owner) else { return };

    // A seller under a block may not reverse its way out; its counterparty may still ask.
    if actor.id == seller {
        standing(case.world.profile(seller), found);
    }
    let initiator = if actor.id == seller { RedInitiator::Seller } else { RedInitiator::Buyer };
    let state = match initiator {
        RedInitiator::Seller => RedFormState::AwaitingBuyer,
        RedInitiator::Buyer => RedFormState::AwaitingSeller,
    };
    let (asked_ms, id) = (case.now.0, draft.next_form());
    let expires_ms = asked_ms.saturating_add(book.red_confirm_ms);
    let form = RedForm { id, invoice: slot, seller, buyer, owner, initiator, reason, state, asked_ms, expires_ms };
    draft.set(RegistryKey::RedForm(id), RegistryValue::RedForm(form));
    draft.schedule(due_after(expires_ms), TimerTask::LapseRedForm(id));
    let record = InvoiceRecord { red_form: Some(id), ..*invoice.record };
    draft.step(slot, OutputRecord { asset: Asset::Invoice(record), ..*invoice.output });
    draft.outcome = TxOutcome::FormOpened(id);
}

pub(super) fn answer(case: &Case<'_>, id: FormId, answer: RedAnswer, found: &mut Reasons, draft: &mut Draft) {
    found.add_if(case.signers.actor.is_none(), RejectReason::WrongRole);
    let Some(form) = case.world.form(id) else { return found.add(RejectReason::RedFormUnknown) };
    found.add_if(!is_waiting(form.state) || case.now.0 > form.expires_ms, RejectReason::RedFormState);
    let (asker, other) = match form.initiator {
        RedInitiator::Seller => (form.seller, form.buyer),
        RedInitiator::Buyer => (form.buyer, form.seller),
    };
    let wanted = if answer == RedAnswer::Withdraw { asker } else { other };
    let wrong = case.signers.actor.is_none_or(|account| account.id != wanted);
    found.add_if(wrong, RejectReason::NotRedParty);
    let state = match (answer, form.initiator) {
        (RedAnswer::Confirm, _) => RedFormState::Confirmed,
        (RedAnswer::Withdraw, _) => RedFormState::Withdrawn,
        (RedAnswer::Refuse, RedInitiator::Seller) => RedFormState::RefusedByBuyer,
        (RedAnswer::Refuse, RedInitiator::Buyer) => RedFormState::RefusedBySeller,
    };
    end(form, state, draft);
}

/// Moves a form on.
pub(crate) fn end(form: &RedForm, state: RedFormState, draft: &mut Draft) {
    draft.set(RegistryKey::RedForm(form.id), RegistryValue::RedForm(RedForm { state, ..*form }));
}
