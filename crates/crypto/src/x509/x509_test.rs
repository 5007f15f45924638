use std::sync::Arc;

use der::{DecodePem, EncodePem, pem::LineEnding};
use x509_cert::request::CertReq;

use super::*;
use crate::{KeyError, KeyProvider, KeyUse, SigningKey, SoftwareProvider};

const DAY: u64 = 86_400;
const NOW: u64 = 1_800_000_000;
const YEAR: Period = Period { from: NOW, until: NOW + 365 * DAY };

fn key(key_use: KeyUse) -> SigningKey {
    let provider: Arc<dyn KeyProvider> = SoftwareProvider::shared();
    SigningKey::generate(&provider, key_use).unwrap()
}

fn subject(name: &str) -> Subject {
    Subject {
        name: name.to_owned(),
        hosts: vec!["node-1.tax.example".to_owned(), "10.0.0.7".to_owned(), "::1".to_owned()],
        uris: vec!["taxchain:node/1".to_owned()],
    }
}

fn root() -> Issuer {
    Issuer::root(key(KeyUse::Issuer), "CN=root,O=税务局,C=CN", YEAR).unwrap()
}

fn intermediate(root: &Issuer) -> Issuer {
    let key = key(KeyUse::Issuer);
    let name = Subject { name: "CN=Shenzhen,O=税务局,C=CN".to_owned(), hosts: vec![], uris: vec![] };
    let certificate = root.issue(&key.public_key(), &name, Profile::Intermediate, YEAR).unwrap();
    Issuer::new(key, certificate).unwrap()
}

#[test]
fn a_chain_of_three_is_read_as_it_was_issued() {
    let root = root();
    let bureau = intermediate(&root);
    let node = key(KeyUse::Tls);
    let leaf = bureau.issue(&node.public_key(), &subject("CN=节点 1,O=bureau,C=CN"), Profile::Node, YEAR).unwrap();
    assert!(leaf.subject().contains("节点 1"), "{}", leaf.subject());
    assert_eq!(leaf.issuer(), bureau.certificate().subject());
    assert_eq!((leaf.period(), leaf.public_key().to_bytes()), (YEAR, node.public_key()));
    assert_eq!(leaf.names(), ["node-1.tax.example", "10.0.0.7", "::1", "taxchain:node/1"]);
    assert_eq!((leaf.issues(), bureau.certificate().issues()), (None, Some(Some(0))));
    leaf.is_signed_by(bureau.certificate()).unwrap();
    bureau.certificate().is_signed_by(root.certificate()).unwrap();
    root.certificate().is_signed_by(root.certificate()).unwrap();
    assert!(matches!(leaf.is_signed_by(root.certificate()), Err(X509Error::Signature { .. })));
    let text = leaf.to_pem().unwrap() + &bureau.certificate().to_pem().unwrap();
    assert_eq!(Certificate::chain_from_pem(&text).unwrap(), [leaf, bureau.certificate().clone()]);
}

#[test]
fn nobody_issues_what_he_may_not() {
    let root = root();
    let bureau = intermediate(&root);
    let other = key(KeyUse::Issuer).public_key();
    for (issuer, profile) in [(&root, Profile::Root), (&bureau, Profile::Root), (&bureau, Profile::Intermediate)] {
        let answer = issuer.issue(&other, &subject("CN=x"), profile, YEAR);
        assert!(matches!(answer, Err(X509Error::NotAnIssuer)), "{profile:?}: {answer:?}");
    }
    let tls = key(KeyUse::Tls);
    let leaf = bureau.issue(&tls.public_key(), &subject("CN=x"), Profile::Node, YEAR).unwrap();
    assert!(matches!(Issuer::new(tls, leaf.clone()), Err(X509Error::NotAnIssuer)));
    assert!(matches!(Issuer::new(key(KeyUse::Issuer), leaf), Err(X509Error::OtherKey)));
    let wrong = Issuer::root(key(KeyUse::Tls), "CN=x", YEAR);
    assert!(matches!(wrong, Err(X509Error::Key(KeyError::WrongUse { .. }))), "{wrong:?}");
}

#[test]
fn bad_names_hosts_and_times_are_refused_by_name() {
    let (root, other) = (root(), key(KeyUse::Tls).public_key());
    for name in ["", "node", "XX=1", "CN"] {
        let answer = root.issue(&other, &subject(name), Profile::Node, YEAR);
        assert!(matches!(answer, Err(X509Error::Name { .. })), "{name:?}: {answer:?}");
    }
    for host in ["", "a b", "-a", "a..b", "节点", &"a".repeat(64), "1.2.3.256/8"] {
        let subject = Subject { name: "CN=x".to_owned(), hosts: vec![host.to_owned()], uris: vec![] };
        let answer = root.issue(&other, &subject, Profile::Node, YEAR);
        assert!(matches!(answer, Err(X509Error::Host { .. })), "{host:?}: {answer:?}");
    }
    for (from, until) in [(NOW, NOW - 1), (NOW, YEAR.until + 1), (0, u64::MAX)] {
        let answer = root.issue(&other, &subject("CN=x"), Profile::Node, Period { from, until });
        assert!(matches!(answer, Err(X509Error::Period { .. })), "{from}..{until}: {answer:?}");
    }
}

#[test]
fn a_request_proves_that_its_sender_has_the_key() {
    let key = key(KeyUse::Tls);
    let text = request(&key, "CN=node 1,O=bureau,C=CN").unwrap();
    let read = CertificateRequest::from_pem(&text).unwrap();
    assert_eq!(read.key.to_bytes(), key.public_key());
    assert!(read.name.contains("node 1"));
    let other = request(&self::key(KeyUse::Tls), "CN=node 1,O=bureau,C=CN").unwrap();
    assert_ne!(text, other);
    // The contents of the one under the signature of the other.
    let mut mixed = CertReq::from_pem(&text).unwrap();
    mixed.signature = CertReq::from_pem(&other).unwrap().signature;
    let mixed = CertificateRequest::from_pem(&mixed.to_pem(LineEnding::LF).unwrap());
    assert!(matches!(mixed, Err(X509Error::Signature { .. })), "{mixed:?}");
}

#[test]
fn no_changed_byte_is_the_same_certificate() {
    let root = root();
    let leaf = root.issue(&key(KeyUse::Tls).public_key(), &subject("CN=x"), Profile::Node, YEAR).unwrap();
    for at in 0..leaf.as_der().len() {
        for bit in [0x01, 0x80] {
            let mut changed = leaf.as_der().to_vec();
            changed[at] ^= bit;
            let accepted = Certificate::from_der(&changed).is_ok_and(|c| c.is_signed_by(root.certificate()).is_ok());
            assert!(!accepted, "byte {at}");
        }
        assert!(Certificate::from_der(&leaf.as_der()[..at]).is_err(), "cut at {at}");
    }
}
