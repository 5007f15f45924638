//! Guards between the machines, time limits, numbers and keys: the verdict on each side.
#![allow(clippy::unwrap_used)]

use RejectReason::*;
use ledger_types::payload::Spend;
use ledger_types::red_form::{RedFormState, RedReason};
use ledger_types::{
    AccountKind, Area, Digest, FormId, KeyId, KeyRecord, KeyStatus, Payload, RejectReason, Slot, TaxpayerStatus,
    TxOutcome, Verdict,
};

use crate::chain_by_hand::{AREA, BUREAU, BUYER, Chain, SELLER, key, public};
use crate::invoice_by_hand::{DAY, HOUR, batch, body, issue, opened, refusals, reimbursed, request, token_of};

/// Nothing refused.
const OK: Vec<RejectReason> = Vec::new();

/// The invoice in slot 0 claimed by the buyer: sequence 1.
fn claimed() -> Chain {
    let mut chain = opened();
    let to = chain.address(BUYER);
    let claim = chain.by_key(&key("token"), Payload::Claim { spend: Spend::new(Slot(0), 0), to });
    chain.block(10, vec![claim]);
    assert_eq!(refusals(&chain), [OK]);
    chain
}

fn lock(chain: &mut Chain, sequence: u32, for_ms: u64) {
    let until_ms = chain.now + for_ms;
    let lock = Payload::Lock { spends: vec![Spend::new(Slot(0), sequence)], until_ms, reason: 0 };
    let lock = chain.by(BUYER, lock, vec![]);
    chain.block(10, vec![lock]);
}

fn book(sequence: u32) -> Payload {
    Payload::Book { spend: Spend::new(Slot(0), sequence), deductible: false, voucher_ref: Digest::ZERO }
}

fn red(sequence: u32, form: Option<FormId>) -> Payload {
    Payload::IssueRed { invoice: Slot(0), sequence, reason: RedReason::IssueError, form }
}

#[test]
fn a_seller_issues_in_its_own_area_only() {
    let mut chain = opened();
    chain.area = Area(4401);
    let issue = issue(&mut chain, 100);
    chain.block(10, vec![issue]);
    assert_eq!(refusals(&chain), [vec![WrongArea, NoRuleBook]]);
}

#[test]
fn a_blocked_seller_neither_issues_nor_reverses_but_its_buyer_may_ask() {
    let mut chain = reimbursed();
    let suspend = Payload::SetTaxpayerStatus { account: SELLER, status: TaxpayerStatus::Suspended, reason: 0 };
    let suspend = chain.by(BUREAU, suspend, vec![]);
    let issue = issue(&mut chain, 100);
    let red = chain.by(SELLER, red(4, None), vec![]);
    let ask = Payload::RequestRed { invoice: Slot(0), reason: RedReason::IssueError };
    let (own, other) = (chain.by(SELLER, ask.clone(), vec![]), chain.by(BUYER, ask, vec![]));
    chain.block(10, vec![suspend, issue, red, own, other]);
    let blocked = vec![TaxpayerBlocked];
    assert_eq!(refusals(&chain), [OK, blocked.clone(), vec![TaxpayerBlocked, RedNeedsConfirmation], blocked, OK]);
}

#[test]
fn offers_are_not_to_oneself_nor_of_what_is_locked_or_booked() {
    let mut chain = claimed();
    let offer = |chain: &mut Chain, sequence, to, for_ms| {
        let until_ms = chain.now + for_ms;
        chain.by(BUYER, Payload::OfferTransfer { spend: Spend::new(Slot(0), sequence), to, until_ms }, vec![])
    };
    let (me, you) = (chain.address(BUYER), chain.address(SELLER));
    let to_me = offer(&mut chain, 1, me, HOUR);
    let too_long = offer(&mut chain, 1, you, 90 * DAY + 11);
    chain.block(10, vec![to_me, too_long]);
    assert_eq!(refusals(&chain), [vec![AlreadyClaimed], vec![TimeOutOfRange]]);
    lock(&mut chain, 1, HOUR);
    let locked = offer(&mut chain, 2, you, HOUR);
    let book = chain.by(BUYER, book(2), vec![]);
    let booked = offer(&mut chain, 3, you, HOUR);
    chain.block(10, vec![locked, book, booked]);
    assert_eq!(refusals(&chain), [vec![Locked], OK, vec![Locked, AlreadyBooked]]);
}

