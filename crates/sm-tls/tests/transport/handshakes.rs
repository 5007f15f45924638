//! Handshakes between our two sides, in memory: what must come together does, and what must not is refused by name.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::people::{DAY, Land, key, now};
use super::wire::{Pair, meet};
use crypto::KeyUse;
use crypto::x509::{Period, Profile, Reason, Revoked};
use rustls::{CertificateError, Error, HandshakeKind};
use sm_tls::config::{Identity, Trust, client, server};
use sm_tls::{CURVE_SM2, Cause, TLS_SM4_GCM_SM3};

#[test]
fn both_prove_who_they_are_and_speak_nothing_but_sm() {
    let land = Land::new();
    let (node, caller) = (land.identity(Profile::Node), land.identity(Profile::Client));
    let server = server(&node, &land.trust()).unwrap();
    let client = client(Some(&caller), &land.trust()).unwrap();
    let mut pair = meet(client, server).unwrap();
    let (suite, group) = (pair.client.negotiated_cipher_suite(), pair.client.negotiated_key_exchange_group());
    assert_eq!((suite.unwrap().suite(), group.unwrap().name()), (TLS_SM4_GCM_SM3, CURVE_SM2));
    assert_eq!(pair.server.alpn_protocol(), Some(&b"h2"[..]));
    assert_eq!(pair.server.peer_certificates().unwrap().len(), 2, "the client's own and its bureau's");
    for size in [0, 1, 15, 16, 17, 1_000, 16_384, 100_000] {
        pair.both_ways(size);
    }
    let hello = &pair.first_flight;
    assert!(hello.windows(2).any(|w| w == [0x00, 0xc6]), "ClientHello offers TLS_SM4_GCM_SM3");
    assert!(pair.said.windows(6).all(|w| w != b"bureau"), "no name of a certificate is to be read on the wire");
}

#[test]
fn a_client_comes_back_without_a_whole_handshake() {
    let land = Land::new();
    let server = Arc::new(server(&land.identity(Profile::Node), &land.trust()).unwrap());
    let client = Arc::new(client(Some(&land.identity(Profile::Client)), &land.trust()).unwrap());
    let kinds: Vec<_> = (0..3)
        .map(|_| {
            let mut pair = Pair::new(client.clone(), server.clone()).run().unwrap();
            pair.both_ways(100);
            assert!(pair.server.peer_certificates().is_some(), "it is still known who called");
            pair.server.handshake_kind().unwrap()
        })
        .collect();
    assert_eq!(kinds, [HandshakeKind::Full, HandshakeKind::Resumed, HandshakeKind::Resumed]);
}

#[test]
fn keys_are_changed_under_way() {
    let land = Land::new();
    let mut pair = land.pair();
    for _ in 0..3 {
        pair.both_ways(1_000);
        pair.client.refresh_traffic_keys().unwrap();
        pair.server.refresh_traffic_keys().unwrap();
    }
    pair.both_ways(1_000);
}

#[test]
fn a_changed_record_ends_the_connection() {
    let land = Land::new();
    for at in [5, 20, 60, 115] {
        let mut pair = land.pair();
        let answer = pair.changed(100, at);
        assert!(answer.is_err(), "byte {at}: {answer:?}");
    }
}

#[test]
fn each_wrong_certificate_is_refused_by_name() {
    let land = Land::new();
    let old = Period { from: now() - 10 * DAY, until: now() - DAY };
    let later = Period { from: now() + DAY, until: now() + 9 * DAY };
    let cases: [(&str, Identity, Cause); 6] = [
        ("of another land", Land::of("else").identity(Profile::Client), Cause::WrongIssuer),
        ("of a land that calls itself so", Land::new().identity(Profile::Client), Cause::BadSignature),
        ("over", land.identity_of(Profile::Client, old, "localhost").0, Cause::Expired(Some(DAY))),
        ("not yet", land.identity_of(Profile::Client, later, "localhost").0, Cause::NotYet(Some(DAY))),
        ("of a server", land.identity(Profile::Server), Cause::WrongRole),
        ("without its bureau", land.without_bureau(), Cause::WrongIssuer),
    ];
    for (what, identity, wanted) in cases {
        let config = client(Some(&identity), &land.trust()).unwrap();
        let error = meet(config, server(&land.identity(Profile::Node), &land.trust()).unwrap()).unwrap_err();
        assert_eq!(round(Cause::of(&error.server.unwrap())), wanted, "{what}");
        assert!(!wanted.to_string().is_empty() && !wanted.zh().is_empty());
    }
    let config = client(None, &land.trust()).unwrap();
    let error = meet(config, server(&land.identity(Profile::Node), &land.trust()).unwrap()).unwrap_err();
    assert_eq!(Cause::of(&error.server.unwrap()), Cause::NoCertificate);
}

