//! Issuing: alone and in batches.

use ledger_types::invoice_state::{BookingState, ClaimState, FaceState, ReimbursementState};
use ledger_types::output::Origin;
use ledger_types::payload::InvoiceRequest;
use ledger_types::receipt::Issued;
use ledger_types::registry::OrderFate;
use ledger_types::{
    Account, Asset, Fen, InvoiceKind, InvoiceRecord, OutputRecord, Owner, RegistryKey, RegistryValue, RejectReason,
    TitleKind, TxOutcome,
};

use super::Case;
use super::orders::{check_free, order_key};
use super::payments::use_up;
use crate::reasons::Reasons;
use crate::rules::{Judgement, judge};
use crate::world::{Draft, Entry, Numbers};

/// What becomes the record of a new invoice.
pub(super) struct NewInvoice {
    pub(super) kind: InvoiceKind,
    pub(super) title: TitleKind,
    pub(super) origin: Origin,
    pub(super) total: Fen,
    pub(super) tax: Fen,
    pub(super) net: Fen,
    pub(super) owner: Owner,
    pub(super) claim: ClaimState,
    pub(super) rule_book: u32,
}

/// Only the holder of one address has it already; whoever meets any other condition claims it first.
pub(super) fn first_claim(owner: Owner) -> ClaimState {
    match owner {
        Owner::Address(_) => ClaimState::Claimed,
        Owner::TokenKey(_) | Owner::Condition(_) => ClaimState::Unclaimed,
    }
}

pub(super) fn issue(case: &Case<'_>, request: &InvoiceRequest, found: &mut Reasons, draft: &mut Draft) {
    let Some(invoice) = case.opened.first() else { return };
    draft.money = i128::from(invoice.facts.total.0);
    let seller = case.seller(found);
    let book = case.book(found);
    let Some(seller) = seller else { return };
    check_free(case, seller.id, request.order_ref, found);
    use_up(case, book, seller, &request.payments, invoice.facts.total, found, draft);
    let Some(book) = book else { return };
    let used = case.world.tally().used(seller.id, case.now);
    let by = Judgement { book, profile: case.world.profile(seller.id), used, now: case.now, counts: true };
    judge(&by, invoice, found);

    let Some(mut numbers) = numbers(case, found) else { return };
    let new = new_invoice(case, invoice, 0, book.version);
    let Some(issued) = put(case, seller, &new, &mut numbers, found, draft) else { return };
    if let Some(key) = order_key(seller.id, request.order_ref) {
        draft.set(key, RegistryValue::Order(OrderFate::Issued(issued.slot)));
    }
    close_numbers(case, &numbers, draft);
    draft.outcome = TxOutcome::Issued(issued);
}

pub(super) fn issue_batch(case: &Case<'_>, found: &mut Reasons, draft: &mut Draft) {
    draft.money = case.opened.iter().map(|invoice| i128::from(invoice.facts.total.0)).sum();
    let seller = case.seller(found);
    let book = case.book(found);
    let (Some(seller), Some(book)) = (seller, book) else { return };
    let Some(mut numbers) = numbers(case, found) else { return };
    let mut by = Judgement {
        book,
        profile: case.world.profile(seller.id),
        used: case.world.tally().used(seller.id, case.now),
        now: case.now,
        counts: true,
    };
    let mut first = None;
    for (invoice, item) in case.opened.iter().zip(0u16..) {
        found.at_item(Some(item));
        let before = found.deciding().count();
        judge(&by, invoice, found);
        // What fails uses nothing up, so that the receipt tells which of the others would pass.
        if found.deciding().count() == before {
            by.used.month += i128::from(invoice.net().0);
            by.used.day_count += 1;
            by.used.minute_count += 1;
        }
        let new = new_invoice(case, invoice, item, book.version);
        let issued = put(case, seller, &new, &mut numbers, found, draft);
        first = first.or(issued);
    }
    found.at_item(None);
    close_numbers(case, &numbers, draft);
    if let (Some(first), Ok(count)) = (first, u16::try_from(case.opened.len())) {
        draft.outcome = TxOutcome::BatchIssued { first, count };
    }
}

fn new_invoice(case: &Case<'_>, invoice: &crate::opened::OpenedInvoice, item: u16, rule_book: u32) -> NewInvoice {
    let owner = invoice.owner.to_owner(case.world.chain());
    NewInvoice {
        kind: invoice.facts.kind,
        title: invoice.buyer.kind,
        origin: case.origin(item),
        total: invoice.facts.total,
        tax: invoice.facts.tax,
        net: invoice.net(),
        owner,
        claim: first_claim(owner),
        rule_book,
    }
}

/// The numbers of the transaction's area.
pub(super) fn numbers(case: &Case<'_>, found: &mut Reasons) -> Option<Numbers> {
    let area = case.tx.envelope.area;
    let state = case.world.numbering(area);
    found.add_if(state.is_none(), RejectReason::AreaUnknown);
    state.map(|state| Numbers::new(area, case.now, *state))
}

/// Writes down where the area's numbers stand.
pub(super) fn close_numbers(case: &Case<'_>, numbers: &Numbers, draft: &mut Draft) {
    let key = RegistryKey::Numbering(case.tx.envelope.area);
    draft.set(key, RegistryValue::Numbering(numbers.state()));
}

/// Gives the invoice its number and slot.
pub(super) fn put(
    case: &Case<'_>,
    seller: &Account,
    new: &NewInvoice,
    numbers: &mut Numbers,
    found: &mut Reasons,
    draft: &mut Draft,
) -> Option<Issued> {
    let Some((code, number)) = numbers.take() else {
        found.add(RejectReason::NumbersExhausted);
        return None;
    };
    let record = InvoiceRecord {
        kind: new.kind,
        title: new.title,
        origin: new.origin,
        seller: seller.id,
        code,
        number,
        tax: new.tax,
        issued_ms: case.now.0,
        rule_book: new.rule_book,
        face: FaceState::Blue,
        claim: new.claim,
        reimbursement: ReimbursementState::Open,
        booking: BookingState::NotBooked,
        red_form: None,
    };
    let slot = draft.make(OutputRecord {
        version: OutputRecord::VERSION,
        sequence: 0,
        amount: new.total,
        owner: new.owner,
        asset: Asset::Invoice(record),
    });
    draft.book(Entry::Issued { seller: seller.id, at: case.now, net: new.net });
    Some(Issued { slot, code, number })
}
