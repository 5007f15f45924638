//! Shares come together.

use std::{collections::BTreeMap, fmt, sync::Arc};

use secrecy::SecretString;

use super::{Content, Holder, OpenShare, SealedShare, Vault, VaultError, hex, sharing};
use crate::{KeyProvider, KeyUse, SigningKey};

/// A vault with the good shares that were given so far. A share that is not good is named and not counted.
pub struct Joining<'v> {
    vault: &'v Vault,
    shares: BTreeMap<u8, OpenShare>,
}

/// What was in a vault. Wiped when dropped.
pub struct Opened(Content);

impl<'v> Joining<'v> {
    pub(super) fn new(vault: &'v Vault) -> Self {
        Self { vault, shares: BTreeMap::new() }
    }

    /// Takes a share in; gives how many more are needed.
    ///
    /// # Errors
    /// [`VaultError::ForeignShare`], [`VaultError::SwappedShare`], [`VaultError::RepeatedShare`], [`VaultError::WrongShare`].
    pub fn add(&mut self, share: OpenShare) -> Result<usize, VaultError> {
        let (index, holder) = (usize::from(share.index), share.holder.clone());
        if share.vault != self.vault.id {
            let (found, wanted) = (hex(&share.vault), self.vault.id());
            return Err(VaultError::ForeignShare { index, holder, found, wanted });
        }
        let listed = index.checked_sub(1).and_then(|place| self.vault.holders.get(place));
        if listed.is_none_or(|listed| listed.name != share.holder) {
            let listed = listed.map_or_else(|| "not there".to_owned(), |listed| format!("{}'s", listed.name));
            return Err(VaultError::SwappedShare { index, holder, listed });
        }
        if self.shares.contains_key(&share.index) {
            return Err(VaultError::RepeatedShare { index, holder });
        }
        if !sharing::fits(share.index, &share.value.0, &self.vault.commitments) {
            return Err(VaultError::WrongShare { index, holder });
        }
        self.shares.insert(share.index, share);
        Ok(self.missing())
    }

    /// How many more are needed.
    #[must_use]
    pub fn missing(&self) -> usize {
        self.vault.threshold().saturating_sub(self.shares.len())
    }

    /// Whose shares are here.
    #[must_use]
    pub fn given(&self) -> Vec<&str> {
        self.shares.values().map(|share| share.holder.as_str()).collect()
    }

    /// Opens the vault; the shares are wiped.
    ///
    /// # Errors
    /// [`VaultError::TooFew`], [`VaultError::ChangedVault`].
    pub fn open(self) -> Result<Opened, VaultError> {
        if self.missing() > 0 {
            return Err(VaultError::TooFew { have: self.shares.len(), need: self.vault.threshold() });
        }
        let enough: Vec<_> =
            self.shares.values().take(self.vault.threshold()).map(|share| (share.index, &share.value)).collect();
        let root = sharing::join(&enough).ok_or(VaultError::ChangedVault)?;
        Content::open(&root, self.vault).map(Opened).ok_or(VaultError::ChangedVault)
    }
}

impl Opened {
    /// What a key in it is for; none for a password.
    #[must_use]
    pub fn key_use(&self) -> Option<KeyUse> {
        match &self.0 {
            Content::Key(key_use, _) => Some(*key_use),
            Content::Password(_) => None,
        }
    }

    /// The key, put into a provider.
    ///
    /// # Errors
    /// [`VaultError::OtherContent`] for a password; [`VaultError::Key`].
    pub fn into_key(self, provider: &Arc<dyn KeyProvider>) -> Result<SigningKey, VaultError> {
        match self.0 {
            Content::Key(key_use, secret) => Ok(SigningKey::import(provider, key_use, secret)?),
            Content::Password(_) => Err(other("a password", "a key")),
        }
    }

    /// The password.
    ///
    /// # Errors
    /// [`VaultError::OtherContent`] for a key.
    pub fn into_password(self) -> Result<SecretString, VaultError> {
        match self.0 {
            Content::Password(password) => Ok(password),
            Content::Key(key_use, _) => Err(other(&format!("a key for {key_use}"), "a password")),
        }
    }

    /// The same content in a new vault: other holders, another threshold, or after a share was lost or seen. The shares of the old one
    /// are foreign to it; destroy the old vault's files all the same, as its shares still open those.
    ///
    /// # Errors
    /// [`VaultError::Holders`], [`VaultError::Random`].
    pub fn split_again(&self, holders: &[Holder], threshold: usize) -> Result<(Vault, Vec<SealedShare>), VaultError> {
        Vault::split(&self.0, holders, threshold)
    }
}

fn other(found: &str, wanted: &str) -> VaultError {
    VaultError::OtherContent { found: found.to_owned(), wanted: wanted.to_owned() }
}

impl fmt::Debug for Joining<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Joining").field("vault", &self.vault).field("given", &self.given()).finish()
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opened(hidden)")
    }
}
