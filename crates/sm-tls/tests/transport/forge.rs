//! Certificates as nobody of ours makes them.

use std::sync::Arc;
use std::time::Duration;

use der::asn1::{Any, BitString, Ia5String, ObjectIdentifier, OctetString, UtcTime};
use der::{Encode, Sequence};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use sm2::dsa::SigningKey;
use sm2::dsa::signature::Signer as _;
use sm2::elliptic_curve::sec1::ToSec1Point;
use x509_cert::certificate::Version;
use x509_cert::ext::pkix::constraints::name::GeneralSubtree;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, NameConstraints, SubjectAltName};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};

use super::people::{AnyId, DAY, now};

pub(crate) const SERVER: &str = "1.3.6.1.5.5.7.3.1";
pub(crate) const CLIENT: &str = "1.3.6.1.5.5.7.3.2";

/// What a certificate says; each word of it may be wrong.
#[derive(Clone)]
pub(crate) struct Forged {
    pub(crate) version: Option<Version>,
    pub(crate) subject: &'static str,
    pub(crate) issuer: &'static str,
    /// The seeds of its key and of its issuer's.
    pub(crate) key: u8,
    pub(crate) signer: u8,
    pub(crate) user_id: &'static str,
    pub(crate) ca: Option<(bool, Option<u8>)>,
    pub(crate) purposes: Vec<&'static str>,
    pub(crate) hosts: Vec<&'static str>,
    pub(crate) permitted: Option<&'static str>,
    pub(crate) curve: &'static str,
    pub(crate) algorithm: &'static str,
    /// The algorithm that the contents name, if another.
    pub(crate) inner_algorithm: Option<&'static str>,
    /// Days from now.
    pub(crate) from: i64,
    pub(crate) until: i64,
    pub(crate) critical: Option<&'static str>,
    /// A bit of this byte is changed afterwards; below 0 counted from the end.
    pub(crate) flip: Option<isize>,
    pub(crate) tail: bool,
}

#[derive(Sequence)]
struct Contents {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    version: Option<Version>,
    serial_number: SerialNumber,
    signature: AlgorithmIdentifierOwned,
    issuer: Name,
    validity: Validity,
    subject: Name,
    public_key: SubjectPublicKeyInfoOwned,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    extensions: Option<Vec<Extension>>,
}

#[derive(Sequence)]
struct Whole {
    contents: Contents,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
}

fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new(text).unwrap()
}

fn key(seed: u8, user_id: &'static str) -> SigningKey {
    SigningKey::from_slice(user_id, &[seed; 32]).unwrap()
}

fn time(days: i64) -> Time {
    let seconds = now().saturating_add_signed(days * DAY.cast_signed());
    Time::UtcTime(UtcTime::from_unix_duration(Duration::from_secs(seconds)).unwrap())
}

fn dns(host: &str) -> GeneralName {
    GeneralName::DnsName(Ia5String::new(host).unwrap())
}

impl Forged {
    /// A sound root.
    pub(crate) fn root() -> Self {
        Self {
            version: Some(Version::V3),
            subject: "CN=root,O=forge,C=CN",
            issuer: "CN=root,O=forge,C=CN",
            key: 1,
            signer: 1,
            user_id: sm::USER_ID,
            ca: Some((true, None)),
            purposes: vec![],
            hosts: vec![],
            permitted: None,
            curve: "1.2.156.10197.1.301",
            algorithm: "1.2.156.10197.1.501",
            inner_algorithm: None,
            from: -10,
            until: 100,
            critical: None,
            flip: None,
            tail: false,
        }
    }

    /// A sound bureau under it.
    pub(crate) fn bureau() -> Self {
        Self { subject: "CN=bureau,O=forge,C=CN", key: 2, ca: Some((true, Some(0))), ..Self::root() }
    }

    /// A sound node under that.
    pub(crate) fn node() -> Self {
        Self {
            subject: "CN=node,O=forge,C=CN",
            issuer: "CN=bureau,O=forge,C=CN",
            key: 3,
            signer: 2,
            ca: Some((false, None)),
            purposes: vec![SERVER, CLIENT],
            hosts: vec!["localhost"],
            ..Self::root()
        }
    }

    fn extensions(&self, subject: &Name) -> Vec<Extension> {
        let mut all = Vec::new();
        if let Some((ca, path_len_constraint)) = self.ca {
            all.push(BasicConstraints { ca, path_len_constraint }.to_extension(subject, &all).unwrap());
        }
        if !self.purposes.is_empty() {
            let purposes = self.purposes.iter().map(|purpose| oid(purpose)).collect();
            all.push(ExtendedKeyUsage(purposes).to_extension(subject, &all).unwrap());
        }
        if !self.hosts.is_empty() {
            let hosts = self.hosts.iter().map(|host| dns(host)).collect();
            all.push(SubjectAltName(hosts).to_extension(subject, &all).unwrap());
        }
        if let Some(host) = self.permitted {
            let subtree = GeneralSubtree { base: dns(host), minimum: 0, maximum: None };
            let permitted = NameConstraints { permitted_subtrees: Some(vec![subtree]), excluded_subtrees: None };
            all.push(permitted.to_extension(subject, &all).unwrap());
        }
        if let Some(unknown) = self.critical {
            let extn_value = OctetString::new([5, 0]).unwrap();
            all.push(Extension { extn_id: oid(unknown), critical: true, extn_value });
        }
        all
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        let algorithm = |text: &str| AlgorithmIdentifierOwned { oid: oid(text), parameters: None };
        let subject: Name = self.subject.parse().unwrap();
        let point = key(self.key, sm::USER_ID).verifying_key().as_affine().to_sec1_point(false);
        let extensions = self.extensions(&subject);
        let contents = Contents {
            version: self.version,
            serial_number: SerialNumber::new(&[self.key, self.signer, 7]).unwrap(),
            signature: algorithm(self.inner_algorithm.unwrap_or(self.algorithm)),
            issuer: self.issuer.parse().unwrap(),
            validity: Validity::new(time(self.from), time(self.until)),
            public_key: SubjectPublicKeyInfoOwned {
                algorithm: AlgorithmIdentifierOwned {
                    oid: oid("1.2.840.10045.2.1"),
                    parameters: Some(Any::from(oid(self.curve))),
                },
                subject_public_key: BitString::from_bytes(point.as_bytes()).unwrap(),
            },
            subject,
            extensions: Some(extensions).filter(|all| !all.is_empty()),
        };
        let signature: sm2::dsa::Signature = key(self.signer, self.user_id).sign(&contents.to_der().unwrap());
        let signature = BitString::from_bytes(&crypto::x509::to_der(&signature.to_bytes().into())).unwrap();
        let mut der = Whole { contents, algorithm: algorithm(self.algorithm), signature }.to_der().unwrap();
        if let Some(at) = self.flip {
            let at = if at < 0 { der.len().wrapping_add_signed(at) } else { at.unsigned_abs() };
            der[at] ^= 1;
        }
        if self.tail {
            der.push(0);
        }
        der
    }
}

/// Somebody who shows this chain; the first certificate's key is his.
pub(crate) fn shows(chain: &[Forged]) -> SingleCertAndKey {
    let own = AnyId(key(chain[0].key, sm::TLS_USER_ID));
    let chain = chain.iter().map(|one| one.der().into()).collect();
    SingleCertAndKey::from(CertifiedKey::new(chain, Arc::new(own)))
}
