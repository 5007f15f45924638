//! Asking for a certificate (PKCS #10, RFC 2986).

use der::{Decode, DecodePem, EncodePem, pem::LineEnding};
use sm::PublicKey;
use x509_cert::attr::Attributes;
use x509_cert::request::{CertReq, CertReqInfo, Version};

use super::issuer::parse_name;
use super::{X509Error, public_key, signed};
use crate::{SigningKey, Signs};

const WHAT: &str = "certificate request";

/// A request whose signature was checked: who sent it has the key. What it may be called is the issuer's to decide.
#[derive(Clone, Debug)]
pub struct CertificateRequest {
    /// The name that it asks for.
    pub name: String,
    /// The key that it is for.
    pub key: PublicKey,
}

/// Asks for a certificate for a key: the text of the request.
///
/// # Errors
/// [`X509Error`].
pub fn request(key: &SigningKey, name: &str) -> Result<String, X509Error> {
    let info = CertReqInfo {
        version: Version::V1,
        subject: parse_name(name)?,
        public_key: public_key::encode(&key.public_key())?,
        attributes: Attributes::default(),
    };
    let der = signed::sign(WHAT, &info, key, Signs::CertificateRequest)?;
    let request = CertReq::from_der(&der).map_err(X509Error::form(WHAT))?;
    request.to_pem(LineEnding::LF).map_err(X509Error::form(WHAT))
}

impl CertificateRequest {
    /// Reads and checks a request.
    ///
    /// # Errors
    /// [`X509Error::Form`], [`X509Error::Algorithm`], [`X509Error::PublicKey`], [`X509Error::Signature`].
    pub fn from_pem(text: &str) -> Result<Self, X509Error> {
        let request = CertReq::from_pem(text.as_bytes()).map_err(X509Error::form(WHAT))?;
        let key = public_key::decode(&request.info.public_key, WHAT)?;
        signed::check(WHAT, &request.info, &request.algorithm, &request.signature, &key)?;
        Ok(Self { name: request.info.subject.to_string(), key })
    }
}
