//! Each breach by a write that nobody asks for, beside the write that holds.

#![allow(clippy::unwrap_used)]

use ledger_types::output::Origin;
use ledger_types::registry::Counters;
use ledger_types::{
    AccountId, Address, ApplicationId, Change, FormId, Height, InvoiceCode, InvoiceKind, InvoiceNumber, TitleKind,
};

use super::*;
use crate::memory_state::MemoryState;

fn invoice() -> InvoiceRecord {
    InvoiceRecord {
        kind: InvoiceKind::BlockchainOrdinary,
        title: TitleKind::Individual,
        origin: Origin { height: Height(1), tx: 0, item: 0 },
        seller: AccountId(4),
        code: "144032609110".parse::<InvoiceCode>().unwrap(),
        number: InvoiceNumber::FIRST,
        tax: Fen(600),
        issued_ms: 1,
        rule_book: 1,
        face: FaceState::Blue,
        claim: ClaimState::Claimed,
        reimbursement: ReimbursementState::Open,
        booking: BookingState::NotBooked,
        red_form: None,
    }
}

fn output(sequence: u32, amount: i64, invoice: InvoiceRecord) -> OutputRecord {
    OutputRecord {
        version: 1,
        sequence,
        amount: Fen(amount),
        owner: Owner::Address(Address([1; 32])),
        asset: Asset::Invoice(invoice),
    }
}

fn paid(sequence: u32, left: i64, invoices: u8) -> OutputRecord {
    let payment =
        PaymentState { provider: AccountId(9), payee: AccountId(4), payment_ref: [1; 32], paid: Fen(10_600), invoices };
    OutputRecord { asset: Asset::Payment(payment), ..output(sequence, left, invoice()) }
}

fn step(verb: InvoiceVerb, before: Option<OutputRecord>, after: OutputRecord) -> Step {
    Step { slot: Slot(0), verb: Some(verb), before, after }
}

fn payment_step(before: Option<OutputRecord>, after: OutputRecord) -> Step {
    Step { slot: Slot(1), verb: None, before, after }
}

fn verdict(steps: Vec<Step>) -> Result<(), Breach> {
    check_writes(&Writes { steps, ..Writes::default() })
}

const LOCKED: ReimbursementState = ReimbursementState::Locked { by: AccountId(6), until_ms: 9, reason: 1 };
const CLOSED: ReimbursementState = ReimbursementState::Closed { by: AccountId(6), at_ms: 9 };

fn locked() -> InvoiceRecord {
    InvoiceRecord { reimbursement: LOCKED, ..invoice() }
}

#[test]
fn the_sequence_rises_by_one() {
    let lock =
        |from, to| verdict(vec![step(InvoiceVerb::Lock, Some(output(from, 5, invoice())), output(to, 5, locked()))]);
    assert_eq!(lock(3, 4), Ok(()));
    for (from, to) in [(3, 3), (3, 5), (3, 0), (u32::MAX, 0)] {
        assert_eq!(lock(from, to), Err(Breach::Sequence(Slot(0))));
    }
    let made = verdict(vec![step(InvoiceVerb::Issue, None, output(1, 5, invoice()))]);
    assert_eq!(made, Err(Breach::Sequence(Slot(0))));
}

#[test]
fn only_edges_of_the_table_are_taken() {
    let reimburse = |from: ReimbursementState| {
        let before = InvoiceRecord { reimbursement: from, ..invoice() };
        let after = InvoiceRecord { reimbursement: CLOSED, ..invoice() };
        verdict(vec![step(InvoiceVerb::Reimburse, Some(output(0, 5, before)), output(1, 5, after))])
    };
    assert_eq!(reimburse(LOCKED), Ok(()));
    let edge = Breach::Edge {
        slot: Slot(0),
        machine: "reimbursement",
        from: "open",
        verb: InvoiceVerb::Reimburse,
        to: "closed",
    };
    assert_eq!(reimburse(ReimbursementState::Open), Err(edge));
    let reopened = step(
        InvoiceVerb::Unlock,
        Some(output(0, 5, InvoiceRecord { reimbursement: CLOSED, ..invoice() })),
        output(1, 5, invoice()),
    );
    assert!(matches!(verdict(vec![reopened]), Err(Breach::Edge { from: "closed", to: "open", .. })));
}

#[test]
fn what_is_fixed_stays() {
    let before = output(0, 5, invoice());
    let with = |after: OutputRecord| verdict(vec![step(InvoiceVerb::Lock, Some(before), after)]);
    assert_eq!(with(output(1, 5, locked())), Ok(()));
    let other = |change: fn(&mut InvoiceRecord)| {
        let mut invoice = locked();
        change(&mut invoice);
        with(output(1, 5, invoice))
    };
    for broken in [
        with(output(1, 6, locked())),
        with(paid(1, 5, 1)),
        other(|i| i.seller = AccountId(5)),
        other(|i| i.number = InvoiceNumber::LAST),
        other(|i| i.tax = Fen(0)),
        other(|i| i.issued_ms = 2),
        other(|i| i.origin.item = 1),
    ] {
        assert_eq!(broken, Err(Breach::FixedField(Slot(0))));
    }
}

