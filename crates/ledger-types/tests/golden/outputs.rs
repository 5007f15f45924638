//! Records in slots, in every state.

use ledger_types::{
    AccountId, Asset, BookingState, Canonical, ClaimState, FaceState, Fen, FormId, InvoiceRecord, OutputRecord, Owner,
    PaymentState, ReimbursementState, Slot,
};
use serde_json::{Value, json};

use crate::{
    golden,
    samples::{NOW_MS, address, issued_invoice},
    vector,
};

fn changed(change: impl FnOnce(&mut InvoiceRecord)) -> OutputRecord {
    let record = issued_invoice();
    let mut invoice = *record.invoice().unwrap();
    change(&mut invoice);
    OutputRecord { sequence: 1, asset: Asset::Invoice(invoice), ..record }
}

fn records() -> Vec<(&'static str, OutputRecord)> {
    let (by, at_ms, until_ms) = (AccountId(9), NOW_MS, NOW_MS + 1);
    let payment = PaymentState {
        provider: AccountId(3),
        payee: AccountId(7),
        payment_ref: [4; 32],
        paid: Fen(19_800),
        invoices: 1,
    };
    vec![
        ("issued", issued_invoice()),
        ("owned by an address", OutputRecord { owner: Owner::Address(address(1)), ..issued_invoice() }),
        ("owned under a condition", OutputRecord { owner: Owner::Condition([2; 32]), ..issued_invoice() }),
        ("claimed", changed(|i| i.claim = ClaimState::Claimed)),
        ("offered", changed(|i| i.claim = ClaimState::Offered { from: address(1), to: address(2), until_ms })),
        ("locked", changed(|i| i.reimbursement = ReimbursementState::Locked { by, until_ms, reason: 1 })),
        ("booked, deductible", changed(|i| i.booking = BookingState::BookedDeductible { by, at_ms })),
        ("booked, not deductible", changed(|i| i.booking = BookingState::BookedNotDeductible { by, at_ms })),
        ("unbooked", changed(|i| i.booking = BookingState::Unbooked { by, at_ms })),
        ("reimbursed", changed(|i| i.reimbursement = ReimbursementState::Closed { by, at_ms })),
        ("reversed", changed(|i| (i.face, i.red_form) = (FaceState::Reversed { by: Slot(77) }, Some(FormId(2))))),
        ("red", OutputRecord { amount: Fen(-19_800), ..changed(|i| i.face = FaceState::Red { of: Slot(5) }) }),
        ("payment", OutputRecord { asset: Asset::Payment(payment), amount: Fen(0), ..issued_invoice() }),
    ]
}

#[test]
fn records_in_every_state() {
    let vectors: Vec<Value> = records()
        .iter()
        .map(
            |(about, record)| json!({ "about": about, "bytes": record.to_canonical().len(), "record": vector(record) }),
        )
        .collect();
    golden("output.json", &json!(vectors));
}

/// The leaf of an issued invoice is two SM3 blocks, whoever owns it and however large its numbers are.
#[test]
fn an_issued_invoice_hashes_in_two_blocks() {
    for (about, record) in
        records().into_iter().filter(|(about, _)| about.starts_with("issued") || about.contains("own"))
    {
        let bytes = record.to_canonical().len();
        assert!(bytes <= OutputRecord::LEAF_TARGET, "{about}: {bytes} bytes");
    }
    // One byte of prefix, nine of SM3's own padding.
    assert_eq!(OutputRecord::LEAF_TARGET + 1 + 9, 128);
}
