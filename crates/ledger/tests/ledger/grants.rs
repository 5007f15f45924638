//! Grants: who gives them, of what, until when, and how they leave.

use ledger_types::grant::{Giver, MAX_GRANT_MS, MAX_LIVE_GRANTS};
use ledger_types::*;

use crate::offices::{hire, tried};
use crate::scenario::Step;
use crate::values::entry;
use crate::world::{Draft, World};

fn play(world: &mut World, steps: &[&str]) {
    for step in steps {
        let draft = Step::parse(step).draft(world).unwrap();
        world.must(draft);
    }
}

/// Invoices 0 and 1 of the shop: one held by corp, one by ann's bare key. 2 is nobody's yet.
fn furnished() -> World {
    let mut world = World::new();
    play(&mut world, &["issue", "claim inv=0 to=corp", "issue", "claim inv=1 to=ann", "issue"]);
    world
}

fn request(world: &World, to: &str, scope: GrantScope, days: u64) -> GrantRequest {
    let until_ms = world.time + days * 86_400_000;
    GrantRequest { to: world.address(to), scope, sections: SectionSet::ALL, until_ms }
}

fn of_slots(slots: &[u64]) -> GrantScope {
    GrantScope::Slots(slots.iter().map(|slot| Slot(*slot)).collect())
}

fn everything() -> GrantScope {
    GrantScope::Period { issued: true, held: true, kind: None, from_ms: 0, to_ms: u64::MAX }
}

fn give(world: &mut World, by: &str, to: &str, scope: GrantScope) -> Vec<RejectReason> {
    let request = request(world, to, scope, 30);
    tried(world, by, Payload::GrantAccess(request))
}

/// The grant that the last block gave.
fn last(world: &World) -> GrantId {
    GrantId { height: Height(world.height), tx: 0 }
}

fn grant(world: &World, id: GrantId) -> Option<Grant> {
    match entry(world, &RegistryKey::Grant(id)) {
        Some(RegistryValue::Grant(grant)) => Some(grant),
        None => None,
        other => panic!("{other:?}"),
    }
}

fn listed(world: &World, key: &RegistryKey) -> Vec<GrantId> {
    let refs = match entry(world, key) {
        Some(RegistryValue::GrantsTo(list)) => list.grants,
        Some(RegistryValue::GrantsBy(list)) => list.grants,
        None => Vec::new(),
        other => panic!("{other:?}"),
    };
    refs.into_iter().map(|entry| entry.id).collect()
}

fn pair(world: &World, from: &str, to: &str) -> Vec<GrantId> {
    listed(world, &RegistryKey::GrantsTo { to: world.address(to), from: world.address(from) })
}

fn by(world: &World, from: &str) -> Vec<GrantId> {
    listed(world, &RegistryKey::GrantsBy(world.address(from)))
}

#[test]
fn who_issued_or_holds_an_invoice_gives_and_nobody_else() {
    let mut world = furnished();
    use RejectReason::*;
    let cases = [
        ("shop", of_slots(&[0, 1, 2]), vec![]),
        ("corp", of_slots(&[0]), vec![]),
        ("ann", of_slots(&[1]), vec![]),
        ("t1", of_slots(&[2]), vec![]),
        ("corp", of_slots(&[0, 1]), vec![NotIssuerOrHolder]),
        ("t1", of_slots(&[0]), vec![NotIssuerOrHolder]),
        ("shop2", of_slots(&[0]), vec![NotIssuerOrHolder]),
        ("bureau", of_slots(&[0]), vec![NotIssuerOrHolder]),
        ("shop", of_slots(&[0, 99]), vec![OutputUnknown]),
        ("corp", everything(), vec![]),
        ("ann", everything(), vec![WrongRole]),
    ];
    for (by, scope, reasons) in cases {
        assert_eq!(give(&mut world, by, "bob", scope.clone()), reasons, "{by}: {scope:?}");
        assert_eq!(grant(&world, last(&world)).is_some(), reasons.is_empty(), "{by}: {scope:?}");
    }
    assert_eq!((by_count(&world, "shop"), by_count(&world, "corp"), by_count(&world, "ann")), (1, 2, 1));
    play(&mut world, &["pay"]);
    assert_eq!(give(&mut world, "shop", "bob", of_slots(&[3])), [WrongAsset]);
}

fn by_count(world: &World, from: &str) -> usize {
    by(world, from).len()
}

#[test]
fn what_stands_in_the_register_is_what_was_asked_and_revoking_takes_it_out() {
    let mut world = furnished();
    let asked = GrantRequest { sections: SectionSet(0b1001), ..request(&world, "bob", of_slots(&[0]), 30) };
    assert_eq!(tried(&mut world, "corp", Payload::GrantAccess(asked.clone())), []);
    let first = last(&world);
    let given = grant(&world, first).unwrap();
    let GrantRequest { to, scope, sections, until_ms } = asked;
    assert_eq!(given, Grant { from: world.address("corp"), to, scope, sections, until_ms });
    assert_eq!(give(&mut world, "corp", "bob", everything()), []);
    let second = last(&world);
    assert_eq!((pair(&world, "corp", "bob"), by(&world, "corp")), (vec![first, second], vec![first, second]));
    let revoke = |grant| Payload::RevokeAccess { grant };
    for other in ["bob", "shop", "bureau"] {
        assert_eq!(tried(&mut world, other, revoke(first)), [RejectReason::NotGiver], "{other}");
    }
    assert_eq!(tried(&mut world, "corp", revoke(first)), []);
    assert_eq!((grant(&world, first), pair(&world, "corp", "bob")), (None, vec![second]));
    assert_eq!(tried(&mut world, "corp", revoke(first)), [RejectReason::GrantUnknown]);
    assert_eq!(tried(&mut world, "corp", revoke(second)), []);
    for key in [
        RegistryKey::GrantsBy(world.address("corp")),
        RegistryKey::GrantsTo { to: world.address("bob"), from: world.address("corp") },
    ] {
        assert_eq!(entry(&world, &key), None, "nothing is left behind");
    }
}

