//! Recovery of accounts by guardians: who, how many, how often, and who can still object.

use ledger_types::limits::RECOVERY_LAPSE_MS;
use ledger_types::*;

use crate::values::entry;
use crate::world::{Draft, Key, World, account_id};

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

fn policy(names: &[&str], threshold: u8) -> RecoveryPolicy {
    let mut guardians: Vec<_> = names.iter().map(|name| account_id(name).unwrap()).collect();
    guardians.sort_unstable();
    RecoveryPolicy { guardians, threshold, delay_ms: HOUR_MS, per_year: 2 }
}

fn set(policy: RecoveryPolicy) -> Payload {
    Payload::SetRecovery { policy: Some(policy) }
}

fn propose(key: &str) -> Payload {
    let account = account_id("shop").unwrap();
    Payload::ProposeRecovery { account, new_key: Key::of(key).bytes(), evidence: Digest([9; 32]) }
}

fn approve(number: u32) -> Payload {
    Payload::ApproveRecovery { account: account_id("shop").unwrap(), number }
}

fn cancel(number: u32) -> Payload {
    Payload::CancelRecovery { account: account_id("shop").unwrap(), number }
}

fn tried(world: &mut World, by: &str, payload: Payload) -> Vec<RejectReason> {
    let receipt = world.submit(&Draft::new(by, payload)).unwrap();
    receipt.refusals().iter().map(|r| r.reason).collect()
}

/// The shop has three guardians, of whom two are enough.
fn guarded() -> World {
    let mut world = World::new();
    world.must(Draft::new("shop", set(policy(&["bureau", "corp", "corp2"], 2))));
    world
}

fn held(world: &World) -> Recovery {
    match entry(world, &RegistryKey::Recovery(account_id("shop").unwrap())) {
        Some(RegistryValue::Recovery(recovery)) => *recovery,
        other => panic!("{other:?}"),
    }
}

fn shop(world: &World) -> Account {
    match entry(world, &RegistryKey::Account(account_id("shop").unwrap())) {
        Some(RegistryValue::Account(account)) => account,
        other => panic!("{other:?}"),
    }
}

/// What the shop's first key can do, if anything: take its guardians back.
fn administers(world: &mut World) -> bool {
    let receipt = world.submit(&Draft::new("shop", Payload::SetRecovery { policy: None })).unwrap();
    receipt.is_accepted()
}

#[test]
fn two_of_three_guardians_bring_a_new_key_in_after_the_delay_and_the_old_ones_are_out() {
    let mut world = guarded();
    world.must(Draft::new("corp", propose("new")));
    assert_eq!(held(&world).pending.unwrap().due_ms, None, "one is not enough");
    world.must(Draft::new("bureau", approve(1)));
    let due = world.time + HOUR_MS;
    assert_eq!(held(&world).pending.unwrap().due_ms, Some(due));
    let before = shop(&world);
    assert_eq!(world.pass(HOUR_MS - 1).receipts, [], "a millisecond before");
    assert_eq!(shop(&world), before);
    let receipts = world.pass(1).receipts;
    assert_eq!((receipts.len(), world.time), (1, due));
    let after = shop(&world);
    assert_eq!(after.key(KeyId(0)).unwrap().status, KeyStatus::Revoked);
    let new = after.keys.last().unwrap();
    assert_eq!((new.id, new.purpose, new.public_key), (KeyId(7), KeyPurpose::Admin, Key::of("new").bytes()));
    let operators = |account: &Account| account.keys[1..7].to_vec();
    assert_eq!(operators(&after), operators(&before), "operators go on");
    assert!(!administers(&mut world));
    assert_eq!((held(&world).pending, held(&world).done.len()), (None, 1));
}

