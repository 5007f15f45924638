//! What a certificate allows.

use der::asn1::{ObjectIdentifier, OctetString};
use der::flagset::FlagSet;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName,
    SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;

use super::X509Error;

/// Proves who one is as a server.
const SERVER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
/// Proves who one is as a client.
const CLIENT: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");

/// What the holder of a certificate may do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Issue certificates for issuers and for others; trusted for its own sake.
    Root,
    /// Issue certificates for others, not for issuers: one for each bureau.
    Intermediate,
    /// Be called.
    Server,
    /// Call.
    Client,
    /// Both: a node among its peers, a service.
    Node,
}

impl Profile {
    /// Whether its holder issues certificates.
    #[must_use]
    pub fn is_issuer(self) -> bool {
        matches!(self, Self::Root | Self::Intermediate)
    }

    /// Whether a holder of this one may issue that one.
    #[must_use]
    pub fn may_issue(self, other: Self) -> bool {
        match self {
            Self::Root => other != Self::Root,
            Self::Intermediate => !other.is_issuer(),
            _ => false,
        }
    }

    pub(super) fn extensions(
        self,
        subject: &Name,
        names: Vec<GeneralName>,
        own: [u8; 20],
        issuer: [u8; 20],
    ) -> Result<Vec<Extension>, X509Error> {
        let form = X509Error::form("extension");
        let all = || -> der::Result<Vec<Extension>> {
            let mut all = Vec::new();
            let constraints = match self {
                Self::Root => BasicConstraints { ca: true, path_len_constraint: None },
                Self::Intermediate => BasicConstraints { ca: true, path_len_constraint: Some(0) },
                _ => BasicConstraints { ca: false, path_len_constraint: None },
            };
            all.push(constraints.to_extension(subject, &all)?);
            let usage: FlagSet<KeyUsages> = if self.is_issuer() {
                KeyUsages::KeyCertSign | KeyUsages::CRLSign
            } else {
                KeyUsages::DigitalSignature.into()
            };
            all.push(KeyUsage(usage).to_extension(subject, &all)?);
            let purposes = match self {
                Self::Root | Self::Intermediate => Vec::new(),
                Self::Server => vec![SERVER],
                Self::Client => vec![CLIENT],
                Self::Node => vec![SERVER, CLIENT],
            };
            if !purposes.is_empty() {
                all.push(ExtendedKeyUsage(purposes).to_extension(subject, &all)?);
            }
            if !names.is_empty() {
                all.push(SubjectAltName(names).to_extension(subject, &all)?);
            }
            all.push(SubjectKeyIdentifier(OctetString::new(own)?).to_extension(subject, &all)?);
            let authority =
                AuthorityKeyIdentifier { key_identifier: Some(OctetString::new(issuer)?), ..Default::default() };
            all.push(authority.to_extension(subject, &all)?);
            Ok(all)
        };
        all().map_err(form)
    }
}
