//! Why a key could not be used, and why a signature was not accepted.

use thiserror::Error;

use crate::{KeyUse, Signs, random::RandomError};

/// A key operation that did not happen. Never carries key material.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The handle names no key of this provider.
    #[error("this provider holds no key under this handle")]
    UnknownKey,
    /// The key is for something else.
    #[error("a key for {key_use} does not sign for the purpose {signs}")]
    WrongUse {
        /// What the key is for.
        key_use: KeyUse,
        /// What it was asked to sign.
        signs: Signs,
    },
    /// What is to be signed is not the content of a handshake's CertificateVerify.
    #[error("these bytes are not what a handshake signs")]
    NotAHandshake,
    /// The key is for something else than agreement.
    #[error("a key for {0} does not agree on keys with others")]
    NotForAgreement(KeyUse),
    /// Bodies are sealed on this chain, and nobody who signs has a key to seal with.
    #[error("bodies of this chain are sealed: the sender needs a key of agreement beside the signing key")]
    NoSenderKey,
    /// The provider signs only.
    #[error("this provider does not agree on keys with others")]
    NoAgreement,
    /// The other party's public key is no point of the curve.
    #[error("the other party's public key is no point of the curve")]
    BadPeer,
    /// The provider keeps its keys for ever.
    #[error("this provider does not let keys out")]
    NotExportable,
    /// The provider makes its own keys only.
    #[error("this provider does not take keys in")]
    NotImportable,
    /// No good random numbers.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// A device failed; the text is the device's own.
    #[error("the key device failed: {0}")]
    Device(String),
}

/// The signature is not this key's over this value on this chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the signature does not fit the key, the value and the chain")]
pub struct BadSignature;
