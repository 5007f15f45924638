//! API tokens: who calls, until callers have certificates.

use std::fmt;
use std::str::FromStr;

use ledger_types::{KeyId, Role};
use zeroize::Zeroizing;

/// 32 random bytes, written as 64 hex digits behind `Bearer`. The store keeps only its SM3. `Debug` hides it;
/// `Display` is the secret itself, to be handed to its owner once.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiToken(Zeroizing<[u8; 32]>);

/// A text that is not an API token. Does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an API token has 64 hexadecimal digits")]
pub struct ApiTokenParseError;

impl ApiToken {
    /// A new token.
    ///
    /// # Errors
    /// No good random numbers.
    pub fn generate() -> Result<Self, crypto::random::RandomError> {
        let mut bytes = Zeroizing::new([0; 32]);
        crypto::random::fill(bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }

    /// What the store keeps: looking a token up by its hash also tells nothing by how long it takes.
    pub(crate) fn hash(&self) -> [u8; 32] {
        sm::sm3_parts(&[b"taxchain api token 1", self.0.as_slice()])
    }

    /// The value of the `authorization` metadata.
    #[must_use]
    pub fn bearer(&self) -> String {
        format!("Bearer {self}")
    }
}

impl fmt::Display for ApiToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for ApiToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiToken(hidden)")
    }
}

impl FromStr for ApiToken {
    type Err = ApiTokenParseError;

    fn from_str(text: &str) -> Result<Self, ApiTokenParseError> {
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text, bytes.as_mut_slice()).map_err(|_| ApiTokenParseError)?;
        Ok(Self(bytes))
    }
}

/// What a token is for: a role, and the key of the account whose office it stands for, if it is tied to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenRole {
    /// What its holder may do.
    pub role: Role,
    /// The token ends with the office of this key on the chain.
    pub key: Option<KeyId>,
}

impl From<Role> for TokenRole {
    fn from(role: Role) -> Self {
        Self { role, key: None }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn text_reads_back_and_debug_hides_it() {
        let token = ApiToken::generate().unwrap();
        let text = token.to_string();
        assert_eq!(text.len(), 64);
        assert_eq!(text.parse::<ApiToken>().unwrap(), token);
        assert_eq!(text.to_uppercase().parse::<ApiToken>().unwrap().hash(), token.hash());
        assert!(!format!("{token:?}").contains(&text[..8]));
        assert_ne!(ApiToken::generate().unwrap().hash(), token.hash());
        for bad in ["", "12", &format!("{text}0"), &"zz".repeat(32)] {
            assert_eq!(bad.parse::<ApiToken>(), Err(ApiTokenParseError));
        }
    }
}
