//! The seam between the keys of the chain and what keeps them.

use std::fmt;

use sm::{PublicKeyBytes, Signature};
use zeroize::Zeroizing;

use crate::{KeyError, KeyHandle, KeyUse, SecretScalar, SignRequest};

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

    /// Agrees with the holder of another key: HMAC-SM3 of `info` under the x coordinate (32 bytes, big-endian) of
    /// d·`other`, plain ECDH. What is derived leaves the provider, what it is derived from does not. For keys whose
    /// use [agrees](KeyUse::agrees) alone.
    ///
    /// # Errors
    /// [`KeyError::NoAgreement`] unless the provider supports it; [`KeyError::NotForAgreement`] for a key of another use;
    /// [`KeyError::BadPeer`] if `other` is no point; [`KeyError::UnknownKey`], [`KeyError::Device`].
    fn agree(&self, key: &KeyHandle, other: &PublicKeyBytes, info: &[u8]) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        let _ = (key, other, info);
        Err(KeyError::NoAgreement)
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
