//! The calling side, for tonic's channels.

use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crypto::x509::Certificate;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::{Channel, Endpoint, Uri};

use crate::Cause;

/// TCP and the handshake take no longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How one calls.
#[derive(Clone, Debug)]
pub enum Transport {
    /// With a handshake under the newest configuration: `https://host:port`.
    Tls(watch::Receiver<Arc<ClientConfig>>),
    /// In clear, on this machine alone: `http://127.0.0.1:port`.
    Plaintext,
}

impl Transport {
    /// With a configuration that stays as it is.
    #[must_use]
    pub fn fixed(config: ClientConfig) -> Self {
        Self::Tls(watch::channel(Arc::new(config)).1)
    }

    /// How addresses begin that are called so.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        match self {
            Self::Tls(_) => "https",
            Self::Plaintext => "http",
        }
    }

    /// The address of a server at a socket.
    #[must_use]
    pub fn url(&self, address: std::net::SocketAddr) -> String {
        format!("{}://{address}", self.scheme())
    }
}

/// The certificate of the server that was dialled last.
type Shown = Arc<Mutex<Option<Certificate>>>;

/// No connection.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address is none.
    #[error("{0} is no address of a server: it looks like https://host:port")]
    Address(Uri),
    /// In clear to another machine.
    #[error(
        "{0} is called in clear, which is for this machine alone: call https:// and name the roots that are believed"
    )]
    Clear(Uri),
    /// With a handshake where an address in clear is given, or the other way round.
    #[error("{address} does not begin with {scheme}://, as calls are to be made")]
    Scheme {
        /// The address.
        address: Uri,
        /// How it should begin.
        scheme: &'static str,
    },
    /// Nobody listens there, or the network fails.
    #[error("{address}: {error}")]
    Network {
        /// Whom.
        address: String,
        /// The system's own words.
        error: Arc<io::Error>,
    },
    /// Somebody listens, but the two do not come together.
    #[error("{address}: {cause}")]
    Handshake {
        /// Whom.
        address: String,
        /// Why.
        cause: Cause,
    },
    /// The connection was made and HTTP/2 failed on it.
    #[error("{address}: {why}")]
    Http {
        /// Whom.
        address: String,
        /// Why.
        why: String,
    },
}

/// Calls a server, now and whenever the connection is lost, with the newest configuration.
///
/// A server refuses a client's certificate only after the client's own handshake is done: that is known by the first
/// call, and [`Cause::in_chain`] finds it.
///
/// # Errors
/// [`ConnectError`].
pub async fn connect(endpoint: &Endpoint, transport: &Transport) -> Result<Channel, ConnectError> {
    connect_knowing(endpoint, transport).await.map(|(channel, _)| channel)
}

/// The same, and the certificate that the server showed; none in clear.
///
/// # Errors
/// [`ConnectError`].
pub async fn connect_knowing(
    endpoint: &Endpoint,
    transport: &Transport,
) -> Result<(Channel, Option<Certificate>), ConnectError> {
    let shown: Shown = Arc::default();
    check(endpoint.uri(), transport)?;
    let connected = match transport {
        Transport::Plaintext => Box::pin(endpoint.connect()).await,
        Transport::Tls(config) => {
            let (config, shown) = (config.clone(), shown.clone());
            let connector = tower::service_fn(move |uri| dial(uri, config.clone(), shown.clone()));
            // Its future is large, and would make every caller's as large.
            Box::pin(endpoint.connect_with_connector(connector)).await
        }
    };
    let channel = connected.map_err(|error| why(endpoint.uri(), &error))?;
    let shown = shown.lock().unwrap_or_else(PoisonError::into_inner).take();
    Ok((channel, shown))
}

fn check(uri: &Uri, transport: &Transport) -> Result<(), ConnectError> {
    let Some(host) = uri.host() else { return Err(ConnectError::Address(uri.clone())) };
    if uri.scheme_str() != Some(transport.scheme()) {
        return Err(ConnectError::Scheme { address: uri.clone(), scheme: transport.scheme() });
    }
    if matches!(transport, Transport::Plaintext) && !is_this_machine(host) {
        return Err(ConnectError::Clear(uri.clone()));
    }
    Ok(())
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || bare(host).parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// Addresses of version 6 stand in brackets.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

fn why(uri: &Uri, error: &tonic::transport::Error) -> ConnectError {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut last = error.to_string();
    while let Some(error) = next {
        if let Some(own) = error.downcast_ref::<ConnectError>() {
            return own.clone();
        }
        last = error.to_string();
        next = error.source();
    }
    let address = uri.authority().map_or_else(String::new, ToString::to_string);
    match Cause::in_chain(error) {
        Some(cause) => ConnectError::Handshake { address, cause },
        None => ConnectError::Http { address, why: last },
    }
}

async fn dial(
    uri: Uri,
    config: watch::Receiver<Arc<ClientConfig>>,
    shown: Shown,
) -> Result<TokioIo<TlsStream<TcpStream>>, ConnectError> {
    let (Some(host), Some(port)) = (uri.host(), uri.port_u16()) else { return Err(ConnectError::Address(uri)) };
    let host = bare(host).to_owned();
    let name = ServerName::try_from(host.clone()).map_err(|_| ConnectError::Address(uri.clone()))?;
    let address = format!("{host}:{port}");
    let handshake = |cause| ConnectError::Handshake { address: address.clone(), cause };
    let dialled = tokio::time::timeout(PATIENCE, async {
        let network = |error| ConnectError::Network { address: address.clone(), error: Arc::new(error) };
        let stream = TcpStream::connect((host.as_str(), port)).await.map_err(network)?;
        stream.set_nodelay(true).map_err(network)?;
        let connector = TlsConnector::from(config.borrow().clone());
        connector.connect(name, stream).await.map_err(|error| handshake(Cause::of_io(&error)))
    });
    let stream = dialled.await.unwrap_or_else(|_| Err(handshake(Cause::TooSlow)))?;
    let own = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    *shown.lock().unwrap_or_else(PoisonError::into_inner) = own.and_then(|own| Certificate::from_der(own).ok());
    Ok(TokioIo::new(stream))
}
