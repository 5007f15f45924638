//! Order tokens: the secret in a till's QR code.

use std::{fmt, str::FromStr, sync::Arc};

use hmac::{Hmac, KeyInit, Mac};
use ledger_types::seal::holder_info;
use ledger_types::{Address, ChainId, TxId, owner};
use sm3::Sm3;
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use crate::{KeyError, KeyProvider, KeyUse, SecretScalar, SigningKey, random, random::RandomError, wipe::wiping};

mod base32;

/// Bytes in a token: 160 bits, 32 characters, alphanumeric mode of a QR code.
const TOKEN_LEN: usize = 20;

/// Keeps the derivation apart from every other use of HMAC-SM3. The format of claim keys: frozen.
const LABEL: &[u8] = b"taxchain order token claim key 1";

/// Who holds it may claim the invoice of one order (订单凭证). The text is the secret; `Debug` hides it.
///
/// The claim key of a chain is derived from it: d is the first of HMAC-SM3(token, label || chain id || counter)
/// for counter = 0, 1, … (one byte) that lies in [1, n-2]. Any client that has the token makes the same key.
#[derive(Clone)]
pub struct OrderToken(Zeroizing<[u8; TOKEN_LEN]>);

/// A text that is not an order token. Does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an order token has 32 characters, letters and the digits 2 to 7")]
pub struct TokenParseError;

impl OrderToken {
    /// A new token.
    ///
    /// # Errors
    /// [`RandomError`].
    pub fn generate() -> Result<Self, RandomError> {
        let mut bytes = Zeroizing::new([0; TOKEN_LEN]);
        random::fill(bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }

    /// The key that signs the claim.
    ///
    /// # Errors
    /// [`KeyError::NotImportable`] if the provider takes no keys in.
    pub fn claim_key(&self, chain: &ChainId, provider: &Arc<dyn KeyProvider>) -> Result<SigningKey, KeyError> {
        SigningKey::import(provider, KeyUse::OrderToken, self.secret(chain))
    }

    /// The address of the claim key: what an issuer puts into the invoice's owner condition.
    #[must_use]
    pub fn address(&self, chain: &ChainId) -> Address {
        owner::key_address(chain, &self.secret(chain).public_key().to_bytes().0)
    }

    /// What covers the content key of an invoice for who holds this token: HMAC-SM3 of
    /// [`holder_info`] under it.
    #[must_use]
    pub fn cover(&self, chain: &ChainId, tx: &TxId, item: u16) -> Zeroizing<[u8; 32]> {
        wiping(|| sm::hmac_sm3(self.0.as_slice(), &[&holder_info(chain, tx, item)]))
    }

    fn secret(&self, chain: &ChainId) -> SecretScalar {
        (0..=u8::MAX)
            .find_map(|counter| SecretScalar::from_bytes(&self.candidate(chain, counter)))
            .expect("a candidate is out of range once in 2^32; 256 in a row are not")
    }

    fn candidate(&self, chain: &ChainId, counter: u8) -> Zeroizing<[u8; 32]> {
        wiping(|| {
            let mut mac = Hmac::<Sm3>::new_from_slice(self.0.as_slice()).expect("HMAC takes a key of any length");
            for part in [LABEL, chain.as_bytes(), &[counter]] {
                mac.update(part);
            }
            Zeroizing::new(mac.finalize().into_bytes().into())
        })
    }
}

impl fmt::Display for OrderToken {
    /// The secret itself, for the QR code and nothing else.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = base32::encode(&self.0);
        let result = f.write_str(str::from_utf8(&text).expect("base 32 is ASCII"));
        text.zeroize();
        result
    }
}

impl fmt::Debug for OrderToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OrderToken(hidden)")
    }
}

impl FromStr for OrderToken {
    type Err = TokenParseError;

    fn from_str(text: &str) -> Result<Self, TokenParseError> {
        let mut bytes = Zeroizing::new([0; TOKEN_LEN]);
        base32::decode(text.as_bytes(), &mut bytes).ok_or(TokenParseError)?;
        Ok(Self(bytes))
    }
}

#[cfg(test)]
#[path = "token_test.rs"]
mod token_test;
