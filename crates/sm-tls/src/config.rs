//! Configurations of both sides: who one is, and whom one believes.

use std::sync::Arc;

use crypto::SigningKey;
use crypto::x509::Certificate;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::TLS13;
use rustls::{ClientConfig, Error, OtherError, RootCertStore, ServerConfig};

use crate::{TlsKey, provider, tickets};

/// HTTP/2, which gRPC is made of.
const ALPN: &[u8] = b"h2";

/// Who one is: a certificate with those between it and the root, and its key.
#[derive(Clone, Debug)]
pub struct Identity(Arc<CertifiedKey>);

impl Identity {
    /// Of a chain whose first certificate is one's own.
    ///
    /// # Errors
    /// [`Error::InconsistentKeys`] if the key is not that certificate's, [`Error::General`] for a key of another use.
    pub fn new(chain: &[Certificate], key: SigningKey) -> Result<Self, Error> {
        let chain = chain.iter().map(|one| CertificateDer::from(one.as_der().to_vec())).collect();
        let certified = CertifiedKey::new(chain, Arc::new(TlsKey::new(key)?));
        certified.keys_match()?;
        Ok(Self(Arc::new(certified)))
    }
}

/// Whom one believes (信任锚).
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Issuers trusted for their own sake.
    pub roots: Vec<Certificate>,
    /// What issuers revoked, DER. Once there is one, each issuer in a chain needs one that has not ended: a certificate
    /// of which nobody knows whether it was revoked is refused.
    pub revocation_lists: Vec<Vec<u8>>,
}

impl Trust {
    fn store(&self) -> Result<Arc<RootCertStore>, Error> {
        let mut store = RootCertStore::empty();
        for root in &self.roots {
            store.add(CertificateDer::from(root.as_der()))?;
        }
        Ok(Arc::new(store))
    }

    fn lists(&self) -> Vec<CertificateRevocationListDer<'static>> {
        self.revocation_lists.iter().map(|list| list.clone().into()).collect()
    }

    fn of_clients(&self, strangers: bool) -> Result<Arc<dyn ClientCertVerifier>, Error> {
        let verifier = WebPkiClientVerifier::builder_with_provider(self.store()?, provider());
        let verifier = verifier.with_crls(self.lists()).enforce_revocation_expiration();
        let verifier = if strangers { verifier.allow_unauthenticated() } else { verifier };
        verifier.build().map_err(other)
    }

    fn of_servers(&self) -> Result<Arc<dyn ServerCertVerifier>, Error> {
        let verifier = WebPkiServerVerifier::builder_with_provider(self.store()?, provider());
        Ok(verifier.with_crls(self.lists()).enforce_revocation_expiration().build().map_err(other)?)
    }
}

fn other(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Other(OtherError(Arc::new(error)))
}

/// A server that believes only clients with a certificate.
///
/// # Errors
/// [`Error`] of roots and lists that cannot be read.
pub fn server(identity: &Identity, clients: &Trust) -> Result<ServerConfig, Error> {
    serving(identity, clients.of_clients(false)?)
}

/// A server that also hears clients without a certificate: what they may do is for its roles to say. Who shows one must be
/// believed all the same.
///
/// # Errors
/// As [`server`].
pub fn open_server(identity: &Identity, clients: &Trust) -> Result<ServerConfig, Error> {
    serving(identity, clients.of_clients(true)?)
}

fn serving(identity: &Identity, verifier: Arc<dyn ClientCertVerifier>) -> Result<ServerConfig, Error> {
    let config = ServerConfig::builder_with_provider(provider()).with_protocol_versions(&[&TLS13])?;
    let resolver = SingleCertAndKey::from(identity.0.clone());
    let mut config = config.with_client_cert_verifier(verifier).with_cert_resolver(Arc::new(resolver));
    config.ticketer = tickets()?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(config)
}

/// A client; without an identity it is believed only by servers that ask for none.
///
/// # Errors
/// As [`server`].
pub fn client(identity: Option<&Identity>, servers: &Trust) -> Result<ClientConfig, Error> {
    let config = ClientConfig::builder_with_provider(provider()).with_protocol_versions(&[&TLS13])?;
    let config = config.dangerous().with_custom_certificate_verifier(servers.of_servers()?);
    let mut config = match identity {
        Some(identity) => config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(identity.0.clone()))),
        None => config.with_no_client_auth(),
    };
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(config)
}
