//! A device that misbehaves.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crypto::{KeyError, KeyProvider, KeyUse, SecretString, SigningKey};
use ledger_types::Digest;
use mock_device::Trouble;
use sdf::{Code, SdfError, SdfProvider};

use crate::card::{Card, Count};

const DIGEST: Digest = Digest([7; 32]);

/// With one session, so that what is counted does not depend on which thread is free.
fn key(card: &Card) -> SigningKey {
    let mut settings = card.settings();
    settings.sessions = 1;
    card.provider_with(settings).key("1", KeyUse::Release).unwrap()
}

fn refused(error: SdfError) -> KeyError {
    error.into()
}

#[test]
fn a_wrong_pin_is_shown_once_and_never_again() {
    let card = Card::new();
    let wrong = "wrong-pin-1357";
    let provider = SdfProvider::with_pin(card.settings(), SecretString::from(wrong)).map(Arc::new).unwrap();
    let keys: Vec<_> = (1..=4).map(|i| provider.key(&i.to_string(), KeyUse::Release).unwrap()).collect();
    let first = keys[0].sign_release(&DIGEST).unwrap_err();
    assert_eq!(first, refused(SdfError::PinRefused { index: 1, code: Code::PIN_REFUSED }));
    assert!(first.to_string().contains("0x01000018 SDR_PRKRERR") && !first.to_string().contains(wrong), "{first}");
    thread::scope(|scope| {
        for key in &keys {
            scope.spawn(|| assert_eq!(key.sign_release(&DIGEST).unwrap_err(), first));
        }
    });
    assert_eq!(card.count(Count::PinsShown), 1, "the device would lock after three");
    key(&card).sign_release(&DIGEST).unwrap();
}

#[test]
fn a_busy_device_is_asked_again_after_a_while() {
    let card = Card::new();
    let key = key(&card);
    card.trouble(Trouble::SessionLost, 1);
    card.trouble(Trouble::Busy, 3);
    let begun = Instant::now();
    key.sign_release(&DIGEST).unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(5 + 10 + 20), "{:?}", begun.elapsed());
}

#[test]
fn a_device_that_stays_busy_is_said_to_be() {
    let card = Card::new();
    let mut settings = card.settings();
    settings.timeout_ms = 200;
    let provider = card.provider_with(settings);
    card.trouble(Trouble::Busy, u32::MAX);
    let error = provider.key("1", KeyUse::Release).unwrap_err();
    assert_eq!(error, SdfError::Device { call: "SDF_OpenSession", code: Code::OPEN_SESSION });
}

#[test]
fn a_lost_session_is_opened_again_and_gets_its_rights_back() {
    let card = Card::new();
    let key = key(&card);
    key.sign_release(&DIGEST).unwrap();
    let (sessions, pins) = (card.count(Count::Opened), card.count(Count::PinsShown));
    card.trouble(Trouble::SessionLost, 1);
    key.sign_release(&DIGEST).unwrap();
    assert_eq!((card.count(Count::Opened), card.count(Count::PinsShown)), (sessions + 1, pins + 1));
    assert_eq!(card.count(Count::Devices), 1, "the device itself was not lost");
}

#[test]
fn a_device_whose_sessions_open_and_do_not_work_is_opened_again() {
    let card = Card::new();
    let key = key(&card);
    key.sign_release(&DIGEST).unwrap();
    card.trouble(Trouble::SessionLost, 2);
    key.sign_release(&DIGEST).unwrap();
    assert_eq!(card.count(Count::Devices), 2);
}

#[test]
fn a_device_that_restarted_is_opened_again() {
    let card = Card::new();
    let key = key(&card);
    key.sign_release(&DIGEST).unwrap();
    card.trouble(Trouble::Restart, 1);
    card.trouble(Trouble::Gone, 2);
    key.sign_release(&DIGEST).unwrap();
    assert_eq!(card.count(Count::Devices), 2);
}

#[test]
fn a_device_that_is_gone_is_named_and_may_come_back() {
    let card = Card::new();
    let mut settings = card.settings();
    settings.timeout_ms = 200;
    let key = card.provider_with(settings).key("1", KeyUse::Release).unwrap();
    card.trouble(Trouble::Restart, 1);
    card.trouble(Trouble::Gone, u32::MAX);
    let error = key.sign_release(&DIGEST).unwrap_err();
    assert_eq!(error, refused(SdfError::Device { call: "SDF_OpenDevice", code: Code::COMMUNICATION }));
    card.trouble(Trouble::Gone, 0);
    key.sign_release(&DIGEST).unwrap();
}

#[test]
fn a_wrong_signature_does_not_get_out() {
    let card = Card::new();
    let key = key(&card);
    card.trouble(Trouble::WrongSignature, 1);
    assert_eq!(key.sign_release(&DIGEST).unwrap_err(), refused(SdfError::WrongSignature { index: 1 }));
    key.sign_release(&DIGEST).unwrap();
}

#[test]
fn a_public_key_that_is_no_point_is_refused() {
    let card = Card::new();
    card.trouble(Trouble::BadKey, 1);
    let error = card.provider().key("1", KeyUse::Release).unwrap_err();
    assert!(matches!(error, SdfError::NotSm2 { index: 1, .. }), "{error}");
}

#[test]
fn a_slow_device_costs_its_caller_no_more_than_the_time_out() {
    let card = Card::new();
    let mut settings = card.settings();
    (settings.timeout_ms, settings.sessions) = (100, 2);
    let key = card.provider_with(settings).key("1", KeyUse::Release).unwrap();
    key.sign_release(&DIGEST).unwrap();
    card.trouble(Trouble::Slow, 1);
    let begun = Instant::now();
    assert_eq!(key.sign_release(&DIGEST).unwrap_err(), refused(SdfError::TimedOut { ms: 100 }));
    assert!(begun.elapsed() < Duration::from_millis(450), "{:?}", begun.elapsed());
    key.sign_release(&DIGEST).unwrap();
}

#[test]
fn sessions_are_bounded_and_those_who_wait_are_too() {
    let card = Card::new();
    let mut settings = card.settings();
    (settings.timeout_ms, settings.sessions) = (400, 2);
    let key = card.provider_with(settings).key("1", KeyUse::Release).unwrap();
    card.trouble(Trouble::Slow, u32::MAX);
    let answers: Vec<_> = thread::scope(|scope| {
        let all: Vec<_> = (0..140).map(|_| scope.spawn(|| key.sign_release(&DIGEST).unwrap_err())).collect();
        all.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert_eq!(card.count(Count::MostSessions), 2);
    let turned_away = refused(SdfError::Overloaded { waiting: 128 });
    let count = |error: &KeyError| answers.iter().filter(|a| *a == error).count();
    assert!(count(&turned_away) >= 5, "{answers:?}");
    assert_eq!(count(&turned_away) + count(&refused(SdfError::TimedOut { ms: 400 })), 140);
    // Two were under way. What was late is not asked of the device, also not when it has time.
    thread::sleep(Duration::from_millis(1_300));
    assert!(card.count(Count::Signatures) < 5, "{}", card.count(Count::Signatures));
}

#[test]
fn a_closed_provider_leaves_nothing_open() {
    let card = Card::new();
    let provider = card.provider();
    let key = provider.key("1", KeyUse::Release).unwrap();
    thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(|| key.sign_release(&DIGEST).unwrap()))));
    assert!(card.count(Count::Sessions) > 0 && card.count(Count::MostSessions) <= 4);
    let handle = provider.generate(KeyUse::Peer).unwrap();
    drop((key, provider));
    assert_eq!(card.count(Count::Sessions), 0);
    drop(handle);
}
