//! Making a certificate, each word of which may be wrong.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use der::asn1::{Any, BitString, Ia5String, ObjectIdentifier, OctetString, UtcTime};
use der::{Encode, Sequence};
use rustls::sign::{CertifiedKey, Signer, SingleCertAndKey};
use rustls::{Error, SignatureAlgorithm, SignatureScheme};
use sm_tls::SM2SIG_SM3;
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

const WRITTEN: &str = "certificates are forged of constants of this crate";
const DAY: i64 = 86_400;

/// The purpose of a server's certificate.
pub const SERVER: &str = "1.3.6.1.5.5.7.3.1";
/// The purpose of a caller's.
pub const CLIENT: &str = "1.3.6.1.5.5.7.3.2";

/// What a certificate says; each word of it may be wrong.
#[derive(Clone)]
pub struct Forged {
    /// Version 3, if it is sound.
    pub version: Option<Version>,
    /// Whose it is.
    pub subject: &'static str,
    /// Who issued it, as it says.
    pub issuer: &'static str,
    /// The seed of its key.
    pub key: u8,
    /// Its issuer's.
    pub signer: u8,
    /// The id under which it is signed.
    pub user_id: &'static str,
    /// Whether it may issue, and how far.
    pub ca: Option<(bool, Option<u8>)>,
    /// What it is for.
    pub purposes: Vec<&'static str>,
    /// Where its holder is.
    pub hosts: Vec<&'static str>,
    /// The only names that it may issue for.
    pub permitted: Option<&'static str>,
    /// The curve of its key, as it says.
    pub curve: &'static str,
    /// Of its signature.
    pub algorithm: &'static str,
    /// The algorithm that the contents name, if another.
    pub inner_algorithm: Option<&'static str>,
    /// Days from now.
    pub from: i64,
    /// The same.
    pub until: i64,
    /// An extension that nobody knows.
    pub critical: Option<&'static str>,
    /// A bit of this byte is changed afterwards; below 0 counted from the end.
    pub flip: Option<isize>,
    /// A byte behind its end.
    pub tail: bool,
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
    ObjectIdentifier::new(text).expect(WRITTEN)
}

fn key(seed: u8, user_id: &'static str) -> SigningKey {
    SigningKey::from_slice(user_id, &[seed; 32]).expect(WRITTEN)
}

fn time(days: i64) -> Time {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let seconds = now.saturating_add_signed(days * DAY);
    Time::UtcTime(UtcTime::from_unix_duration(Duration::from_secs(seconds)).expect(WRITTEN))
}

fn dns(host: &str) -> GeneralName {
    GeneralName::DnsName(Ia5String::new(host).expect(WRITTEN))
}

impl Forged {
    /// A sound root.
    #[must_use]
    pub fn root() -> Self {
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
    #[must_use]
    pub fn bureau() -> Self {
        Self { subject: "CN=bureau,O=forge,C=CN", key: 2, ca: Some((true, Some(0))), ..Self::root() }
    }

    /// A sound node under that.
    #[must_use]
    pub fn node() -> Self {
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
            all.push(BasicConstraints { ca, path_len_constraint }.to_extension(subject, &all).expect(WRITTEN));
        }
        if !self.purposes.is_empty() {
            let purposes = self.purposes.iter().map(|purpose| oid(purpose)).collect();
            all.push(ExtendedKeyUsage(purposes).to_extension(subject, &all).expect(WRITTEN));
        }
        if !self.hosts.is_empty() {
            let hosts = self.hosts.iter().map(|host| dns(host)).collect();
            all.push(SubjectAltName(hosts).to_extension(subject, &all).expect(WRITTEN));
        }
        if let Some(host) = self.permitted {
            let subtree = GeneralSubtree { base: dns(host), minimum: 0, maximum: None };
            let permitted = NameConstraints { permitted_subtrees: Some(vec![subtree]), excluded_subtrees: None };
            all.push(permitted.to_extension(subject, &all).expect(WRITTEN));
        }
        if let Some(unknown) = self.critical {
            let extn_value = OctetString::new([5, 0]).expect(WRITTEN);
            all.push(Extension { extn_id: oid(unknown), critical: true, extn_value });
        }
        all
    }

    /// Its bytes.
    ///
    /// # Panics
    /// If one of the constants above is no name or number.
    #[must_use]
    pub fn der(&self) -> Vec<u8> {
        let algorithm = |text: &str| AlgorithmIdentifierOwned { oid: oid(text), parameters: None };
        let subject: Name = self.subject.parse().expect(WRITTEN);
        let point = key(self.key, sm::USER_ID).verifying_key().as_affine().to_sec1_point(false);
        let extensions = self.extensions(&subject);
        let contents = Contents {
            version: self.version,
            serial_number: SerialNumber::new(&[self.key, self.signer, 7]).expect(WRITTEN),
            signature: algorithm(self.inner_algorithm.unwrap_or(self.algorithm)),
            issuer: self.issuer.parse().expect(WRITTEN),
            validity: Validity::new(time(self.from), time(self.until)),
            public_key: SubjectPublicKeyInfoOwned {
                algorithm: AlgorithmIdentifierOwned {
                    oid: oid("1.2.840.10045.2.1"),
                    parameters: Some(Any::from(oid(self.curve))),
                },
                subject_public_key: BitString::from_bytes(point.as_bytes()).expect(WRITTEN),
            },
            subject,
            extensions: Some(extensions).filter(|all| !all.is_empty()),
        };
        let signature: sm2::dsa::Signature = key(self.signer, self.user_id).sign(&contents.to_der().expect(WRITTEN));
        let signature = BitString::from_bytes(&crypto::x509::to_der(&signature.to_bytes().into())).expect(WRITTEN);
        let mut der = Whole { contents, algorithm: algorithm(self.algorithm), signature }.to_der().expect(WRITTEN);
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
///
/// # Panics
/// As [`Forged::der`].
#[must_use]
pub fn shows(chain: &[Forged]) -> SingleCertAndKey {
    let own = AnyId(key(chain[0].key, sm::TLS_USER_ID));
    let chain = chain.iter().map(|one| one.der().into()).collect();
    SingleCertAndKey::from(CertifiedKey::new(chain, Arc::new(own)))
}

/// A key that signs handshakes for whatever certificate it is shown with.
#[derive(Clone, Debug)]
pub struct AnyId(pub SigningKey);

impl rustls::sign::SigningKey for AnyId {
    fn choose_scheme(&self, _: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        Some(Box::new(self.clone()))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::Unknown(8)
    }
}

impl Signer for AnyId {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signature: sm2::dsa::Signature = self.0.sign(message);
        Ok(crypto::x509::to_der(&signature.to_bytes().into()))
    }

    fn scheme(&self) -> SignatureScheme {
        SM2SIG_SM3
    }
}
