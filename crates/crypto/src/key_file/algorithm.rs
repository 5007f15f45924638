//! Object identifiers of key files, and the algorithm identifier that carries them.

use der::{
    Sequence,
    asn1::{AnyRef, ObjectIdentifier},
};

use super::KeyFileError;

/// PBES2 (RFC 8018).
pub(super) const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");
/// PBKDF2 (RFC 8018).
pub(super) const PBKDF2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.12");
/// HMAC-SM3 (GM/T 0006).
pub(super) const HMAC_SM3: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.401.2");
/// HMAC-SHA256 (RFC 8018).
pub(super) const HMAC_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.2.9");
/// SM4-CBC (GM/T 0006).
pub(super) const SM4_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.104.2");
/// Public key of an elliptic curve (RFC 5480).
pub(super) const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// sm2p256v1 (GM/T 0006).
pub(super) const SM2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");
/// friendlyName (RFC 2985).
pub(super) const FRIENDLY_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.20");

/// An algorithm with its parameters.
#[derive(Clone, Debug, Sequence)]
pub(super) struct Algorithm<'a> {
    pub(super) oid: ObjectIdentifier,
    pub(super) parameters: Option<AnyRef<'a>>,
}

impl<'a> Algorithm<'a> {
    /// The parameters, if the algorithm is the expected one.
    pub(super) fn expect(&self, oid: ObjectIdentifier, what: &'static str) -> Result<AnyRef<'a>, KeyFileError> {
        if self.oid != oid {
            return Err(KeyFileError::Unsupported { what, oid: self.oid });
        }
        self.parameters.ok_or(KeyFileError::Malformed("an algorithm lacks its parameters"))
    }
}
