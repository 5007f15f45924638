//! Keys and passwords that only several holders open together (密钥保险库、门限恢复).
//!
//! A [`Vault`] is a file that anyone may read: what is in it is sealed with SM4-GCM under a key that comes from a random scalar, and
//! that scalar is split t-of-n (Shamir) with commitments (Feldman), so that each share is checked by itself. Each [`SealedShare`]
//! is a file sealed to one holder's key (plain ECDH with a one-time key, HMAC-SM3, SM4-GCM). Fewer than t shares
//! say nothing of what is inside, not even whether it is a key or how long a password is: all vaults are alike.
//!
//! A holder opens his own share only ([`SealedShare::open`]), or hands it on to another key without seeing it
//! ([`SealedShare::hand_on`]): that is how shares meet. [`Joining`] takes opened shares, one from each holder, names the one that is wrong, and
//! gives the content once there are t. A vault that is split again has another scalar: old shares are foreign to it.

use std::fmt;

use secrecy::SecretString;
use sm::PublicKeyBytes;
use sm2::{ProjectivePoint, Scalar};

use crate::{SecretScalar, SigningKey, random};

mod content;
mod error;
mod format;
mod joining;
mod sealing;
mod sharing;

pub use error::{VaultError, VaultFileError};
pub use joining::{Joining, Opened};

use content::Content;

/// Most holders of a vault.
pub const MAX_HOLDERS: usize = 32;
/// Fewest shares that open one: less would be no vault.
pub const MIN_THRESHOLD: usize = 2;
const ID_LEN: usize = 16;
/// Longest name of a holder, in bytes.
const MAX_NAME: usize = 64;

/// Who holds a share: a name for people, and the public key that the share is sealed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The name.
    pub name: String,
    /// The key, of [`crate::KeyUse::ShareHolder`].
    pub key: PublicKeyBytes,
}

/// A key or password that t of n holders open together. Public: without shares it says nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Vault {
    id: [u8; ID_LEN],
    threshold: u8,
    holders: Vec<Holder>,
    commitments: Vec<ProjectivePoint>,
    nonce: [u8; 12],
    ciphertext: Vec<u8>,
}

/// One holder's share, sealed to a key.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedShare {
    vault: [u8; ID_LEN],
    /// From 1 on; the place in the vault's list of holders.
    index: u8,
    holder: String,
    /// The key that it is sealed to: the holder's, or that of whom it was handed on to.
    recipient: PublicKeyBytes,
    ephemeral: [u8; crate::agreement::SHARE_LEN],
    ciphertext: Vec<u8>,
}

/// A share in clear, on its way into a [`Joining`]. Wiped when dropped.
pub struct OpenShare {
    vault: [u8; ID_LEN],
    index: u8,
    holder: String,
    value: SecretScalarOrZero,
}

/// A share may be any scalar, also those that are no private keys.
struct SecretScalarOrZero(Box<Scalar>);

impl Drop for SecretScalarOrZero {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut *self.0);
    }
}

impl Vault {
    /// Seals a key for `holders`, of whom `threshold` open it; gives the vault, and a share for each holder in their order.
    ///
    /// # Errors
    /// [`VaultError::Holders`]; [`VaultError::Key`] if the key's provider lets none out; [`VaultError::Random`].
    pub fn of_key(
        key: &SigningKey,
        holders: &[Holder],
        threshold: usize,
    ) -> Result<(Self, Vec<SealedShare>), VaultError> {
        Self::split(&Content::Key(key.key_use(), key.export()?), holders, threshold)
    }

    /// The same for a password, of at most 200 bytes.
    ///
    /// # Errors
    /// [`VaultError::Holders`], [`VaultError::PasswordLength`], [`VaultError::Random`].
    pub fn of_password(
        password: &SecretString,
        holders: &[Holder],
        threshold: usize,
    ) -> Result<(Self, Vec<SealedShare>), VaultError> {
        Self::split(&Content::password(password)?, holders, threshold)
    }

    fn split(content: &Content, holders: &[Holder], threshold: usize) -> Result<(Self, Vec<SealedShare>), VaultError> {
        check_holders(holders, threshold)?;
        let root = SecretScalar::random()?;
        let dealt = sharing::split(&root, threshold, holders.len())?;
        let mut vault = Self {
            id: random::array()?,
            threshold: u8::try_from(threshold).expect("a threshold is at most the number of holders"),
            holders: holders.to_vec(),
            commitments: dealt.commitments,
            nonce: random::array()?,
            ciphertext: Vec::new(),
        };
        vault.ciphertext = content.seal(&root, &vault);
        let shares = dealt
            .shares
            .iter()
            .zip(holders)
            .zip(1..)
            .map(|((value, holder), index)| sealing::seal(&value.0, vault.id, index, &holder.name, &holder.key));
        let shares = shares.collect::<Result<_, _>>()?;
        Ok((vault, shares))
    }

