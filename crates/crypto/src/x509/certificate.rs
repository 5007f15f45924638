//! A certificate, read.

use der::{Decode, Encode, EncodePem, pem::LineEnding};
use sm::PublicKey;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, SubjectAltName};

use super::{Period, X509Error, public_key, signed};

const WHAT: &str = "certificate";

/// A certificate for an SM2 key (数字证书). Who reads one has not checked it: chains are checked where connections are
/// made, signatures by [`Certificate::is_signed_by`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    inner: x509_cert::Certificate,
    der: Vec<u8>,
}

impl Certificate {
    /// From DER.
    ///
    /// # Errors
    /// [`X509Error::Form`], also for other encodings of the same; [`X509Error::Algorithm`] and [`X509Error::PublicKey`].
    pub fn from_der(bytes: &[u8]) -> Result<Self, X509Error> {
        let inner = x509_cert::Certificate::from_der(bytes).map_err(X509Error::form(WHAT))?;
        public_key::decode(inner.tbs_certificate().subject_public_key_info(), WHAT)?;
        Ok(Self { inner, der: bytes.to_vec() })
    }

    /// From the text of one or more certificates.
    ///
    /// # Errors
    /// As [`Certificate::from_der`]; [`X509Error::Form`] for a text without any.
    pub fn chain_from_pem(text: &str) -> Result<Vec<Self>, X509Error> {
        let chain = x509_cert::Certificate::load_pem_chain(text.as_bytes()).map_err(X509Error::form(WHAT))?;
        if chain.is_empty() {
            return Err(X509Error::Form { what: WHAT, error: der::ErrorKind::Failed.into() });
        }
        chain.iter().map(|one| Self::from_der(&one.to_der().map_err(X509Error::form(WHAT))?)).collect()
    }

    /// As text.
    ///
    /// # Errors
    /// [`X509Error::Form`].
    pub fn to_pem(&self) -> Result<String, X509Error> {
        self.inner.to_pem(LineEnding::LF).map_err(X509Error::form(WHAT))
    }

    /// As DER.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// Its key.
    ///
    /// # Panics
    /// Never: it was read before.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        let info = self.inner.tbs_certificate().subject_public_key_info();
        public_key::decode(info, WHAT).expect("the key of a certificate was read before")
    }

    /// Whose it is.
    #[must_use]
    pub fn subject(&self) -> String {
        self.inner.tbs_certificate().subject().to_string()
    }

    /// Who issued it.
    #[must_use]
    pub fn issuer(&self) -> String {
        self.inner.tbs_certificate().issuer().to_string()
    }

    /// Its number among those of its issuer, big-endian.
    #[must_use]
    pub fn serial(&self) -> Vec<u8> {
        self.inner.tbs_certificate().serial_number().as_bytes().to_vec()
    }

    /// When it holds.
    #[must_use]
    pub fn period(&self) -> Period {
        let validity = self.inner.tbs_certificate().validity();
        Period {
            from: validity.not_before.to_unix_duration().as_secs(),
            until: validity.not_after.to_unix_duration().as_secs(),
        }
    }

    /// Whether its holder issues certificates; how many issuers may follow, if that is limited.
    #[must_use]
    pub fn issues(&self) -> Option<Option<u8>> {
        let constraints = self.inner.tbs_certificate().get_extension::<BasicConstraints>().ok().flatten();
        constraints.filter(|(_, c)| c.ca).map(|(_, c)| c.path_len_constraint)
    }

    /// Hosts and other names that it is for.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let names = self.inner.tbs_certificate().get_extension::<SubjectAltName>().ok().flatten();
        let text = |name: &GeneralName| match name {
            GeneralName::DnsName(name) => Some(name.to_string()),
            GeneralName::UniformResourceIdentifier(uri) => Some(uri.to_string()),
            GeneralName::IpAddress(bytes) => super::issuer::address_text(bytes.as_bytes()),
            _ => None,
        };
        names.map(|(_, names)| names.0.iter().filter_map(text).collect()).unwrap_or_default()
    }

    /// Checks its signature with the key of its issuer.
    ///
    /// # Errors
    /// [`X509Error::Signature`], [`X509Error::Algorithm`].
    pub fn is_signed_by(&self, issuer: &Self) -> Result<(), X509Error> {
        let (tbs, signature) = (self.inner.tbs_certificate(), self.inner.signature());
        signed::check(WHAT, tbs, self.inner.signature_algorithm(), signature, &issuer.public_key())
    }

    pub(super) fn inner(&self) -> &x509_cert::Certificate {
        &self.inner
    }
}