#[test]
fn a_lock_ends_at_its_hour_also_when_the_invoice_was_booked() {
    let mut chain = claimed();
    lock(&mut chain, 1, HOUR);
    let book = chain.by(BUYER, book(2), vec![]);
    chain.block(10, vec![book]);
    let until = chain.now - 20 + HOUR;
    chain.now = until;
    assert_eq!(chain.block(0, vec![]).receipts.len(), 0, "the last millisecond is within");
    assert_eq!(chain.block(1, vec![]).receipts.len(), 1);
    let pay = Payload::Reimburse { spend: Spend::new(Slot(0), 4), paid_ref: Digest::ZERO };
    let pay = chain.by(BUYER, pay, vec![]);
    chain.block(10, vec![pay]);
    assert_eq!(refusals(&chain), [vec![NotLocked]]);
}

#[test]
fn a_lock_is_lifted_by_its_locker_or_the_bureau_only() {
    let mut chain = claimed();
    lock(&mut chain, 1, HOUR);
    let unlock = |sequence| Payload::Unlock { spends: vec![Spend::new(Slot(0), sequence)] };
    let wrong = chain.by(SELLER, unlock(2), vec![]);
    let red = chain.by(SELLER, red(2, None), vec![]);
    let right = chain.by(BUREAU, unlock(2), vec![]);
    let again = chain.by(BUYER, unlock(3), vec![]);
    chain.block(10, vec![wrong, red, right, again]);
    assert_eq!(refusals(&chain), [vec![NotLocker], vec![Locked], OK, vec![NotLocked]]);
}

#[test]
fn a_form_that_lost_its_point_is_used_up_by_the_direct_red() {
    let mut chain = claimed();
    lock(&mut chain, 1, HOUR);
    let book = chain.by(BUYER, book(2), vec![]);
    let ask = chain.by(SELLER, Payload::RequestRed { invoice: Slot(0), reason: RedReason::SalesReturn }, vec![]);
    let unbook = chain.by(BUYER, Payload::Unbook { spend: Spend::new(Slot(0), 4) }, vec![]);
    let unlock = chain.by(BUYER, Payload::Unlock { spends: vec![Spend::new(Slot(0), 5)] }, vec![]);
    let red = chain.by(SELLER, red(6, None), vec![]);
    chain.block(10, vec![book, ask, unbook, unlock, red]);
    assert_eq!(refusals(&chain), [OK, OK, OK, OK, OK]);
    assert_eq!(chain.world().form(FormId(1)).unwrap().state, RedFormState::Used);
}

