//! Certificates and outside authorities on the chain.

use ledger_types::*;

use crate::governance::{decide, world as governed};
use crate::values::entry;
use crate::world::{Draft, Key, World, account_id};

fn claim(world: &World, name: &str) -> CertificateClaim {
    CertificateClaim {
        fingerprint: Digest(sm::sm3(name.as_bytes())),
        public_key: Key::of(name).bytes(),
        not_before_ms: 0,
        not_after_ms: world.time + 60_000,
        usage: CertificateUse::Client,
    }
}

fn register(of: &str, certificate: CertificateClaim) -> Payload {
    Payload::RegisterCertificate { account: account_id(of).unwrap(), certificate }
}

fn revoke(name: &str) -> Payload {
    Payload::RevokeCertificate { fingerprint: Digest(sm::sm3(name.as_bytes())), reason: 1 }
}

fn tried(world: &mut World, by: &str, payload: Payload) -> Vec<RejectReason> {
    let receipt = world.submit(&Draft::new(by, payload)).unwrap();
    receipt.refusals().iter().map(|r| r.reason).collect()
}

fn record(world: &World, name: &str) -> CertificateRecord {
    match entry(world, &RegistryKey::Certificate(Digest(sm::sm3(name.as_bytes())))) {
        Some(RegistryValue::Certificate(record)) => *record,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_certificate_is_registered_once_and_revoked_for_ever() {
    let mut world = World::new();
    assert_eq!(tried(&mut world, "shop", revoke("a")), [RejectReason::CertificateUnknown]);
    let one = claim(&world, "a");
    world.must(Draft::new("shop", register("shop", one)));
    let registered = Height(world.height);
    let account = account_id("shop").unwrap();
    assert_eq!(record(&world, "a"), CertificateRecord { account, claim: one, registered, revoked: None });
    assert_eq!(tried(&mut world, "bureau", register("shop2", one)), [RejectReason::CertificateKnown]);
    world.must(Draft::new("bureau", revoke("a")));
    let revoked = Some(Revocation { height: Height(world.height), reason: 1 });
    assert_eq!(record(&world, "a"), CertificateRecord { account, claim: one, registered, revoked });
    assert_eq!(tried(&mut world, "shop", revoke("a")), [RejectReason::CertificateUnknown]);
    assert_eq!(tried(&mut world, "shop", register("shop", one)), [RejectReason::CertificateKnown], "no way back");
}

#[test]
fn the_account_or_a_bureau_over_it_registers_and_revokes() {
    let mut world = World::new();
    let cases = [
        ("shop", vec![]),
        ("bureau", vec![]),
        ("province", vec![]),
        ("shop/6", vec![RejectReason::KeyNotAllowed]),
        ("elsewhere", vec![RejectReason::WrongArea]),
        ("shop2", vec![RejectReason::WrongRole]),
        ("nobody", vec![RejectReason::WrongRole]),
    ];
    for (by, why) in &cases {
        let one = claim(&world, by);
        assert_eq!(tried(&mut world, by, register("shop", one)), *why, "{by}");
    }
    for (by, why) in &cases {
        world.must(Draft::new("shop", register("shop", claim(&world, &format!("{by} 2")))));
        assert_eq!(tried(&mut world, by, revoke(&format!("{by} 2"))), *why, "{by}");
    }
    let certificate = claim(&world, "x");
    let unknown = Payload::RegisterCertificate { account: AccountId(999), certificate };
    assert_eq!(tried(&mut world, "bureau", unknown), [RejectReason::AccountUnknown]);
    let over = CertificateClaim { not_after_ms: world.time, ..claim(&world, "x") };
    assert_eq!(tried(&mut world, "shop", register("shop", over)), [RejectReason::CertificateOver]);
    world.must(Draft::new("bureau", Payload::CloseAccount { account: account_id("shop").unwrap() }));
    let late = register("shop", claim(&world, "x"));
    assert_eq!(tried(&mut world, "bureau", late), [RejectReason::AccountClosed]);
    assert_eq!(tried(&mut world, "bureau", revoke("shop/6 2")), [], "what a closed account had can still be revoked");
}

#[test]
fn malformed_certificates_are_refused_before_any_block() {
    let mut world = World::new();
    type Spoil = fn(&mut CertificateClaim);
    let spoils: [(Spoil, RejectReason); 3] = [
        (|c| c.fingerprint = Digest::ZERO, RejectReason::BadField),
        (|c| c.not_before_ms = c.not_after_ms + 1, RejectReason::BadField),
        (|c| c.public_key = [7; 33], RejectReason::BadKey),
    ];
    for (i, (spoil, why)) in spoils.iter().enumerate() {
        let mut bad = claim(&world, "a");
        spoil(&mut bad);
        assert_eq!(world.submit(&Draft::new("shop", register("shop", bad))).unwrap_err().reason, *why, "{i}");
    }
    for reason in [6, 7, 8, 11] {
        let payload = Payload::RevokeCertificate { fingerprint: Digest([1; 32]), reason };
        assert_eq!(world.submit(&Draft::new("shop", payload)).unwrap_err().reason, RejectReason::BadField, "{reason}");
    }
}

#[test]
fn outside_authorities_come_and_go_by_governance_from_a_height_on() {
    let mut world = governed(ConsensusKind::Bft);
    let anchor = |der: &[u8]| TrustAnchor { fingerprint: Digest(sm::sm3(der)), der: der.to_vec(), label: "CA".into() };
    let list = TrustAnchors { anchors: vec![anchor(b"one")] };
    let effective = world.height + 6;
    decide(&mut world, GovernanceChange::TrustAnchors(list.clone()), effective);
    let epoch = ledger::regime(&world.state, ConsensusKind::Bft).unwrap().epoch;
    while world.height + 2 < effective {
        assert_eq!(entry(&world, &RegistryKey::TrustAnchors), None);
        world.pass(1_000);
    }
    world.pass(1_000);
    assert_eq!(world.height + 1, effective);
    let held = entry(&world, &RegistryKey::TrustAnchors);
    assert_eq!(held, Some(RegistryValue::TrustAnchors(list.clone())));
    let after = ledger::regime(&world.state, ConsensusKind::Bft).unwrap().epoch;
    assert_eq!(after, epoch, "who is trusted on connections makes no epoch");
    let effective = world.height + 6;
    decide_next(&mut world, effective);
    while world.height + 1 < effective {
        world.pass(1_000);
    }
    let held = entry(&world, &RegistryKey::TrustAnchors);
    assert_eq!(held, Some(RegistryValue::TrustAnchors(TrustAnchors::default())));
    let mut wrong = list;
    wrong.anchors[0].der.push(0);
    let change = GovernanceChange::TrustAnchors(wrong);
    let propose = Payload::ProposeChange { change, effective: Height(world.height + 50) };
    assert_eq!(world.submit(&Draft::new("bureau", propose)).unwrap_err().reason, RejectReason::BadField);
}

/// The second proposal: nobody is trusted any more.
fn decide_next(world: &mut World, effective: u64) {
    let id = decide(world, GovernanceChange::TrustAnchors(TrustAnchors::default()), effective);
    assert_eq!(id, 2);
}
