//! Delegations: what a service provider's operator may sign for an enterprise, until when, how much, and who ends it.

use ledger::StateView;
use ledger_types::registry::KeyUsage;
use ledger_types::*;

use crate::scenario::Step;
use crate::values::entry;
use crate::world::{Draft, World, account_id};

const DAY_MS: u64 = 86_400_000;

fn terms(world: &World) -> (u64, u64, u32, Fen) {
    (PayloadKind::delegable_bits(), world.time + 30 * DAY_MS, 0, Fen::ZERO)
}

fn delegate(to: &str, (kinds, until_ms, daily_count, daily_amount): (u64, u64, u32, Fen)) -> Payload {
    Payload::Delegate { to: account_id(to).unwrap(), kinds, until_ms, daily_count, daily_amount }
}

fn end(from: &str, to: &str) -> Payload {
    Payload::EndDelegation { from: account_id(from).unwrap(), to: account_id(to).unwrap() }
}

/// The reasons of a refusal; none if it is accepted.
fn tried(world: &mut World, by: &str, payload: Payload) -> Vec<RejectReason> {
    reasons(&world.submit(&Draft::new(by, payload)).unwrap())
}

fn reasons(receipt: &Receipt) -> Vec<RejectReason> {
    receipt.refusals().iter().map(|r| r.reason).collect()
}

/// A step as if the shop did it, signed by others.
fn step(world: &World, step: &str, by: &str) -> Draft {
    let draft = Step::parse(step).draft(world).unwrap();
    Draft { signers: by.split('+').map(str::to_owned).collect(), ..draft }
}

fn act(world: &mut World, what: &str, by: &str) -> Vec<RejectReason> {
    let draft = step(world, what, by);
    reasons(&world.submit(&draft).unwrap())
}

/// A world in which the shop has delegated everything that can be to the agent.
fn delegated() -> World {
    let mut world = World::new();
    let all = terms(&world);
    world.must(Draft::new("shop", delegate("agent", all)));
    world
}