#[test]
fn each_wrong_server_is_refused_by_name() {
    let land = Land::new();
    let old = Period { from: now() - 10 * DAY, until: now() - DAY };
    let year = Land::year();
    let cases: [(&str, Identity, Cause); 4] = [
        ("of another land", Land::of("else").identity(Profile::Node), Cause::WrongIssuer),
        ("over", land.identity_of(Profile::Node, old, "localhost").0, Cause::Expired(Some(DAY))),
        ("of a client", land.identity(Profile::Client), Cause::WrongRole),
        ("of another host", land.identity_of(Profile::Node, year, "elsewhere.example").0, Cause::WrongHost),
    ];
    for (what, identity, wanted) in cases {
        let config = client(Some(&land.identity(Profile::Client)), &land.trust()).unwrap();
        let error = meet(config, server(&identity, &land.trust()).unwrap()).unwrap_err();
        assert_eq!(round(Cause::of(&error.client.unwrap())), wanted, "{what}");
    }
}

/// Seconds of the test's own running time do not count.
fn round(cause: Cause) -> Cause {
    let day = |by: u64| if by.abs_diff(DAY) < 60 { DAY } else { by };
    match cause {
        Cause::Expired(by) => Cause::Expired(by.map(day)),
        Cause::NotYet(by) => Cause::NotYet(by.map(day)),
        other => other,
    }
}

#[test]
fn who_was_revoked_is_refused_and_a_missing_list_is_no_leave() {
    let land = Land::new();
    let (good, bad) =
        (land.identity_of(Profile::Client, Land::year(), "a"), land.identity_of(Profile::Client, Land::year(), "b"));
    let week = Period { from: now() - DAY, until: now() + 6 * DAY };
    let revoked = Revoked { serial: bad.1.serial(), since: now() - 60, reason: Reason::KeyCompromise };
    let of_root = land.root.revocation_list(1, week, &[]).unwrap();
    let of_bureau = land.bureau.revocation_list(1, week, &[revoked]).unwrap();
    let over = land.bureau.revocation_list(1, Period { from: now() - 3 * DAY, until: now() - DAY }, &[]).unwrap();
    let try_with = |identity: &Identity, lists: &[&Vec<u8>]| {
        let trust = Trust { revocation_lists: lists.iter().map(|l| (*l).clone()).collect(), ..land.trust() };
        let config = client(Some(identity), &land.trust()).unwrap();
        meet(config, server(&land.identity(Profile::Node), &trust).unwrap()).map_err(|e| Cause::of(&e.server.unwrap()))
    };
    assert!(try_with(&good.0, &[&of_root, &of_bureau]).is_ok());
    assert_eq!(try_with(&bad.0, &[&of_root, &of_bureau]).unwrap_err(), Cause::Revoked);
    assert_eq!(try_with(&good.0, &[&of_root]).unwrap_err(), Cause::NoRevocationList);
    assert_eq!(try_with(&good.0, &[&of_root, &over]).unwrap_err(), Cause::NoRevocationList);
    assert!(try_with(&bad.0, &[]).is_ok(), "without lists nothing is revoked: the chain says who is");
}

#[test]
fn a_key_that_is_not_the_certificates_or_not_for_connections_is_noticed_at_once() {
    let land = Land::new();
    let (_, certificate) = land.identity_of(Profile::Node, Land::year(), "localhost");
    let other = Identity::new(std::slice::from_ref(&certificate), key(KeyUse::Tls));
    assert!(matches!(other, Err(Error::InconsistentKeys(_))), "{other:?}");
    let other = Identity::new(&[certificate], key(KeyUse::Peer));
    assert!(matches!(&other, Err(Error::General(why)) if why.contains("peer")), "{other:?}");
}

#[test]
fn a_handshake_that_is_signed_like_a_certificate_is_refused() {
    let land = Land::new();
    let refused = |user_id| {
        let mut config = client(None, &land.trust()).unwrap();
        config.client_auth_cert_resolver = Arc::new(land.signs_under(user_id));
        meet(config, server(&land.identity(Profile::Node), &land.trust()).unwrap()).map_err(|e| e.server.unwrap()).err()
    };
    assert_eq!(refused(sm::TLS_USER_ID), None);
    let error = refused(sm::USER_ID).unwrap();
    assert_eq!(error, Error::InvalidCertificate(CertificateError::BadSignature));
    assert_eq!(Cause::of(&error), Cause::BadSignature);
}

#[test]
fn the_clock_of_these_tests_is_the_hosts() {
    let host = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!(host.abs_diff(now()) < 60);
}