#[test]
fn a_batch_is_whole_or_nothing_and_what_fails_uses_no_quota() {
    let mut chain = opened();
    // 100 yuan of 350 are used. The second is over the limit of one invoice and takes nothing from the others.
    let too_large = batch(&mut chain, &[10_000, 1_000_001, 10_000]);
    let too_much = batch(&mut chain, &[10_000, 10_000, 10_000]);
    let right = batch(&mut chain, &[10_000, 10_000, 5_000]);
    chain.block(10, vec![too_large, too_much, right]);
    let frame = chain.frames.last().unwrap();
    let refused = |index: usize| {
        let list = frame.receipts[index].refusals();
        list.iter().map(|refusal| (refusal.reason, refusal.item.unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(refused(0), [(OverInvoiceLimit, 1), (OverQuota, 1)]);
    assert_eq!(refused(1), [(OverQuota, 2)]);
    let Verdict::Accepted(TxOutcome::BatchIssued { first, count }) = frame.receipts[2].verdict else { panic!() };
    assert_eq!((first.slot, first.number.value(), count), (Slot(1), 2, 3));
}

#[test]
fn an_application_keeps_its_quota_for_its_month_only() {
    let mut chain = opened();
    chain.now += 29 * DAY + 23 * HOUR;
    let expires_ms = chain.now + 20 * HOUR;
    let apply = Payload::Apply { request: request(token_of("t")), expires_ms };
    let apply = chain.by(SELLER, apply, body(20_000));
    chain.block(10, vec![apply]);
    chain.now += 2 * HOUR;
    let (first, second) = (issue(&mut chain, 35_000), issue(&mut chain, 100));
    let application = ledger_types::ApplicationId(1);
    let applied = chain.by(SELLER, Payload::IssueApplied { application }, vec![]);
    let withdraw = chain.by(SELLER, Payload::WithdrawApplication { application }, vec![]);
    chain.block(10, vec![first, second, applied, withdraw]);
    assert_eq!(refusals(&chain), [OK, vec![OverQuota], vec![OverQuota], OK]);
}

#[test]
fn a_new_year_begins_a_new_code() {
    let mut chain = opened();
    chain.now += 61 * DAY;
    let issue = issue(&mut chain, 100);
    let frame = chain.block(10, vec![issue]);
    let Verdict::Accepted(TxOutcome::Issued(issued)) = frame.receipts[0].verdict else { panic!() };
    assert_eq!((issued.code.to_string().as_str(), issued.number.value()), ("144032709110", 1));
}

#[test]
fn an_account_keeps_an_administrator_and_no_key_twice() {
    let mut chain = opened();
    let update = |add, revoke| Payload::UpdateKeys { account: BUYER, add, revoke };
    let fresh = |id| KeyRecord::admin(KeyId(id), public(&key("fresh")));
    let payloads = [
        update(vec![], vec![KeyId(0)]),
        update(vec![fresh(2)], vec![]),
        update(vec![fresh(1), fresh(2)], vec![]),
        update(vec![fresh(1)], vec![KeyId(0)]),
        update(vec![], vec![KeyId(0)]),
    ];
    let mut txs: Vec<_> = payloads.map(|payload| chain.by(BUYER, payload, vec![])).to_vec();
    txs.push(chain.by(SELLER, update(vec![], vec![]), vec![]));
    chain.block(10, txs);
    let invalid = || vec![KeyListInvalid];
    let last = vec![KeyRevoked, KeyListInvalid];
    assert_eq!(refusals(&chain), [invalid(), invalid(), invalid(), OK, last, vec![WrongRole]]);
    assert_eq!(chain.world().account(BUYER).unwrap().keys[0].status, KeyStatus::Revoked);
}

#[test]
fn accounts_are_opened_by_a_bureau_with_what_their_kind_needs() {
    let mut chain = opened();
    let open = |kind, area, tax_id: Option<&str>, name: &str, seed: &str| Payload::OpenAccount {
        kind,
        area,
        tax_id: tax_id.map(|id| id.parse().unwrap()),
        name: name.to_owned(),
        keys: vec![KeyRecord::admin(KeyId(0), public(&key(seed)))],
    };
    let id = Some("914403001922038216");
    let cases = [
        (SELLER, open(AccountKind::Enterprise, AREA, id, "新", "a"), vec![WrongRole]),
        (BUREAU, open(AccountKind::Enterprise, Area(4401), id, "新", "a"), vec![WrongArea, AreaUnknown]),
        (BUREAU, open(AccountKind::Enterprise, AREA, None, "新", "a"), vec![IdentityMismatch]),
        (BUREAU, open(AccountKind::Person, AREA, None, "新", "a"), vec![IdentityMismatch]),
        (BUREAU, open(AccountKind::Enterprise, AREA, id, "新", "a"), OK),
        (BUREAU, open(AccountKind::Enterprise, AREA, id, "旧", "b"), vec![TaxIdTaken]),
    ];
    let (txs, expected): (Vec<_>, Vec<_>) =
        cases.into_iter().map(|(by, payload, refused)| (chain.by(by, payload, vec![]), refused)).unzip();
    chain.block(10, txs);
    assert_eq!(refusals(&chain), expected);
}