#[test]
fn a_reversed_invoice_is_not_locked_and_a_locked_one_is_held() {
    let by = Slot(1);
    let red = |tax| InvoiceRecord { face: FaceState::Red { of: Slot(0) }, tax: Fen(tax), ..invoice() };
    let pair = |before: InvoiceRecord, red_amount: i64, tax: i64| {
        let reversed = InvoiceRecord { face: FaceState::Reversed { by }, ..before };
        let made = Step { slot: by, ..step(InvoiceVerb::Red, None, output(0, red_amount, red(tax))) };
        verdict(vec![made, step(InvoiceVerb::Red, Some(output(0, 10_600, before)), output(1, 10_600, reversed))])
    };
    assert_eq!(pair(invoice(), -10_600, -600), Ok(()));
    assert_eq!(pair(locked(), -10_600, -600), Err(Breach::Combination(Slot(0))));
    assert_eq!(pair(invoice(), -10_599, -600), Err(Breach::RedSum(by)), "amounts cancel");
    assert_eq!(pair(invoice(), -10_600, -599), Err(Breach::RedSum(by)), "taxes cancel");
    let alone = Step { slot: by, ..step(InvoiceVerb::Red, None, output(0, -10_600, red(-600))) };
    assert_eq!(verdict(vec![alone]), Err(Breach::RedSum(by)));
    let offered = ClaimState::Offered { from: Address([1; 32]), to: Address([2; 32]), until_ms: 9 };
    let before = InvoiceRecord { claim: offered, ..invoice() };
    let after = InvoiceRecord { claim: offered, ..locked() };
    let lock = step(InvoiceVerb::Lock, Some(output(0, 5, before)), output(1, 5, after));
    assert_eq!(verdict(vec![lock]), Err(Breach::Combination(Slot(0))));
    let ownerless = OutputRecord { owner: Owner::Condition([3; 32]), ..output(0, 5, invoice()) };
    assert_eq!(verdict(vec![step(InvoiceVerb::Issue, None, ownerless)]), Err(Breach::Combination(Slot(0))));
}

#[test]
fn payments_add_up_and_go_into_invoices_exactly() {
    let issue = |total| step(InvoiceVerb::Issue, None, output(0, total, invoice()));
    let used = |left, invoices| payment_step(Some(paid(0, 10_600, 0)), paid(1, left, invoices));
    assert_eq!(verdict(vec![used(600, 1), issue(10_000)]), Ok(()));
    let lost = Breach::Conservation { used: 10_000, issued: 9_999 };
    assert_eq!(verdict(vec![used(600, 1), issue(9_999)]), Err(lost));
    for broken in [used(600, 0), used(10_600, 1), used(-1, 1), used(10_601, 1)] {
        assert_eq!(verdict(vec![broken, issue(10_000)]), Err(Breach::PaymentSum(Slot(1))));
    }
    assert_eq!(verdict(vec![payment_step(None, paid(0, 10_600, 0))]), Ok(()));
    assert_eq!(verdict(vec![payment_step(None, paid(0, 10_599, 0))]), Err(Breach::PaymentSum(Slot(1))));
}

#[test]
fn no_quota_is_negative() {
    let verdict = |usage: Usage| {
        let value = Some(std::rc::Rc::new(RegistryValue::Usage(usage)));
        let registry = [(RegistryKey::Usage(AccountId(4)), value)].into();
        check_writes(&Writes { registry, ..Writes::default() })
    };
    assert_eq!(verdict(Usage::default()), Ok(()));
    assert_eq!(verdict(Usage { reserved: Fen(-1), ..Usage::default() }), Err(Breach::Quota));
    assert_eq!(verdict(Usage { consumed: Fen(-1), ..Usage::default() }), Err(Breach::Quota));
}

#[test]
fn a_block_fills_the_slots_up_to_its_counter() {
    let counters = |slot| Change::Registry {
        cause: 0,
        key: RegistryKey::Counters,
        value: Some(Box::new(RegistryValue::Counters(Counters {
            account: AccountId(1),
            slot: Slot(slot),
            application: ApplicationId(1),
            form: FormId(1),
            timer: 0,
        }))),
    };
    let made = |slot, sequence| Change::Output { cause: 0, slot: Slot(slot), record: output(sequence, 5, invoice()) };
    let mut state = MemoryState::new();
    state.apply(&ChangeSet { changes: vec![made(0, 3), counters(1)] });
    let check = |changes: Vec<Change>| check_block(&state, &ChangeSet { changes }).is_ok();
    assert!(check(vec![made(0, 4), made(1, 0), counters(2)]));
    assert!(check(vec![]));
    assert!(!check(vec![made(0, 3)]), "an old output steps on");
    assert!(!check(vec![made(1, 0)]), "the counter stays behind");
    assert!(!check(vec![counters(2)]), "the counter runs ahead");
    assert!(!check(vec![made(2, 0), counters(3)]), "a gap");
}
