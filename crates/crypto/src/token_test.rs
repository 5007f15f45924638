#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use sm::PublicKey;

use super::*;
use crate::SoftwareProvider;

const CHAIN: ChainId = ChainId([0x11; 32]);
const TEXT: &str = "AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQT";

fn token() -> OrderToken {
    TEXT.parse().unwrap()
}

/// Made by other programs:
/// `printf 'taxchain order token claim key 1' | cat - <(head -c32 /dev/zero | tr '\0' '\21') <(printf '\0') |
/// openssl mac -digest SM3 -macopt hexkey:000102030405060708090a0b0c0d0e0f10111213 HMAC`,
/// and the point with `openssl ec -pubout -conv_form compressed` (tests/fixtures/make.sh).
const CLAIM_SCALAR: &str = "4f63ba748113fe56c6388dff9f849f80398ea52b4d8c19b420301530fd1d517c";
const CLAIM_PUBLIC: &str = "0215b50523cc6f222d544dbf20558d11ba70b079426b6f5a745ef86facac9e6090";

#[test]
fn the_claim_key_is_what_other_programs_derive() {
    assert_eq!(hex::encode(*token().secret(&CHAIN).to_bytes()), CLAIM_SCALAR);
    let key = token().claim_key(&CHAIN, &SoftwareProvider::shared()).unwrap();
    assert_eq!(hex::encode(key.public_key().0), CLAIM_PUBLIC);
    assert_eq!(key.key_use(), KeyUse::OrderToken);
}

#[test]
fn the_holder_of_the_text_signs_for_the_address_that_the_issuer_wrote() {
    let issued = OrderToken::generate().unwrap();
    let claimed: OrderToken = issued.to_string().parse().unwrap();
    let key = claimed.claim_key(&CHAIN, &SoftwareProvider::shared()).unwrap();
    assert_eq!(issued.address(&CHAIN), key.address(&CHAIN));
    let tx = ledger_types::TxId([1; 33]);
    let signature = key.sign_transaction(&CHAIN, &tx).unwrap();
    let public = PublicKey::from_bytes(&key.public_key()).unwrap();
    assert!(crate::verify_transaction(&CHAIN, tx, &public, &signature).is_ok());
}

#[test]
fn each_chain_has_its_own_claim_key() {
    assert_ne!(token().address(&CHAIN), token().address(&ChainId([0x12; 32])));
    assert_ne!(token().candidate(&CHAIN, 0), token().candidate(&CHAIN, 1), "the counter counts");
}

#[test]
fn text_that_is_no_token_is_refused() {
    assert_eq!(token().to_string(), TEXT);
    assert_eq!(TEXT.to_lowercase().parse::<OrderToken>().unwrap().to_string(), TEXT);
    let replaced = |with: &str| TEXT.replacen('Q', with, 1);
    for bad in ["", &TEXT[1..], &format!("{TEXT}A"), &replaced("1"), &replaced("8"), &replaced("="), &replaced("é")] {
        assert_eq!(bad.parse::<OrderToken>().unwrap_err(), TokenParseError, "{bad}");
    }
}

proptest! {
    /// One text for one token, and no text for two.
    #[test]
    fn text_and_bytes_round_trip(bytes: [u8; TOKEN_LEN]) {
        let token = OrderToken(Zeroizing::new(bytes));
        let text = token.to_string();
        prop_assert_eq!(text.len(), base32::TEXT_LEN);
        prop_assert_eq!(*text.parse::<OrderToken>().unwrap().0, bytes);
    }

    #[test]
    fn any_text_is_parsed_or_refused(text: String) {
        let _ = text.parse::<OrderToken>();
    }
}
