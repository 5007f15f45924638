//! No `Debug` and no message shows a secret.

#![allow(clippy::unwrap_used)]

use std::{fmt::Write, sync::Arc};

use ledger_types::{ChainId, Digest, TxId};
use secrecy::SecretString;

use crate::{
    BadSignature, KeyProvider, KeyUse, OrderToken, SecretScalar, SigningKey, SoftwareProvider, key_file, verify_release,
};

const SECRET: [u8; 32] = *b"this is a scalar, 32 bytes long!";
const PASSWORD: &str = "zebra-kumquat-17-oxide";

/// Letters and digits only, so that no separator hides a secret.
fn bare(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// The text forms in which bytes could appear.
fn forms(bytes: &[u8]) -> Vec<String> {
    let decimal = bytes.iter().map(u8::to_string).collect::<String>();
    let mut reversed = bytes.to_vec();
    reversed.reverse();
    vec![hex::encode(bytes), hex::encode(reversed), decimal, bare(&String::from_utf8_lossy(bytes))]
}

fn assert_hidden(text: &str, secrets: &[&[u8]]) {
    let text = bare(text);
    for form in secrets.iter().flat_map(|secret| forms(secret)).filter(|form| form.len() >= 16) {
        // A part is as bad as the whole: look for every part of eight characters or a quarter.
        let len = (form.len() / 4).max(8);
        for part in (0..=form.len() - len).map(|start| &form[start..start + len]) {
            assert!(!text.contains(part), "{part:?} is shown in {text}");
        }
    }
}

#[test]
#[should_panic(expected = "is shown in")]
fn the_search_itself_works() {
    assert_hidden(&format!("Key({SECRET:#04X?})"), &[&[0xaa; 32]]);
    assert_hidden(&format!("Key({SECRET:02x?})"), &[&SECRET]);
}

#[test]
fn every_public_type_hides_its_secret() {
    let chain = ChainId([1; 32]);
    let software = SoftwareProvider::new();
    let scalar = SecretScalar::from_bytes(&SECRET).unwrap();
    let handle = software.import(KeyUse::Release, scalar.clone()).unwrap();
    let provider: Arc<dyn KeyProvider> = Arc::new(software);
    let key = SigningKey::open(&provider, handle.clone()).unwrap();
    let token = OrderToken::generate().unwrap();
    let password = SecretString::from(PASSWORD);
    let pem = key_file::to_pem(&key, &password).unwrap();
    let public = sm::PublicKey::from_bytes(&key.public_key()).unwrap();
    let digest = Digest([1; 32]);
    let verified = verify_release(digest, &public, &key.sign_release(&digest).unwrap()).unwrap();

    let mut shown = String::new();
    let things: [&dyn std::fmt::Debug; 8] =
        [&scalar, &provider, &handle, &key, &token, &verified, &BadSignature, &password];
    for thing in things {
        write!(shown, "{thing:?} {thing:#?} ").unwrap();
    }
    let wrong = SecretString::from("wrong");
    let errors: [&dyn std::error::Error; 4] = [
        &key.sign_transaction(&chain, &TxId([1; 33])).unwrap_err(),
        &key_file::from_pem(&pem, &wrong, &provider, KeyUse::Release).unwrap_err(),
        &key_file::from_pem(&pem, &password, &provider, KeyUse::Vote).unwrap_err(),
        &token.to_string()[1..].parse::<OrderToken>().unwrap_err(),
    ];
    for error in errors {
        write!(shown, "{error} {error:?} ").unwrap();
    }
    let claim = token.claim_key(&chain, &provider).unwrap();
    write!(shown, "{claim:?} {provider:?}").unwrap();
    let token_text = token.to_string();
    assert_hidden(&shown, &[&SECRET, PASSWORD.as_bytes(), token_text.as_bytes()]);
    assert_hidden(&shown, &[claim.export().unwrap().to_bytes().as_slice()]);
    assert_hidden(&pem, &[&SECRET, PASSWORD.as_bytes()]);
}
