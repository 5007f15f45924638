//! Certificates (X.509, RFC 5280) with SM2 keys and SM3 (GM/T 0015): issuing, asking, revoking.
//!
//! Times are seconds since 1970 and come from the caller. Key ids are SM3 cut to 20 bytes.

mod certificate;
mod error;
mod issuer;
mod profile;
mod public_key;
mod request;
mod revocation;
mod signature;
mod signed;

pub use certificate::Certificate;
pub use error::X509Error;
pub use issuer::{Issuer, Subject};
pub use profile::Profile;
pub use public_key::public_key_info;
pub use request::{CertificateRequest, request};
pub use revocation::{Reason, Revoked, list_from_pem, list_to_pem};
pub use signature::{from_der, to_der};

/// From when until when, both included, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first second.
    pub from: u64,
    /// The last one.
    pub until: u64,
}

#[cfg(test)]
mod x509_test;