#[test]
fn nobody_approves_twice_or_another_proposal_and_only_guardians_do() {
    let mut world = guarded();
    assert_eq!(tried(&mut world, "bureau", approve(1)), [RejectReason::RecoveryUnknown]);
    assert_eq!(tried(&mut world, "till", propose("new")), [RejectReason::NotGuardian]);
    assert_eq!(tried(&mut world, "shop", propose("new")), [RejectReason::NotGuardian], "nor the account itself");
    world.must(Draft::new("corp", propose("new")));
    assert_eq!(tried(&mut world, "corp", approve(1)), [RejectReason::RecoveryRepeated], "his own as a second");
    assert_eq!(tried(&mut world, "till", approve(1)), [RejectReason::NotGuardian]);
    assert_eq!(tried(&mut world, "bureau", approve(2)), [RejectReason::RecoveryUnknown]);
    assert_eq!(tried(&mut world, "bureau", propose("other")), [RejectReason::RecoveryPending]);
    world.must(Draft::new("bureau", approve(1)));
    assert_eq!(tried(&mut world, "bureau", approve(1)), [RejectReason::RecoveryRepeated]);
    world.must(Draft::new("corp2", approve(1)));
    world.pass(HOUR_MS);
    assert_eq!(held(&world).done.len(), 1, "a third approval does not put it off");
    // A later proposal has another number: who approves the first approves nothing else.
    world.must(Draft::new("corp", propose("newer")));
    assert_eq!(tried(&mut world, "bureau", approve(1)), [RejectReason::RecoveryUnknown]);
    let unknown = Payload::ApproveRecovery { account: AccountId(999), number: 1 };
    assert_eq!(tried(&mut world, "bureau", unknown), [RejectReason::AccountUnknown]);
    assert_eq!(tried(&mut world, "nobody", approve(2)), [RejectReason::WrongRole]);
}

#[test]
fn the_account_or_a_guardian_ends_it_before_its_time() {
    let mut world = guarded();
    for (number, by) in [(1, "shop"), (2, "bureau")] {
        let (first, second) = if number == 1 { ("corp", "corp2") } else { ("corp2", "corp") };
        world.must(Draft::new(first, propose("new")));
        world.must(Draft::new(second, approve(number)));
        assert_eq!(tried(&mut world, "till", cancel(number)), [RejectReason::NotGuardian]);
        assert_eq!(tried(&mut world, "shop/6", cancel(number)), [RejectReason::KeyNotAllowed]);
        assert_eq!(tried(&mut world, by, cancel(number)), []);
        assert_eq!(tried(&mut world, by, cancel(number)), [RejectReason::RecoveryUnknown]);
        assert_eq!(world.pass(2 * HOUR_MS).receipts, [], "the task finds nothing");
    }
    world.must(Draft::new("corp", propose("new")));
    world.must(Draft::new("shop", set(policy(&["bureau"], 1))));
    assert_eq!((held(&world).pending, held(&world).next), (None, 4), "who sets guardians is there");
    assert!(administers(&mut world));
    assert_eq!(tried(&mut world, "bureau", propose("new")), [RejectReason::RecoveryUnknown], "no guardians any more");
}

#[test]
fn so_often_a_year_and_no_more() {
    let mut world = guarded();
    let first = world.time + 1_000;
    for number in 1..=2 {
        world.must(Draft::new("corp", propose(&format!("new {number}"))));
        world.must(Draft::new("corp2", cancel(number)));
    }
    assert_eq!(tried(&mut world, "corp", propose("new")), [RejectReason::RecoveryTooOften], "of this guardian");
    for number in 3..=4 {
        world.must(Draft::new("bureau", propose(&format!("new {number}"))));
        world.must(Draft::new("corp2", approve(number)));
        world.pass(HOUR_MS);
        assert_eq!(held(&world).done.len(), number as usize - 2);
    }
    assert_eq!(tried(&mut world, "corp2", propose("new")), [RejectReason::RecoveryTooOften], "of the account");
    let year = first + RecoveryMark::COUNTS_MS - world.time;
    world.pass(year - 2_000);
    assert_eq!(tried(&mut world, "corp", propose("new")), [RejectReason::RecoveryTooOften]);
    world.pass(3 * HOUR_MS);
    assert_eq!(tried(&mut world, "corp", propose("new")), [], "a year later");
}