fn held(world: &World) -> Delegation {
    let key = RegistryKey::Delegation { from: account_id("shop").unwrap(), to: account_id("agent").unwrap() };
    match entry(world, &key) {
        Some(RegistryValue::Delegation(delegation)) => delegation,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_operator_of_the_agent_issues_as_the_shop() {
    let mut world = World::new();
    assert_eq!(act(&mut world, "issue", "agent/1>shop"), [RejectReason::NoDelegation]);
    let all = terms(&world);
    world.must(Draft::new("shop", delegate("agent", all)));
    assert_eq!(act(&mut world, "issue owner=corp", "agent/1>shop"), []);
    let output = world.state.output(Slot(0)).unwrap().unwrap();
    assert_eq!(output.invoice().unwrap().seller, account_id("shop").unwrap(), "the seller is who is acted for");
    let own = act(&mut world, "issue", "agent/1");
    assert_eq!(own[0], RejectReason::WrongRole, "in its own name it is no seller");
    assert_eq!(act(&mut world, "issue", "agent/1>shop2"), [RejectReason::NoDelegation], "another shop");
    // As a holder the enterprise is who signs: a lock of what it owns.
    world.must(Draft::new("corp", delegate("agent", all)));
    assert_eq!(act(&mut world, "lock until=1h", "agent/1>corp"), []);
    assert_eq!(act(&mut world, "unlock", "agent/1>shop"), [RejectReason::NotLocker]);
    assert_eq!(act(&mut world, "unlock", "agent/1>corp"), []);
}

#[test]
fn what_is_not_delegated_is_refused_and_some_kinds_never_are() {
    let mut world = World::new();
    let (_, until, count, amount) = terms(&world);
    world.must(Draft::new("shop", delegate("agent", (PayloadKind::Issue.bit(), until, count, amount))));
    assert_eq!(act(&mut world, "apply expires=1h", "agent/1>shop"), [RejectReason::DelegationNotAllowed]);
    assert_eq!(act(&mut world, "issue", "agent/1>shop"), []);
    let never = PayloadKind::ALL.iter().filter(|kind| PayloadKind::delegable_bits() & kind.bit() == 0);
    for kind in never {
        let payload = delegate("agent", (kind.bit() | PayloadKind::Issue.bit(), until, count, amount));
        let refusal = world.submit(&Draft::new("shop", payload)).unwrap_err();
        assert_eq!((refusal.reason, refusal.field), (RejectReason::BadField, Field::Delegation), "{}", kind.name());
    }
    for (kinds, amount) in [(0, Fen::ZERO), (PayloadKind::Issue.bit(), Fen(-1))] {
        let refusal = world.submit(&Draft::new("shop", delegate("agent", (kinds, until, 0, amount)))).unwrap_err();
        assert_eq!(refusal.reason, RejectReason::BadField);
    }
    let account = account_id("shop").unwrap();
    for payload in [
        Payload::UpdateKeys { account, add: vec![], revoke: vec![KeyId(1)] },
        delegate("agent", (PayloadKind::Issue.bit(), until, 0, Fen::ZERO)),
        end("shop", "agent"),
        Payload::SetRecovery { policy: None },
        Payload::EndRole { account, key: KeyId(1) },
        Payload::RevokeCertificate { fingerprint: Digest([1; 32]), reason: 0 },
    ] {
        let kind = payload.kind();
        let reasons = tried(&mut world, "agent/1>shop", payload);
        assert!(reasons.contains(&RejectReason::DelegationNotAllowed), "{}: {reasons:?}", kind.name());
    }
}

#[test]
fn the_agents_own_keys_keep_their_limits_and_administrators_do_not_act() {
    let mut world = delegated();
    assert_eq!(act(&mut world, "issue", "agent>shop"), [RejectReason::KeyNotAllowed], "an administrator's key");
    assert_eq!(act(&mut world, "issue", "agent/3>shop"), [RejectReason::KeyNotAllowed], "a key for locks");
    assert_eq!(act(&mut world, "issue", "agent/2>shop"), []);
    assert_eq!(act(&mut world, "issue", "agent/2>shop"), []);
    assert_eq!(act(&mut world, "issue", "agent/2>shop"), [RejectReason::KeyLimitReached]);
    for by in ["nobody>shop", "shop+agent/1:sponsor>shop"] {
        assert_eq!(act(&mut world, "issue", by), [RejectReason::NoDelegation], "{by}");
    }
    let agent = account_id("agent").unwrap();
    world.must(Draft::new("agent", Payload::UpdateKeys { account: agent, add: vec![], revoke: vec![KeyId(1)] }));
    assert_eq!(act(&mut world, "issue", "agent/1>shop"), [RejectReason::KeyRevoked]);
    world.must(Draft::new("bureau", Payload::CloseAccount { account: agent }));
    let closed = act(&mut world, "issue", "agent/2>shop");
    assert_eq!(closed, [RejectReason::AccountClosed]);
}

#[test]
fn limits_a_day_hold_and_a_new_grant_does_not_forget_what_was_used() {
    let mut world = World::new();
    let (kinds, until, ..) = terms(&world);
    world.must(Draft::new("shop", delegate("agent", (kinds, until, 2, Fen::ZERO))));
    for expected in [&[][..], &[], &[RejectReason::DelegationLimitReached]] {
        assert_eq!(act(&mut world, "issue", "agent/1>shop"), expected);
    }
    assert_eq!(act(&mut world, "issue", "shop"), [], "the shop itself has its own limits");
    assert_eq!(held(&world).used, KeyUsage { day: BlockTime(world.time).day_number(), count: 2, amount: Fen(21_200) });
    world.must(Draft::new("shop", delegate("agent", (kinds, until, 0, Fen(31_800)))));
    assert_eq!(act(&mut world, "issue", "agent/1>shop"), [], "31,800 of 31,800 fen");
    assert_eq!(act(&mut world, "issue net=1 tax=0", "agent/1>shop"), [RejectReason::DelegationLimitReached]);
    world.pass(DAY_MS);
    assert_eq!(act(&mut world, "issue", "agent/1>shop"), [], "another day");
    assert_eq!(held(&world).used.count, 1);
}

#[test]
fn a_delegation_runs_out_and_ends_by_either_side_or_the_bureau() {
    let mut world = World::new();
    let (kinds, ..) = terms(&world);
    let until = world.time + 60_000;
    world.must(Draft::new("shop", delegate("agent", (kinds, until, 0, Fen::ZERO))));
    let last = until - world.time;
    let draft = step(&world, "issue", "agent/1>shop");
    assert!(world.submit_after(&draft, last).unwrap().is_accepted(), "the last millisecond");
    let draft = step(&world, "issue", "agent/1>shop");
    assert_eq!(reasons(&world.submit_after(&draft, 1).unwrap()), [RejectReason::DelegationOver]);
    for (by, why) in [
        ("shop2", vec![RejectReason::WrongRole]),
        ("elsewhere", vec![RejectReason::WrongArea]),
        ("agent/1", vec![RejectReason::KeyNotAllowed]),
        ("shop/6", vec![RejectReason::KeyNotAllowed]),
    ] {
        assert_eq!(tried(&mut world, by, end("shop", "agent")), why, "{by}");
    }
    for by in ["shop", "agent", "bureau", "province"] {
        let all = terms(&world);
        world.must(Draft::new("shop", delegate("agent", all)));
        assert_eq!(act(&mut world, "issue", "agent/1>shop"), []);
        assert_eq!(tried(&mut world, by, end("shop", "agent")), [], "{by}");
        assert_eq!(act(&mut world, "issue", "agent/1>shop"), [RejectReason::NoDelegation]);
        assert_eq!(tried(&mut world, by, end("shop", "agent")), [RejectReason::DelegationUnknown]);
    }
    assert_eq!(entry(&world, &RegistryKey::Delegates(account_id("shop").unwrap())), None, "nothing is left behind");
}

#[test]
fn within_a_block_the_order_decides() {
    let mut world = delegated();
    let at = world.time + 1_000;
    let (issue, stop) = (step(&world, "issue", "agent/1>shop"), Draft::new("shop", end("shop", "agent")));
    let txs: Vec<_> = [&issue, &stop, &issue]
        .map(|draft| {
            let tx = world.transaction(draft, at);
            world.admit(&tx).unwrap()
        })
        .into();
    let receipts = world.block(at, &txs).receipts;
    let found: Vec<_> = receipts.iter().map(reasons).collect();
    assert_eq!(found, [vec![], vec![], vec![RejectReason::NoDelegation]]);
}

#[test]
fn nobody_acts_for_an_account_that_is_closed_or_suspended() {
    let mut world = delegated();
    let account = account_id("shop").unwrap();
    for status in [TaxpayerStatus::Suspended, TaxpayerStatus::Abnormal] {
        world.must(Draft::new("bureau", Payload::SetTaxpayerStatus { account, status, reason: 1 }));
        // Also what a suspended taxpayer may still do himself.
        assert_eq!(act(&mut world, "unlock", "agent/1>shop"), [RejectReason::PrincipalBlocked]);
    }
    let status = TaxpayerStatus::Normal;
    world.must(Draft::new("bureau", Payload::SetTaxpayerStatus { account, status, reason: 1 }));
    assert_eq!(act(&mut world, "issue", "agent/1>shop"), []);
    world.must(Draft::new("bureau", Payload::CloseAccount { account }));
    assert_eq!(act(&mut world, "issue", "agent/1>shop"), [RejectReason::AccountClosed]);
}

#[test]
fn only_an_administrator_of_an_enterprise_delegates_and_to_an_open_service_provider() {
    let mut world = World::new();
    let all @ (kinds, ..) = terms(&world);
    assert_eq!(tried(&mut world, "shop/6", delegate("agent", all)), [RejectReason::KeyNotAllowed]);
    assert_eq!(tried(&mut world, "bureau", delegate("agent", all)), [RejectReason::WrongRole]);
    assert_eq!(tried(&mut world, "nobody", delegate("agent", all)), [RejectReason::WrongRole]);
    for to in ["shop2", "till", "bureau", "shop"] {
        assert_eq!(tried(&mut world, "shop", delegate(to, all)), [RejectReason::DelegationInvalid], "{to}");
    }
    let unknown =
        Payload::Delegate { to: AccountId(999), kinds, until_ms: all.1, daily_count: 0, daily_amount: Fen::ZERO };
    assert_eq!(tried(&mut world, "shop", unknown), [RejectReason::DelegationInvalid]);
    // `tried` makes the next block a second later.
    let now = world.time + 1_000;
    for (until, good) in [(now, false), (now + limits::MAX_DELEGATION_MS + 1_000, true), (u64::MAX, false)] {
        let reasons = tried(&mut world, "shop", delegate("agent", (kinds, until, 0, Fen::ZERO)));
        assert_eq!(reasons.is_empty(), good, "{until}: {reasons:?}");
    }
    let agent = account_id("agent").unwrap();
    world.must(Draft::new("bureau", Payload::CloseAccount { account: agent }));
    let all = terms(&world);
    assert_eq!(tried(&mut world, "shop2", delegate("agent", all)), [RejectReason::DelegationInvalid]);
}

#[test]
fn a_staffed_account_delegates_by_its_administrator_and_no_clerk() {
    let mut world = World::new();
    let account = account_id("shop").unwrap();
    let (key, role, holder) = (KeyId(6), Role::InvoicingOperator, Digest([7; 32]));
    world.must(Draft::new("shop", Payload::AssignRole { account, key, role, holder, until_ms: u64::MAX }));
    let all = terms(&world);
    let by_clerk = tried(&mut world, "shop/6", delegate("agent", all));
    assert!(by_clerk.contains(&RejectReason::RoleNotAllowed), "{by_clerk:?}");
    assert_eq!(act(&mut world, "issue", "shop"), [RejectReason::RoleNotAllowed]);
    world.must(Draft::new("shop", delegate("agent", all)));
    assert_eq!(act(&mut world, "issue", "agent/1>shop"), []);
}
