//! Invoices for the tests of this crate.
#![allow(clippy::unwrap_used)]

use ledger_types::output::Origin;
use ledger_types::{
    AccountId, Address, Area, Asset, BookingState, ClaimState, FaceState, Fen, Height, InvoiceCode, InvoiceKind,
    InvoiceNumber, InvoiceRecord, OutputRecord, Owner, ReimbursementState, Slot, TitleKind,
};

use crate::view::Held;

/// Who holds [`invoice`].
pub(crate) const HOLDER: Address = Address([7; 32]);

/// A claimed, unused invoice of 198.00 yuan by account 3, issued on 2026-11-01 in Shenzhen.
pub(crate) fn invoice() -> Held {
    let invoice = InvoiceRecord {
        kind: InvoiceKind::BlockchainOrdinary,
        title: TitleKind::Organisation,
        origin: Origin { height: Height(1), tx: 0, item: 0 },
        seller: AccountId(3),
        code: InvoiceCode::build(Area(4403), 26, 1).unwrap(),
        number: InvoiceNumber::FIRST,
        tax: Fen(1_121),
        issued_ms: 1_793_462_400_000,
        rule_book: 1,
        face: FaceState::Blue,
        claim: ClaimState::Claimed,
        reimbursement: ReimbursementState::Open,
        booking: BookingState::NotBooked,
        red_form: None,
    };
    let output = OutputRecord {
        version: 1,
        sequence: 1,
        amount: Fen(19_800),
        owner: Owner::Address(HOLDER),
        asset: Asset::Invoice(invoice),
    };
    Held { slot: Slot(5), output, invoice }
}