#[test]
fn a_grant_follows_the_holder_no_further_than_he_holds() {
    let mut world = furnished();
    assert_eq!(give(&mut world, "ann", "bob", of_slots(&[1])), []);
    let given = grant(&world, last(&world)).unwrap();
    let covers = |world: &World| {
        let output = ledger::StateView::output(&world.state, Slot(1)).unwrap().unwrap();
        let invoice = output.invoice().unwrap();
        let giver = Giver::of(given.from, world.address("shop"), &output, invoice);
        given.covers(Slot(1), invoice, giver, world.time)
    };
    assert!(covers(&world));
    play(&mut world, &["offer inv=1 to=corp"]);
    assert!(covers(&world), "an offer is the giver's until it is taken");
    play(&mut world, &["accept inv=1"]);
    assert!(!covers(&world), "it is corp's now");
}

#[test]
fn ends_lie_ahead_within_five_years_and_what_ended_is_cleared_away() {
    let mut world = furnished();
    let at = |world: &World, ms: u64| {
        let until_ms = world.time + 1_000 + ms;
        Payload::GrantAccess(GrantRequest { until_ms, ..request(world, "bob", of_slots(&[0]), 0) })
    };
    for (ms, good) in [(MAX_GRANT_MS + 1, false), (MAX_GRANT_MS, true), (0, false), (1, true)] {
        let payload = at(&world, ms);
        let expected = if good { vec![] } else { vec![RejectReason::TimeOutOfRange] };
        assert_eq!(tried(&mut world, "corp", payload), expected, "{ms} ms");
    }
    let long = by(&world, "corp")[0];
    assert_eq!(by_count(&world, "corp"), 2, "the short one is there until the next is given");
    let other = request(&world, "ann", everything(), 1);
    assert_eq!(tried(&mut world, "corp", Payload::GrantAccess(other)), []);
    let newest = last(&world);
    assert_eq!((by(&world, "corp"), pair(&world, "corp", "bob")), (vec![long, newest], vec![long]));
}

#[test]
fn a_giver_has_so_many_grants_and_no_more_until_some_end() {
    let mut world = furnished();
    for _ in 0..MAX_LIVE_GRANTS {
        assert_eq!(give(&mut world, "corp", "bob", of_slots(&[0])), []);
    }
    assert_eq!(give(&mut world, "corp", "ann", of_slots(&[0])), [RejectReason::TooManyGrants]);
    assert_eq!(give(&mut world, "shop", "bob", of_slots(&[0])), [], "another giver has room");
    let first = by(&world, "corp")[0];
    assert_eq!(tried(&mut world, "corp", Payload::RevokeAccess { grant: first }), []);
    assert_eq!(give(&mut world, "corp", "ann", of_slots(&[0])), []);
    world.pass(31 * 86_400_000);
    assert_eq!(give(&mut world, "corp", "ann", of_slots(&[0])), []);
    assert_eq!((by_count(&world, "corp"), pair(&world, "corp", "bob")), (1, vec![]), "all others ended");
}

#[test]
fn malformed_grants_do_not_come_in() {
    let mut world = furnished();
    let good = request(&world, "bob", of_slots(&[0]), 1);
    let scope = |scope| GrantRequest { scope, ..good.clone() };
    let bad = [
        scope(of_slots(&[])),
        scope(of_slots(&[1, 0])),
        scope(of_slots(&[0, 0])),
        scope(of_slots(&(0..1_001).collect::<Vec<_>>())),
        scope(GrantScope::Period { issued: false, held: false, kind: None, from_ms: 0, to_ms: 1 }),
        scope(GrantScope::Period { issued: true, held: false, kind: None, from_ms: 2, to_ms: 1 }),
        GrantRequest { sections: SectionSet(0), ..good.clone() },
        GrantRequest { sections: SectionSet(1 << 6), ..good.clone() },
        GrantRequest { to: Address::ZERO, ..good.clone() },
    ];
    for request in bad {
        let refusal = world.submit(&Draft::new("corp", Payload::GrantAccess(request.clone()))).unwrap_err();
        assert_eq!(refusal.reason, RejectReason::BadField, "{request:?}");
    }
}

#[test]
fn in_a_staffed_enterprise_business_offices_give_grants() {
    let mut world = furnished();
    let clerk = hire(&mut world, "corp", Role::FinanceClerk, "wang");
    let viewer = hire(&mut world, "corp", Role::Viewer, "li");
    assert_eq!(give(&mut world, &clerk, "bob", of_slots(&[0])), []);
    let id = last(&world);
    for by in [viewer.as_str(), "corp"] {
        assert_eq!(give(&mut world, by, "bob", of_slots(&[0])), [RejectReason::RoleNotAllowed], "{by}");
        let revoke = Payload::RevokeAccess { grant: id };
        assert_eq!(tried(&mut world, by, revoke), [RejectReason::RoleNotAllowed], "{by}");
    }
    assert_eq!(tried(&mut world, &clerk, Payload::RevokeAccess { grant: id }), []);
}
