//! The two worlds: configurations of a client and a server that prove who they are to each other.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crypto::x509::{Issuer, Period, Profile, Subject};
use crypto::{KeyUse, SigningKey, SoftwareProvider};
use rustls::client::Resumption;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use sm_tls::config::{Identity, Trust, client, server};

#[derive(Clone)]
pub(crate) struct Stack {
    pub(crate) client: Arc<ClientConfig>,
    pub(crate) server: Arc<ServerConfig>,
}

impl Stack {
    /// A client that was never here.
    pub(crate) fn with_new_memory(&self) -> Self {
        let mut client = self.client.as_ref().clone();
        client.resumption = Resumption::in_memory_sessions(4);
        Self { client: Arc::new(client), server: self.server.clone() }
    }

    /// Ours.
    pub(crate) fn sm() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let year = Period { from: now - 3_600, until: now + 300 * 86_400 };
        let provider = SoftwareProvider::shared();
        let key = |key_use| SigningKey::generate(&provider, key_use).unwrap();
        let root = Issuer::root(key(KeyUse::Issuer), "CN=root", year).unwrap();
        let identity = || {
            let own = key(KeyUse::Tls);
            let subject = Subject { name: "CN=node".to_owned(), hosts: vec!["localhost".to_owned()], uris: vec![] };
            let certificate = root.issue(&own.public_key(), &subject, Profile::Node, year).unwrap();
            Identity::new(&[certificate], own).unwrap()
        };
        let trust = Trust { roots: vec![root.certificate().clone()], revocation_lists: vec![] };
        let (client, server) = (client(Some(&identity()), &trust).unwrap(), server(&identity(), &trust).unwrap());
        Self { client: Arc::new(client), server: Arc::new(server) }
    }

    /// P-256 and AES-128-GCM, with the same chains.
    pub(crate) fn international() -> Self {
        let mut provider = rustls::crypto::ring::default_provider();
        provider.cipher_suites.retain(|suite| suite.suite() == rustls::CipherSuite::TLS13_AES_128_GCM_SHA256);
        provider.kx_groups.retain(|group| group.name() == rustls::NamedGroup::secp256r1);
        let provider = Arc::new(provider);
        let root_key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let root = params.self_signed(&root_key).unwrap();
        let issuer = rcgen::Issuer::new(params, root_key);
        let identity = || {
            let own = rcgen::KeyPair::generate().unwrap();
            let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
            let certificate = params.signed_by(&own, &issuer).unwrap();
            (vec![certificate.der().clone()], PrivateKeyDer::try_from(own.serialize_der()).unwrap())
        };
        let mut roots = RootCertStore::empty();
        roots.add(root.der().clone()).unwrap();
        let roots = Arc::new(roots);
        let (chain, key) = identity();
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.clone(), provider.clone()).build().unwrap();
        let server = ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(&[&TLS13]).unwrap();
        let mut server = server.with_client_cert_verifier(verifier).with_single_cert(chain, key).unwrap();
        server.ticketer = rustls::crypto::ring::Ticketer::new().unwrap();
        let (chain, key) = identity();
        let client = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&TLS13]).unwrap();
        let client = client.with_root_certificates(roots).with_client_auth_cert(chain, key).unwrap();
        Self { client: Arc::new(client), server: Arc::new(server) }
    }
}
