//! Grants by hand.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::ids::{AccountId, Height};
use crate::invoice_state::{BookingState, FaceState, ReimbursementState};
use crate::output::{Asset, Origin};
use crate::{Fen, TitleKind};

const SELLER: Address = Address([1; 32]);
const HOLDER: Address = Address([2; 32]);
const FRIEND: Address = Address([3; 32]);

fn output(owner: Owner, claim: ClaimState) -> (OutputRecord, InvoiceRecord) {
    let invoice = InvoiceRecord {
        kind: InvoiceKind::BlockchainOrdinary,
        title: TitleKind::Individual,
        origin: Origin { height: Height(5), tx: 0, item: 0 },
        seller: AccountId(7),
        code: "144032009110".parse().unwrap(),
        number: "00000001".parse().unwrap(),
        tax: Fen(6),
        issued_ms: 500,
        rule_book: 1,
        face: FaceState::Blue,
        claim,
        reimbursement: ReimbursementState::Open,
        booking: BookingState::NotBooked,
        red_form: None,
    };
    (OutputRecord { version: 1, sequence: 0, amount: Fen(106), owner, asset: Asset::Invoice(invoice) }, invoice)
}

fn grant(from: Address, scope: GrantScope) -> Grant {
    Grant { from, to: FRIEND, scope, sections: SectionSet::ALL, until_ms: 1_000 }
}

fn covers(grant: &Grant, slot: u64, (output, invoice): &(OutputRecord, InvoiceRecord), now_ms: u64) -> bool {
    grant.covers(Slot(slot), invoice, Giver::of(grant.from, SELLER, output, invoice), now_ms)
}

#[test]
fn a_grant_covers_what_it_names_until_it_ends_and_while_it_is_the_givers() {
    let held = output(Owner::Address(HOLDER), ClaimState::Claimed);
    let by_slot = |from| grant(from, GrantScope::Slots(vec![Slot(3), Slot(9)]));
    assert!(covers(&by_slot(HOLDER), 9, &held, 1_000), "the last millisecond");
    assert!(covers(&by_slot(SELLER), 3, &held, 0));
    assert!(!covers(&by_slot(HOLDER), 9, &held, 1_001));
    assert!(!covers(&by_slot(HOLDER), 4, &held, 0), "not named");
    assert!(!covers(&by_slot(FRIEND), 9, &held, 0), "not his");
    let sold = output(Owner::Address(FRIEND), ClaimState::Claimed);
    assert!(!covers(&by_slot(HOLDER), 9, &sold, 0), "no longer his");
    let offered = output(Owner::Condition([7; 32]), ClaimState::Offered { from: HOLDER, to: FRIEND, until_ms: 9 });
    assert!(covers(&by_slot(HOLDER), 9, &offered, 0) && !covers(&by_slot(FRIEND), 9, &offered, 0));
}

#[test]
fn a_period_covers_its_side_kind_and_time() {
    let held = output(Owner::Address(HOLDER), ClaimState::Claimed);
    let period = |issued, holds, kind, from_ms, to_ms| GrantScope::Period { issued, held: holds, kind, from_ms, to_ms };
    let cases = [
        (HOLDER, period(false, true, None, 500, 500), true),
        (HOLDER, period(true, false, None, 0, 900), false),
        (SELLER, period(true, false, Some(InvoiceKind::BlockchainOrdinary), 0, 900), true),
        (SELLER, period(false, true, None, 0, 900), false),
        (HOLDER, period(true, true, None, 501, 900), false),
        (HOLDER, period(true, true, None, 0, 499), false),
    ];
    for (from, scope, expected) in cases {
        assert_eq!(covers(&grant(from, scope.clone()), 77, &held, 0), expected, "{scope:?}");
    }
    let other = InvoiceKind::ALL.iter().copied().find(|kind| *kind != InvoiceKind::BlockchainOrdinary);
    if let Some(other) = other {
        assert!(!covers(&grant(SELLER, period(true, true, Some(other), 0, 900)), 77, &held, 0), "another kind");
    }
}

#[test]
fn scopes_and_sets_have_limits_and_one_form() {
    let slots = |list: &[u64]| GrantScope::Slots(list.iter().map(|n| Slot(*n)).collect()).is_well_formed();
    assert!(slots(&[1]) && slots(&[1, 2]) && !slots(&[]) && !slots(&[2, 1]) && !slots(&[1, 1]));
    let many: Vec<u64> = (0..1_001).collect();
    assert!(slots(&many[..1_000]) && !slots(&many));
    let period =
        |issued, held, from_ms, to_ms| GrantScope::Period { issued, held, kind: None, from_ms, to_ms }.is_well_formed();
    assert!(period(true, false, 1, 1) && !period(false, false, 0, 1) && !period(true, true, 2, 1));
    assert!(SectionSet::ALL.is_valid() && !SectionSet(0).is_valid() && !SectionSet(0b100_0001).is_valid());
    let some = SectionSet::of(&[SectionKind::Lines, SectionKind::Buyer]);
    assert!(some.has(SectionKind::Lines) && !some.has(SectionKind::Facts) && some.is_valid());
}