    /// Begins to join shares.
    #[must_use]
    pub fn join(&self) -> Joining<'_> {
        Joining::new(self)
    }

    /// The vault's own number, in hex: it stands in each of its shares.
    #[must_use]
    pub fn id(&self) -> String {
        hex(&self.id)
    }

    /// How many shares open it.
    #[must_use]
    pub fn threshold(&self) -> usize {
        self.threshold.into()
    }

    /// Who holds shares, in the order of the shares' numbers, which begin with 1.
    #[must_use]
    pub fn holders(&self) -> &[Holder] {
        &self.holders
    }

    /// The text of a vault's file.
    #[must_use]
    pub fn to_pem(&self) -> String {
        format::vault_to_pem(self)
    }

    /// Reads the text of a vault's file.
    ///
    /// # Errors
    /// [`VaultFileError`].
    pub fn from_pem(text: &str) -> Result<Self, VaultFileError> {
        format::vault_from_pem(text)
    }
}

impl SealedShare {
    /// Opens the share with the key that it is sealed to.
    ///
    /// # Errors
    /// [`VaultError::OthersShare`], [`VaultError::DamagedShare`], each with whose it is; [`VaultError::Key`].
    pub fn open(&self, key: &SigningKey) -> Result<OpenShare, VaultError> {
        sealing::open(self, key)
    }

    /// Seals the share to another key in place of `key`. It stays this holder's share.
    ///
    /// # Errors
    /// As [`SealedShare::open`]; [`VaultError::NoPoint`].
    pub fn hand_on(&self, key: &SigningKey, to: &PublicKeyBytes) -> Result<Self, VaultError> {
        let open = self.open(key)?;
        sealing::seal(&open.value.0, self.vault, self.index, &self.holder, to)
    }

    /// The number of the vault, in hex.
    #[must_use]
    pub fn vault(&self) -> String {
        hex(&self.vault)
    }

    /// Which share: 1 or more.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index.into()
    }

    /// Whose it is.
    #[must_use]
    pub fn holder(&self) -> &str {
        &self.holder
    }

    /// The key that it is sealed to.
    #[must_use]
    pub fn recipient(&self) -> PublicKeyBytes {
        self.recipient
    }

    /// The text of a share's file.
    #[must_use]
    pub fn to_pem(&self) -> String {
        format::share_to_pem(self)
    }

    /// Reads the text of a share's file.
    ///
    /// # Errors
    /// [`VaultFileError`].
    pub fn from_pem(text: &str) -> Result<Self, VaultFileError> {
        format::share_from_pem(text)
    }
}

fn check_holders(holders: &[Holder], threshold: usize) -> Result<(), VaultError> {
    let wrong = |why: String| Err(VaultError::Holders(why));
    if threshold < MIN_THRESHOLD || threshold > holders.len() || holders.len() > MAX_HOLDERS {
        return wrong(format!(
            "{threshold} of {} is not possible: {MIN_THRESHOLD} or more, of at most {MAX_HOLDERS}",
            holders.len()
        ));
    }
    for (place, holder) in holders.iter().enumerate() {
        let name = &holder.name;
        if !good_name(name) {
            return wrong(format!("{name:?} is no name: up to {MAX_NAME} bytes, without control characters"));
        }
        for other in &holders[..place] {
            if other.name == *name {
                return wrong(format!("two holders are called {name}"));
            }
            if other.key == holder.key {
                return wrong(format!("{} and {name} have one key: each share needs a holder of its own", other.name));
            }
        }
    }
    Ok(())
}

fn good_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= MAX_NAME && !name.chars().any(char::is_control)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (threshold, holders) = (self.threshold, self.holders.len());
        write!(f, "Vault({}, {threshold} of {holders})", self.id())
    }
}

impl fmt::Debug for SealedShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedShare({} of {}, {})", self.index, self.vault(), self.holder)
    }
}

impl fmt::Debug for OpenShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenShare({} of {}, {}, hidden)", self.index, hex(&self.vault), self.holder)
    }
}

#[cfg(test)]
#[path = "vault/vault_test.rs"]
mod vault_test;
