//! Issues the red invoice in full (红冲). By the seller: directly while nobody used the blue one, afterwards only with
//! the counterparty's confirmed form. A locked invoice waits for its locker.
//!
//! The red one has a number and a slot of its own and cancels the blue one to the fen. Quota of the same month goes
//! back, except for a sales allowance. Payments that the blue invoice used up are not restored: a refund lowers them
//! from stage 4 on.

use ledger_types::owner::account_address;
use ledger_types::receipt::Issued;
use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{
    AccountId, Asset, BlockTime, BookingState, ClaimState, FaceState, Fen, FormId, InvoiceRecord, InvoiceVerb,
    OutputRecord, Owner, RedForm, RedFormState, RedReason, RegistryKey, ReimbursementState, RejectReason, Slot,
    TxOutcome,
};
use tax_rules::check_red;
use tax_rules::usage::red_gives_back;

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::guards::used_by;
use crate::overlay::TxOverlay;
use crate::quota::{self, Quota};
use crate::target::Target;
use crate::{numbering, rule_books};

/// What is asked.
pub(super) struct Asked {
    pub(super) slot: Slot,
    pub(super) sequence: u32,
    pub(super) reason: RedReason,
    pub(super) form: Option<FormId>,
}

pub(super) fn run(state: &mut TxOverlay<'_, '_>, call: &Call<'_>, asked: &Asked) -> Result<TxOutcome, Stop> {
    let blue = Target::of_slot(state, asked.slot, Some(asked.sequence))?;
    let Checked { mut quota, rule_book } = check(state, call, asked, &blue)?;
    if red_gives_back(asked.reason) {
        let net = quota::counted(blue.record.amount, blue.invoice.tax);
        quota.give_back(net, BlockTime(blue.invoice.issued_ms).month())?;
        quota.store(state);
    }
    let red = make(state, call, &blue, asked.form, rule_book)?;
    let form = asked.form.or(blue.invoice.red_form);
    let reversed = InvoiceRecord { face: FaceState::Reversed { by: red.slot }, red_form: form, ..blue.invoice };
    blue.write(state, blue.stepped(reversed), InvoiceVerb::Red);
    if let Some(id) = form {
        close_form(state, id)?;
    }
    state.count_money(blue.record.amount);
    Ok(TxOutcome::RedIssued { red, blue: asked.slot })
}

struct Checked {
    quota: Quota,
    rule_book: u32,
}

fn check(state: &TxOverlay<'_, '_>, call: &Call<'_>, asked: &Asked, blue: &Target) -> Result<Checked, Stop> {
    let mut found = Findings::default();
    let seller = blue.invoice.seller;
    found.require(call.actor_id()? == seller, RejectReason::NotSeller, Field::Signers);
    let area = blue.invoice.code.area();
    found.require(call.envelope.area == area, RejectReason::WrongArea, Field::Area);
    found.take(numbering::check_left(state, area, call.now, 1))?;
    let quota = Quota::load(state, seller, call.now)?;
    found.extend(check_red(quota.profile.as_deref()));
    let book = found.take(rule_books::in_force(state, area))?;
    blue.must_be_current(&mut found);
    blue.must_be_blue(&mut found);
    blue.must_not_be_locked(&mut found);
    check_form(state, asked, blue, &mut found)?;
    found.finish()?;
    Ok(Checked { quota, rule_book: book.map_or(0, |book| book.version) })
}

/// A used invoice needs a confirmed form of its own, with the reason that was confirmed; an unused one needs none, but
/// a confirmed one does no harm: the buyer may have taken the booking back meanwhile.
fn check_form(state: &TxOverlay<'_, '_>, asked: &Asked, blue: &Target, found: &mut Findings) -> Result<(), Stop> {
    let Some(id) = asked.form else {
        if let Some(by) = used_by(&blue.invoice) {
            let refusal = blue.refusal(RejectReason::RedNeedsConfirmation);
            found.add(refusal.with([Arg::Account(by)]));
        }
        return Ok(());
    };
    let refusal = |reason| Refusal::new(reason, Field::Form).with([Arg::Count(id.0)]);
    let Some(form) = state.get::<RedForm>(&RegistryKey::RedForm(id))? else {
        found.add(refusal(RejectReason::RedFormUnknown));
        return Ok(());
    };
    if form.state != RedFormState::Confirmed {
        found.add(refusal(RejectReason::RedFormState).with([Arg::Choice(form.state as u8)]));
    }
    if form.invoice != asked.slot || form.reason != asked.reason {
        found.add(refusal(RejectReason::RedFormMismatch));
    }
    Ok(())
}

fn make(
    state: &mut TxOverlay<'_, '_>,
    call: &Call<'_>,
    blue: &Target,
    form: Option<FormId>,
    rule_book: u32,
) -> Result<Issued, Stop> {
    let seller: AccountId = blue.invoice.seller;
    let (code, number) = numbering::take(state, blue.invoice.code.area(), call.now)?;
    let invoice = InvoiceRecord {
        origin: call.origin,
        code,
        number,
        tax: negative(blue.invoice.tax),
        issued_ms: call.now.0,
        rule_book,
        face: FaceState::Red { of: blue.slot },
        claim: ClaimState::Claimed,
        reimbursement: ReimbursementState::Open,
        booking: BookingState::NotBooked,
        red_form: form,
        ..blue.invoice
    };
    let record = OutputRecord {
        version: OutputRecord::VERSION,
        sequence: 0,
        amount: negative(blue.record.amount),
        owner: Owner::Address(account_address(call.chain, seller)),
        asset: Asset::Invoice(invoice),
    };
    let slot = state.make(record, Some(InvoiceVerb::Red))?;
    Ok(Issued { slot, code, number })
}

/// Amounts in state are within ±10^13 yuan, so the other sign is always there.
fn negative(amount: Fen) -> Fen {
    Fen(amount.0.saturating_neg())
}

/// A form that led here is used; one that was still waiting has nothing left to confirm.
fn close_form(state: &mut TxOverlay<'_, '_>, id: FormId) -> Result<(), Stop> {
    let key = RegistryKey::RedForm(id);
    if let Some(form) = state.get::<RedForm>(&key)?.map(|form| *form) {
        let open =
            matches!(form.state, RedFormState::AwaitingBuyer | RedFormState::AwaitingSeller | RedFormState::Confirmed);
        if open {
            state.put(key, RedForm { state: RedFormState::Used, ..form });
        }
    }
    Ok(())
}