#[test]
fn without_enough_approvals_it_lapses() {
    let mut world = guarded();
    world.must(Draft::new("corp", propose("new")));
    world.pass(RECOVERY_LAPSE_MS - 1);
    assert!(held(&world).pending.is_some());
    let at = world.time + 1;
    let tx = world.transaction(&Draft::new("bureau", approve(1)), at);
    let tx = world.admit(&tx).unwrap();
    let receipts = world.block(at, &[tx]).receipts;
    assert_eq!(receipts.last().unwrap().refusals()[0].reason, RejectReason::RecoveryUnknown, "too late");
    assert_eq!(held(&world).pending, None);
    world.must(Draft::new("bureau", propose("new")));
    assert_eq!(held(&world).pending.unwrap().number, 2);
}

#[test]
fn a_closed_account_is_not_recovered_and_a_key_comes_once() {
    let mut world = guarded();
    assert_eq!(tried(&mut world, "corp", propose("shop/1")), [RejectReason::RecoveryInvalid]);
    let bad =
        Payload::ProposeRecovery { account: account_id("shop").unwrap(), new_key: [7; 33], evidence: Digest([9; 32]) };
    assert_eq!(world.submit(&Draft::new("corp", bad)).unwrap_err().reason, RejectReason::BadKey);
    world.must(Draft::new("corp", propose("new")));
    world.must(Draft::new("corp2", approve(1)));
    world.must(Draft::new("bureau", Payload::CloseAccount { account: account_id("shop").unwrap() }));
    assert_eq!(tried(&mut world, "bureau", approve(1)), [RejectReason::AccountClosed]);
    let before = shop(&world);
    assert_eq!(world.pass(2 * HOUR_MS).receipts, []);
    assert_eq!((shop(&world), held(&world).pending), (before, None));
    assert_eq!(tried(&mut world, "corp", propose("newer")), [RejectReason::AccountClosed]);
}

#[test]
fn guardians_are_open_accounts_of_others() {
    let mut world = World::new();
    let none = Payload::SetRecovery { policy: None };
    assert_eq!(tried(&mut world, "shop", none), [RejectReason::RecoveryUnknown], "nothing to take back");
    assert_eq!(tried(&mut world, "shop", set(policy(&["shop", "corp"], 1))), [RejectReason::RecoveryInvalid]);
    assert_eq!(tried(&mut world, "shop/6", set(policy(&["corp"], 1))), [RejectReason::KeyNotAllowed]);
    let stranger = RecoveryPolicy { guardians: vec![AccountId(999)], ..policy(&["corp"], 1) };
    assert_eq!(tried(&mut world, "shop", set(stranger)), [RejectReason::RecoveryInvalid]);
    world.must(Draft::new("bureau", Payload::CloseAccount { account: account_id("corp").unwrap() }));
    assert_eq!(tried(&mut world, "shop", set(policy(&["corp"], 1))), [RejectReason::RecoveryInvalid]);
    let good = policy(&["bureau", "corp2"], 2);
    type Spoil = fn(&mut RecoveryPolicy);
    let spoils: [Spoil; 9] = [
        |p| p.guardians.clear(),
        |p| p.guardians.reverse(),
        |p| p.guardians[1] = p.guardians[0],
        |p| p.guardians = (1..=8).map(AccountId).collect(),
        |p| p.threshold = 0,
        |p| p.threshold = 3,
        |p| p.delay_ms = HOUR_MS - 1,
        |p| p.delay_ms = 90 * DAY_MS + 1,
        |p| p.per_year = 13,
    ];
    for (i, spoil) in spoils.iter().enumerate() {
        let mut bad = good.clone();
        spoil(&mut bad);
        assert_eq!(world.submit(&Draft::new("shop", set(bad))).unwrap_err().reason, RejectReason::BadField, "{i}");
    }
    world.must(Draft::new("shop", set(good)));
}

#[test]
fn one_guardian_may_be_enough_and_the_delay_still_runs() {
    let mut world = World::new();
    world.must(Draft::new("shop", set(policy(&["bureau"], 1))));
    world.must(Draft::new("bureau", propose("new")));
    assert!(shop(&world).keys.iter().all(|key| key.public_key != Key::of("new").bytes()));
    let receipts = world.pass(HOUR_MS).receipts;
    let subject = receipt::ReceiptSubject::System(TimerTask::DueRecovery { account: shop(&world).id, number: 1 });
    assert_eq!(receipts.iter().map(|r| r.subject).collect::<Vec<_>>(), [subject]);
}
