//! Asks for a red letter on a used invoice: opens the confirmation form (红字发票信息确认单). By the seller, or by whoever
//! booked or reimbursed it. The other side has 72 hours of block time.

use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{
    AccountId, Address, ClaimState, FormId, InvoiceRecord, InvoiceVerb, Owner, RedForm, RedFormState, RedInitiator,
    RedReason, RegistryKey, RejectReason, Slot, TaxpayerProfile, TimerTask, TxOutcome,
};
use tax_rules::check_red;

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::guards::used_by;
use crate::overlay::TxOverlay;
use crate::rule_books;
use crate::target::Target;

pub(super) fn run(
    state: &mut TxOverlay<'_, '_>,
    call: &Call<'_>,
    slot: Slot,
    reason: RedReason,
) -> Result<TxOutcome, Stop> {
    let target = Target::of_slot(state, slot, None)?;
    let Asking { initiator, buyer, span_ms } = check(state, call, &target)?;
    let id = state.next_id(|counters| {
        let id = counters.form;
        counters.form = FormId(id.0 + 1);
        id
    })?;
    let expires_ms = call.now.plus_ms(span_ms).0;
    let form = RedForm {
        id,
        invoice: slot,
        seller: target.invoice.seller,
        buyer,
        owner: holder(&target),
        initiator,
        reason,
        state: match initiator {
            RedInitiator::Seller => RedFormState::AwaitingBuyer,
            RedInitiator::Buyer => RedFormState::AwaitingSeller,
        },
        asked_ms: call.now.0,
        expires_ms,
    };
    state.put(RegistryKey::RedForm(id), form);
    state.add_timer_after(expires_ms, TimerTask::LapseRedForm(id))?;
    let after = target.stepped(InvoiceRecord { red_form: Some(id), ..target.invoice });
    target.write(state, after, InvoiceVerb::Red);
    Ok(TxOutcome::FormOpened(id))
}

struct Asking {
    initiator: RedInitiator,
    buyer: AccountId,
    span_ms: u64,
}

fn check(state: &TxOverlay<'_, '_>, call: &Call<'_>, target: &Target) -> Result<Asking, Stop> {
    let actor = call.actor_id()?;
    let mut found = Findings::default();
    target.must_be_blue(&mut found);
    let seller = target.invoice.seller;
    let Some(buyer) = used_by(&target.invoice) else {
        found.require(actor == seller, RejectReason::NotRedParty, Field::Signers);
        found.add(target.refusal(RejectReason::RedConfirmationNotNeeded));
        return Err(found.refuse());
    };
    found.require(actor == seller || actor == buyer, RejectReason::NotRedParty, Field::Signers);
    let initiator = if actor == seller { RedInitiator::Seller } else { RedInitiator::Buyer };
    if actor == seller {
        let profile = state.get::<TaxpayerProfile>(&RegistryKey::Taxpayer(seller))?;
        found.extend(check_red(profile.as_deref()));
    }
    if let Some(form) = open_form(state, call, target)? {
        let pending = Refusal::new(RejectReason::RedFormPending, Field::Form);
        found.add(pending.with([Arg::Count(form.id.0)]));
    }
    let book = found.take(rule_books::in_force(state, target.invoice.code.area()))?;
    found.finish()?;
    let span_ms = book.map_or(0, |book| book.red_confirm_ms);
    Ok(Asking { initiator, buyer, span_ms })
}

/// The invoice's form, if it still waits or was confirmed: one at a time.
fn open_form(state: &TxOverlay<'_, '_>, call: &Call<'_>, target: &Target) -> Result<Option<RedForm>, Stop> {
    let Some(id) = target.invoice.red_form else { return Ok(None) };
    let form = state.get::<RedForm>(&RegistryKey::RedForm(id))?.map(|form| *form);
    Ok(form.filter(|form| match form.state {
        RedFormState::AwaitingBuyer | RedFormState::AwaitingSeller => call.now.0 <= form.expires_ms,
        state => state == RedFormState::Confirmed,
    }))
}

/// Who holds the invoice; the giver while it is on offer.
fn holder(target: &Target) -> Address {
    match (target.record.owner, target.invoice.claim) {
        (Owner::Address(address) | Owner::TokenKey(address), _) => address,
        (Owner::Condition(_), ClaimState::Offered { from, .. }) => from,
        (Owner::Condition(digest), _) => Address(digest),
    }
}
