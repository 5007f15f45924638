//! Why there is no certificate.

use thiserror::Error;

use crate::KeyError;

/// What stands in the way of a certificate, a request or a list.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum X509Error {
    /// Not what its name says, or not in its one form.
    #[error("{what}: not in the form of X.509: {error}")]
    Form {
        /// What was read or written.
        what: &'static str,
        /// The encoding's own words.
        error: der::Error,
    },
    /// Not signed with SM2 and SM3, or not for a key of the curve of SM2.
    #[error("{what}: the algorithm {oid} is none of SM2")]
    Algorithm {
        /// Where it stands.
        what: &'static str,
        /// What it is.
        oid: der::asn1::ObjectIdentifier,
    },
    /// The public key is no point of the curve.
    #[error("{what}: the public key is no point of the curve")]
    PublicKey {
        /// Where it stands.
        what: &'static str,
    },
    /// The signature does not fit.
    #[error("{what}: the signature does not fit")]
    Signature {
        /// What it is under.
        what: &'static str,
    },
    /// A name that is none.
    #[error("{value:?} is no name such as CN=node 1,O=bureau,C=CN")]
    Name {
        /// What was given.
        value: String,
    },
    /// A host or an address that is none.
    #[error("{value:?} is neither the name of a host nor an address")]
    Host {
        /// What was given.
        value: String,
    },
    /// A time beyond what certificates can say, or an end before its beginning.
    #[error("from {from} until {until} is no period of a certificate")]
    Period {
        /// Seconds since 1970.
        from: u64,
        /// Seconds since 1970.
        until: u64,
    },
    /// The certificate may not issue others, or not this kind of one.
    #[error("this certificate does not allow to issue that")]
    NotAnIssuer,
    /// The key is not that of the certificate.
    #[error("the key is not the certificate's")]
    OtherKey,
    /// The key failed.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl X509Error {
    pub(super) fn form(what: &'static str) -> impl FnOnce(der::Error) -> Self {
        move |error| Self::Form { what, error }
    }
}
