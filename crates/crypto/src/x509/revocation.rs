//! Lists of revoked certificates (CRL, RFC 5280, 5), for tools outside the chain; on the chain revocation is a transaction.

use der::Decode;
use der::asn1::{OctetString, Uint};
use der::pem::{self, LineEnding};
use x509_cert::certificate::Version;
use x509_cert::crl::{CertificateList, RevokedCert, TbsCertList};
use x509_cert::ext::ToExtension;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, CrlNumber, CrlReason};
use x509_cert::serial_number::SerialNumber;

use super::issuer::time;
use super::{Issuer, Period, X509Error, public_key, signed};
use crate::Signs;

const WHAT: &str = "revocation list";

/// What the text of a list is called.
const LABEL: &str = "X509 CRL";

/// The text of a list.
///
/// # Errors
/// [`X509Error::Form`].
pub fn list_to_pem(list: &[u8]) -> Result<String, X509Error> {
    pem::encode_string(LABEL, LineEnding::LF, list).map_err(|error| X509Error::form(WHAT)(error.into()))
}

/// A list from its text, DER. Its signature is checked where connections are made.
///
/// # Errors
/// [`X509Error::Form`].
pub fn list_from_pem(text: &str) -> Result<Vec<u8>, X509Error> {
    let form = || X509Error::form(WHAT);
    let (label, list) = pem::decode_vec(text.as_bytes()).map_err(|error| form()(error.into()))?;
    if label != LABEL {
        return Err(form()(pem::Error::Label.into()));
    }
    CertificateList::<x509_cert::certificate::Rfc5280>::from_der(&list).map_err(form())?;
    Ok(list)
}

/// Why a certificate holds no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Not said.
    Unspecified,
    /// Somebody else may have the key.
    KeyCompromise,
    /// Its holder is somebody else now, or does something else.
    AffiliationChanged,
    /// There is a newer one.
    Superseded,
    /// Its holder does no more what it was for.
    CessationOfOperation,
}

/// A certificate that holds no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// Its number, big-endian.
    pub serial: Vec<u8>,
    /// Since when, seconds since 1970.
    pub since: u64,
    /// Why.
    pub reason: Reason,
}

impl Issuer {
    /// The list of what it revoked, DER. `number` is greater for each newer list; after the period it counts no more.
    ///
    /// # Errors
    /// [`X509Error`].
    pub fn revocation_list(&self, number: u64, period: Period, revoked: &[Revoked]) -> Result<Vec<u8>, X509Error> {
        let Period { from, until } = period;
        let bad = || X509Error::Period { from, until };
        let own = self.certificate().inner().tbs_certificate();
        let name = own.subject();
        let form = || X509Error::form(WHAT);
        let id = OctetString::new(public_key::key_id(own.subject_public_key_info())).map_err(form())?;
        let authority = AuthorityKeyIdentifier { key_identifier: Some(id), ..Default::default() };
        let number = CrlNumber(Uint::new(&number.to_be_bytes()).map_err(form())?);
        let extensions =
            vec![authority.to_extension(name, &[]).map_err(form())?, number.to_extension(name, &[]).map_err(form())?];
        let revoked = revoked.iter().map(|one| self.line(one)).collect::<Result<Vec<_>, _>>()?;
        let list = TbsCertList {
            version: Version::V2,
            signature: signed::algorithm(),
            issuer: name.clone(),
            this_update: time(from).ok_or_else(bad)?,
            next_update: Some(time(until).filter(|_| from <= until).ok_or_else(bad)?),
            // An empty list must not be there at all.
            revoked_certificates: Some(revoked).filter(|list| !list.is_empty()),
            crl_extensions: Some(extensions),
        };
        signed::sign(WHAT, &list, self.key(), Signs::Certificate)
    }

    fn line(&self, revoked: &Revoked) -> Result<RevokedCert, X509Error> {
        let form = || X509Error::form(WHAT);
        let bad = X509Error::Period { from: revoked.since, until: revoked.since };
        let name = self.certificate().inner().tbs_certificate().subject();
        let reason = match revoked.reason {
            Reason::Unspecified => None,
            Reason::KeyCompromise => Some(CrlReason::KeyCompromise),
            Reason::AffiliationChanged => Some(CrlReason::AffiliationChanged),
            Reason::Superseded => Some(CrlReason::Superseded),
            Reason::CessationOfOperation => Some(CrlReason::CessationOfOperation),
        };
        let extension = reason.map(|reason| reason.to_extension(name, &[])).transpose().map_err(form())?;
        Ok(RevokedCert {
            serial_number: SerialNumber::new(&revoked.serial).map_err(form())?,
            revocation_date: time(revoked.since).ok_or(bad)?,
            crl_entry_extensions: extension.map(|extension| vec![extension]),
        })
    }
}
