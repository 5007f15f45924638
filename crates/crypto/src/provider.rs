//! The seam between the keys of the chain and what keeps them.

use std::fmt;

use sm::{PublicKeyBytes, Signature};

use crate::{
    KeyError, KeyHandle, KeyUse, SecretScalar, SignRequest,
    agreement::{SHARE_LEN, SharedSecret},
};

/// Keeps private keys and signs with them (密码模块): software now, a cipher card or HSM through SDF later.
/// Every implementation passes the suite of the `conformance` module. `Debug` shows no key material.
pub trait KeyProvider: fmt::Debug + Send + Sync {
    /// Makes a key.
    ///
    /// # Errors
    /// [`KeyError::Random`] or [`KeyError::Device`].
    fn generate(&self, key_use: KeyUse) -> Result<KeyHandle, KeyError>;

    /// The public key, compressed SEC1.
    ///
    /// # Errors
    /// [`KeyError::UnknownKey`] for another provider's handle.
    fn public_key(&self, key: &KeyHandle) -> Result<PublicKeyBytes, KeyError>;

    /// What the key is for.
    ///
    /// # Errors
    /// [`KeyError::UnknownKey`] for another provider's handle.
    fn key_use(&self, key: &KeyHandle) -> Result<KeyUse, KeyError>;

    /// Signs with a nonce that is never used again: r || s over SM3(Z || message), GB/T 32918.2.
    ///
    /// # Errors
    /// [`KeyError::WrongUse`] if the key's use does not allow the purpose of the request, before anything is
    /// signed; [`KeyError::UnknownKey`], [`KeyError::Random`], [`KeyError::Device`].
    fn sign(&self, key: &KeyHandle, request: &SignRequest) -> Result<Signature, KeyError>;

    /// Agrees on a secret with whoever has the private key of `point`, an uncompressed one (plain ECDH).
    ///
    /// # Errors
    /// [`KeyError::NoAgreement`] unless the provider supports it and the key is for that; [`KeyError::BadPoint`],
    /// [`KeyError::UnknownKey`], [`KeyError::Device`].
    fn agree(&self, key: &KeyHandle, point: &[u8; SHARE_LEN]) -> Result<SharedSecret, KeyError> {
        let _ = point;
        Err(KeyError::NoAgreement { key_use: self.key_use(key)? })
    }

    /// Takes in a key that was read from an encrypted file or derived from an order token.
    ///
    /// # Errors
    /// [`KeyError::NotImportable`] unless the provider supports it.
    fn import(&self, key_use: KeyUse, secret: SecretScalar) -> Result<KeyHandle, KeyError> {
        let _ = (key_use, secret);
        Err(KeyError::NotImportable)
    }

    /// Gives out a key, for an encrypted file.
    ///
    /// # Errors
    /// [`KeyError::NotExportable`] unless the provider supports it; [`KeyError::UnknownKey`].
    fn export(&self, key: &KeyHandle) -> Result<SecretScalar, KeyError> {
        let _ = key;
        Err(KeyError::NotExportable)
    }
}
