//! Issuing the red invoice, in full.

use ledger_types::invoice_state::{BookingState, ClaimState, FaceState, ReimbursementState};
use ledger_types::owner::account_address;
use ledger_types::receipt::Issued;
use ledger_types::red_form::{RedForm, RedFormState, RedReason};
use ledger_types::{Asset, BlockTime, Fen, FormId, InvoiceRecord, OutputRecord, Owner, RejectReason, Slot, TxOutcome};

use super::Case;
use super::issuing::{close_numbers, numbers};
use super::red_forms::{end, is_open};
use super::spending::{Invoice, invoice};
use crate::reasons::Reasons;
use crate::rules::standing;
use crate::world::{Draft, Entry};

pub(super) fn issue(
    case: &Case<'_>,
    slot: Slot,
    sequence: u32,
    reason: RedReason,
    form: Option<FormId>,
    found: &mut Reasons,
    draft: &mut Draft,
) {
    let Some(blue) = invoice(case, slot, found) else { return };
    let area = blue.record.code.area();
    found.add_if(case.tx.envelope.area != area, RejectReason::WrongArea);
    let book = case.book_of(area, found);
    found.add_if(blue.output.sequence != sequence, RejectReason::OutputSpent);
    let seller = case.signers.actor.map(|account| account.id);
    if seller != Some(blue.record.seller) {
        found.add(RejectReason::NotSeller);
        found.attend(RejectReason::WrongRole);
    }
    blue.is_live(found);
    standing(case.world.profile(blue.record.seller), found);
    let form = permission(case, &blue, reason, form, found);

    let Some(mut numbers) = numbers(case, found) else { return };
    let Some(book) = book else { return };
    let Some((code, number)) = numbers.take() else { return found.add(RejectReason::NumbersExhausted) };
    close_numbers(case, &numbers, draft);
    let red = draft.make(red_output(case, &blue, book.version, form, code, number));
    let reversed = InvoiceRecord {
        face: FaceState::Reversed { by: red },
        red_form: form.map(|form| form.id).or(blue.record.red_form),
        ..*blue.record
    };
    draft.step(slot, OutputRecord { asset: Asset::Invoice(reversed), ..*blue.output });
    // A form that is still open has nothing left to ask, even if the invoice could be reversed without it.
    let open = blue.record.red_form.and_then(|id| case.world.form(id)).filter(|form| is_open(form.state));
    if let Some(form) = form.or(open) {
        end(form, RedFormState::Used, draft);
    }
    give_back(case, &blue, reason, draft);
    draft.money = i128::from(blue.output.amount.0);
    draft.outcome = TxOutcome::RedIssued { red: Issued { slot: red, code, number }, blue: slot };
}

/// Directly while unused and not locked; with the other side's confirmation once booked or reimbursed.
fn permission<'a>(
    case: &'a Case<'_>,
    blue: &Invoice<'_>,
    reason: RedReason,
    form: Option<FormId>,
    found: &mut Reasons,
) -> Option<&'a RedForm> {
    let locked = matches!(blue.record.reimbursement, ReimbursementState::Locked { .. });
    found.add_if(locked, RejectReason::Locked);
    let Some(id) = form else {
        found.add_if(blue.user().is_some(), RejectReason::RedNeedsConfirmation);
        return None;
    };
    let form = case.world.form(id);
    match form {
        None => found.add(RejectReason::RedFormUnknown),
        Some(form) => {
            found.add_if(form.invoice != blue.slot || form.reason != reason, RejectReason::RedFormMismatch);
            found.add_if(form.state != RedFormState::Confirmed, RejectReason::RedFormState);
        }
    }
    form
}

fn red_output(
    case: &Case<'_>,
    blue: &Invoice<'_>,
    rule_book: u32,
    form: Option<&RedForm>,
    code: ledger_types::InvoiceCode,
    number: ledger_types::InvoiceNumber,
) -> OutputRecord {
    let record = InvoiceRecord {
        kind: blue.record.kind,
        title: blue.record.title,
        origin: case.origin(0),
        seller: blue.record.seller,
        code,
        number,
        tax: Fen(-blue.record.tax.0),
        issued_ms: case.now.0,
        rule_book,
        face: FaceState::Red { of: blue.slot },
        claim: ClaimState::Claimed,
        reimbursement: ReimbursementState::Open,
        booking: BookingState::NotBooked,
        red_form: form.map(|form| form.id),
    };
    OutputRecord {
        version: OutputRecord::VERSION,
        sequence: 0,
        amount: Fen(-blue.output.amount.0),
        owner: Owner::Address(account_address(case.world.chain(), blue.record.seller)),
        asset: Asset::Invoice(record),
    }
}

/// A red letter of the same month gives its quota back, unless it is an allowance on a sale that stands.
fn give_back(case: &Case<'_>, blue: &Invoice<'_>, reason: RedReason, draft: &mut Draft) {
    let month = BlockTime(blue.record.issued_ms).month();
    if reason != RedReason::SalesAllowance {
        let same = month == case.now.month();
        let net = if same { Fen(blue.output.amount.0.saturating_sub(blue.record.tax.0)) } else { Fen::ZERO };
        draft.book(Entry::GivenBack { seller: blue.record.seller, month, net });
    }
}
