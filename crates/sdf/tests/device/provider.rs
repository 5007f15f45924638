//! What a provider must do, and how keys are named and opened.

use std::sync::Arc;
use std::time::Instant;

use crypto::{KeyError, KeyProvider, KeyUse, SigningKey, SoftwareProvider, verify_release};
use ledger_types::{ChainId, Digest, TxId};
use mock_device::PIN;
use sdf::{Code, SdfError, SdfProvider, Settings};
use sm::PublicKey;

use crate::card::{Card, Count, write};

fn signs(key: &SigningKey) {
    let digest = Digest([7; 32]);
    let signature = key.sign_release(&digest).unwrap();
    verify_release(digest, &PublicKey::from_bytes(&key.public_key()).unwrap(), &signature).unwrap();
}

#[test]
fn both_providers_pass_the_suite() {
    let card = Card::new();
    let checks = crypto::conformance::run(&|| card.provider()).unwrap();
    assert_eq!(checks, crypto::conformance::CHECKS.len());
    assert_eq!(crypto::conformance::run(&SoftwareProvider::shared).unwrap(), checks);
    assert_eq!(card.count(Count::Sessions), 0, "what was opened was closed");
}

#[test]
fn keys_have_names_and_one_use() {
    let card = Card::new();
    let mut settings = card.settings();
    settings.labels.insert("release".to_owned(), 350);
    let provider = card.provider_with(settings);
    let by_label = provider.key("release", KeyUse::Release).unwrap();
    let by_index = provider.key("sdf:350", KeyUse::Release).unwrap();
    assert_eq!(by_label.public_key(), by_index.public_key());
    assert_eq!(provider.public_key_of("350").unwrap(), by_index.public_key());
    signs(&by_label);
    let other = provider.key("350", KeyUse::Vote).unwrap_err();
    assert_eq!(other, SdfError::OtherUse { index: 350, has: KeyUse::Release, wanted: KeyUse::Vote });
    assert!(matches!(by_label.sign_transaction(&ChainId([1; 32]), &TxId([1; 33])), Err(KeyError::WrongUse { .. })));
    let unknown = provider.key("relaese", KeyUse::Release).unwrap_err();
    assert_eq!(unknown, SdfError::UnknownName { name: "relaese".to_owned(), known: "release".to_owned() });
    let missing = provider.key("401", KeyUse::Peer).unwrap_err();
    assert_eq!(missing, SdfError::Device { call: "SDF_ExportSignPublicKey_ECC", code: Code::NO_KEY });
    assert!(missing.to_string().contains("0x01000008 SDR_KEYNOTEXIST: there is no SM2 signing key"), "{missing}");
}

#[test]
fn spare_keys_are_taken_once_and_run_out() {
    let card = Card::new();
    let mut settings = card.settings();
    // 13 is a gap.
    settings.spare = Some((12, 14));
    let provider = card.provider_with(settings);
    let first = provider.generate(KeyUse::Vote).unwrap();
    let second = provider.generate(KeyUse::Vote).unwrap();
    assert_eq!(provider.public_key(&second).unwrap(), provider.public_key_of("14").unwrap());
    drop(first);
    let none: KeyError = SdfError::NoSpareKey.into();
    assert_eq!(provider.generate(KeyUse::Vote).unwrap_err(), none, "a used key is not new again");
    let mut without = card.settings();
    without.spare = None;
    assert_eq!(card.provider_with(without).generate(KeyUse::Vote).unwrap_err(), none);
}

#[test]
fn the_pin_comes_from_a_file_of_its_owner() {
    let card = Card::new();
    let open = |settings: Settings| SdfProvider::open(settings).map(Arc::new);
    let mut settings = card.settings();
    let why = open(settings.clone()).unwrap_err();
    assert_eq!(why, SdfError::Pin("name pin_file in [sdf], or set TAXCHAIN_SDF_PIN".to_owned()));
    settings.pin_file = Some("pin".into());
    let settings = settings.within(card.path("").as_path());
    let pin = str::from_utf8(PIN).unwrap();
    write(&card.path("pin"), &format!("{pin}\n"), 0o640);
    let why = open(settings.clone()).unwrap_err().to_string();
    assert!(why.contains("mode 0640") && why.contains("chmod 600") && !why.contains(pin), "{why}");
    write(&card.path("pin"), &format!("{pin}\n"), 0o600);
    let provider = open(settings.clone()).unwrap();
    signs(&provider.key("1", KeyUse::Release).unwrap());
    for (text, why) in [("\n", "empty"), (&*"x".repeat(300), "longer than 256")] {
        write(&card.path("pin"), text, 0o600);
        assert!(open(settings.clone()).unwrap_err().to_string().contains(why), "{why}");
    }
    let shown = format!("{provider:?} {provider:#?}");
    assert!(!shown.contains(pin) && !shown.contains(&format!("{PIN:?}")), "{shown}");
}

#[test]
fn a_wrong_library_or_setting_is_named() {
    let card = Card::new();
    let open = |settings: Settings| SdfProvider::with_pin(settings, crate::card::pin()).unwrap_err();
    let missing = Settings::of(card.path("no-such.so"));
    assert!(matches!(open(missing), SdfError::Library { .. }));
    write(&card.path("text.so"), "not a library", 0o600);
    assert!(matches!(open(Settings::of(card.path("text.so"))), SdfError::Library { .. }));
    let libc = ["/lib/x86_64-linux-gnu/libm.so.6", "/lib/aarch64-linux-gnu/libm.so.6", "/usr/lib/libm.so.6"];
    if let Some(other) = libc.iter().map(std::path::PathBuf::from).find(|p| p.exists()) {
        let error = open(Settings::of(other.clone()));
        assert_eq!(error, SdfError::NoSuchCall { path: other, call: "SDF_OpenDevice" });
    }
    for change in [
        (|s: &mut Settings| s.sessions = 0) as fn(&mut Settings),
        |s| s.timeout_ms = 1,
        |s| s.spare = Some((5, 4)),
        |s| s.labels = [("vote".to_owned(), 0)].into(),
    ] {
        let mut settings = card.settings();
        change(&mut settings);
        assert!(matches!(open(settings), SdfError::Settings(_)));
    }
}

/// Not a limit: prints what the way to a device costs on top of the device's own work.
#[test]
fn what_a_signature_costs() {
    let card = Card::new();
    let key = card.provider().key("1", KeyUse::Release).unwrap();
    let software = SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Release).unwrap();
    for (name, key) in [("mock device", &key), ("software", &software)] {
        let begun = Instant::now();
        (0..200).for_each(|_| assert!(key.sign_release(&Digest([1; 32])).is_ok()));
        println!("a signature by {name}: {} us", begun.elapsed().as_micros() / 200);
    }
}
