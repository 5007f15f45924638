//! Our sides: a server that says back what it hears, and a client that says a line.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::version::TLS13;
use rustls::{ClientConfig, HandshakeKind, RootCertStore, ServerConfig};
use sm_tls::Cause;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::office::Office;

/// A call takes no longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What our server saw of a call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Seen {
    /// It came about.
    Met(HandshakeKind),
    /// It did not.
    Refused(Cause),
}

pub(crate) struct Serving {
    pub(crate) port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Serving {
    pub(crate) async fn with(config: ServerConfig) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (acceptor, seen) = (TlsAcceptor::from(Arc::new(config)), Arc::new(Mutex::new(Vec::new())));
        let notes = seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, notes) = (acceptor.clone(), notes.clone());
                tokio::spawn(async move {
                    let saw = match acceptor.accept(stream).await {
                        Ok(mut stream) => {
                            let kind = stream.get_ref().1.handshake_kind();
                            notes.lock().unwrap().push(Seen::Met(kind.unwrap()));
                            let mut heard = [0; 1_024];
                            while let Ok(n @ 1..) = stream.read(&mut heard).await {
                                if stream.write_all(&heard[..n]).await.is_err() || stream.flush().await.is_err() {
                                    break;
                                }
                            }
                            return;
                        }
                        Err(error) => Seen::Refused(Cause::of_io(&error)),
                    };
                    notes.lock().unwrap().push(saw);
                });
            }
        });
        Self { port, seen }
    }

    /// The newest call.
    pub(crate) fn last(&self) -> Option<Seen> {
        self.seen.lock().unwrap().last().cloned()
    }
}

/// The same client, that sends a share of a group first that their server does not know.
pub(crate) fn offers_another_group(config: ClientConfig, office: &Office) -> ClientConfig {
    let mut provider = sm_tls::provider().as_ref().clone();
    provider.kx_groups.insert(0, rustls::crypto::ring::kx_group::SECP256R1);
    let mut roots = RootCertStore::empty();
    for root in office.trust().roots {
        roots.add(root.as_der().to_vec().into()).unwrap();
    }
    let other = ClientConfig::builder_with_provider(Arc::new(provider)).with_protocol_versions(&[&TLS13]).unwrap();
    other.with_root_certificates(roots).with_client_cert_resolver(config.client_auth_cert_resolver)
}

/// Says a line to their server, which says it back reversed.
pub(crate) async fn call(config: Arc<ClientConfig>, port: u16) -> Result<HandshakeKind, Cause> {
    let call = async {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.map_err(|e| Cause::Other(e.to_string()))?;
        let name = ServerName::try_from("localhost").unwrap();
        let io = |error| Cause::of_io(&error);
        let mut stream = TlsConnector::from(config).connect(name, stream).await.map_err(io)?;
        let kind = stream.get_ref().1.handshake_kind().unwrap();
        stream.write_all(b"hello\n").await.map_err(io)?;
        stream.flush().await.map_err(io)?;
        let mut heard = Vec::new();
        while !heard.ends_with(b"\n") {
            let n = stream.read_buf(&mut heard).await.map_err(io)?;
            if n == 0 {
                return Err(Cause::Other("the other side hung up".to_owned()));
            }
        }
        if heard == b"olleh\n" { Ok(kind) } else { Err(Cause::Other(format!("it said {heard:?}"))) }
    };
    tokio::time::timeout(PATIENCE, call).await.unwrap_or(Err(Cause::TooSlow))
}
