//! A certificate authority.

use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use der::Sequence;
use der::asn1::{Ia5String, OctetString};
use sm::PublicKeyBytes;
use x509_cert::certificate::Version;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};

use super::{Certificate, Period, Profile, X509Error, public_key, signed};
use crate::{KeyError, SigningKey, Signs, random};

const WHAT: &str = "certificate";

/// Whose a certificate is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its name as in RFC 4514: `CN=node 1,O=bureau,C=CN`.
    pub name: String,
    /// Names and addresses of its host; of a server, those under which it is called.
    pub hosts: Vec<String>,
    /// What else it is called.
    pub uris: Vec<String>,
}

/// Issues certificates with its key (证书认证机构).
#[derive(Debug)]
pub struct Issuer {
    key: SigningKey,
    certificate: Certificate,
    profile: Profile,
}

/// The contents of a certificate (RFC 5280, 4.1).
#[derive(Sequence)]
struct Contents {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    version: Version,
    serial_number: SerialNumber,
    signature: AlgorithmIdentifierOwned,
    issuer: Name,
    validity: Validity,
    subject: Name,
    public_key: SubjectPublicKeyInfoOwned,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT")]
    extensions: Vec<Extension>,
}

impl Issuer {
    /// A new root, trusted for its own sake.
    ///
    /// # Errors
    /// [`X509Error`].
    pub fn root(key: SigningKey, name: &str, period: Period) -> Result<Self, X509Error> {
        let info = public_key::encode(&key.public_key())?;
        let subject = Subject { name: name.to_owned(), hosts: Vec::new(), uris: Vec::new() };
        let id = public_key::key_id(&info);
        let certificate = make(&key, (parse_name(name)?, id), info, &subject, Profile::Root, period)?;
        Ok(Self { key, certificate, profile: Profile::Root })
    }

    /// One that another issuer, or an earlier self, made.
    ///
    /// # Errors
    /// [`X509Error::NotAnIssuer`] and [`X509Error::OtherKey`].
    pub fn new(key: SigningKey, certificate: Certificate) -> Result<Self, X509Error> {
        if certificate.public_key().to_bytes() != key.public_key() {
            return Err(X509Error::OtherKey);
        }
        let profile = match certificate.issues() {
            None => return Err(X509Error::NotAnIssuer),
            Some(Some(0)) => Profile::Intermediate,
            Some(_) => Profile::Root,
        };
        Ok(Self { key, certificate, profile })
    }

    /// Its certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Issues a certificate.
    ///
    /// # Errors
    /// [`X509Error::NotAnIssuer`] for a kind that it may not issue, [`X509Error::Period`] for one that ends after its own,
    /// and errors of the subject and of the key.
    pub fn issue(
        &self,
        key: &PublicKeyBytes,
        subject: &Subject,
        profile: Profile,
        period: Period,
    ) -> Result<Certificate, X509Error> {
        if !self.profile.may_issue(profile) {
            return Err(X509Error::NotAnIssuer);
        }
        if period.until > self.certificate.period().until {
            return Err(X509Error::Period { from: period.from, until: period.until });
        }
        let own = self.certificate.inner().tbs_certificate();
        let issuer = (own.subject().clone(), public_key::key_id(own.subject_public_key_info()));
        make(&self.key, issuer, public_key::encode(key)?, subject, profile, period)
    }
}

fn make(
    key: &SigningKey,
    (issuer, issuer_id): (Name, [u8; 20]),
    public_key: SubjectPublicKeyInfoOwned,
    subject: &Subject,
    profile: Profile,
    period: Period,
) -> Result<Certificate, X509Error> {
    let name = parse_name(&subject.name)?;
    let names = general_names(subject)?;
    let contents = Contents {
        version: Version::V3,
        serial_number: serial()?,
        signature: signed::algorithm(),
        issuer,
        validity: validity(period)?,
        extensions: profile.extensions(&name, names, public_key::key_id(&public_key), issuer_id)?,
        subject: name,
        public_key,
    };
    Certificate::from_der(&signed::sign(WHAT, &contents, key, Signs::Certificate)?)
}

/// 127 random bits: nobody foresees what will be signed.
fn serial() -> Result<SerialNumber, X509Error> {
    let mut bytes: [u8; 16] = random::array().map_err(KeyError::from)?;
    bytes[0] = bytes[0] & 0x7f | 0x40;
    SerialNumber::new(&bytes).map_err(X509Error::form("serial number"))
}

pub(super) fn parse_name(text: &str) -> Result<Name, X509Error> {
    let name = Name::from_str(text).ok().filter(|name| !name.is_empty());
    name.ok_or_else(|| X509Error::Name { value: text.to_owned() })
}

pub(super) fn time(seconds: u64) -> Option<Time> {
    let date = der::DateTime::from_unix_duration(Duration::from_secs(seconds)).ok()?;
    // RFC 5280, 4.1.2.5: two digits of the year to 2049.
    let short = der::asn1::UtcTime::from_date_time(date).map(Time::UtcTime);
    Some(short.unwrap_or_else(|_| Time::GeneralTime(der::asn1::GeneralizedTime::from_date_time(date))))
}

fn validity(period: Period) -> Result<Validity, X509Error> {
    let Period { from, until } = period;
    let times = time(from).zip(time(until)).filter(|_| from <= until);
    times.map(|(from, until)| Validity::new(from, until)).ok_or(X509Error::Period { from, until })
}

pub(super) fn general_names(subject: &Subject) -> Result<Vec<GeneralName>, X509Error> {
    let mut names = Vec::new();
    for host in &subject.hosts {
        let bad = || X509Error::Host { value: host.clone() };
        names.push(match host.parse::<IpAddr>() {
            Ok(address) => {
                let bytes = match address {
                    IpAddr::V4(v4) => v4.octets().to_vec(),
                    IpAddr::V6(v6) => v6.octets().to_vec(),
                };
                GeneralName::IpAddress(OctetString::new(bytes).map_err(|_| bad())?)
            }
            Err(_) if is_host(host) => GeneralName::DnsName(Ia5String::new(host).map_err(|_| bad())?),
            Err(_) => return Err(bad()),
        });
    }
    for uri in &subject.uris {
        let text = Ia5String::new(uri).map_err(|_| X509Error::Host { value: uri.clone() })?;
        names.push(GeneralName::UniformResourceIdentifier(text));
    }
    Ok(names)
}

/// Letters, digits and hyphens between dots (RFC 1123, 2.1).
fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        let inside = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        inside && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

pub(super) fn address_text(bytes: &[u8]) -> Option<String> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok().map(|address| address.to_string())
}
