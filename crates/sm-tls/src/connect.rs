//! The calling side, for tonic's channels.

use std::sync::Arc;
use std::time::Duration;

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

/// No connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address is none.
    #[error("{0} is no address of a server: it looks like https://host:port")]
    Address(Uri),
    /// Nobody listens there, or the network fails.
    #[error("{address}: {error}")]
    Network {
        /// Whom.
        address: String,
        /// The system's own words.
        error: std::io::Error,
    },
    /// Somebody listens, but the two do not come together.
    #[error("{address}: {cause}")]
    Handshake {
        /// Whom.
        address: String,
        /// Why.
        cause: Cause,
    },
}

/// Calls a server, now and whenever the connection is lost, with the newest configuration.
///
/// A server refuses a client's certificate only after the client's own handshake is done: that is known by the first
/// call, and [`Cause::in_chain`] finds it.
///
/// # Errors
/// tonic's, with a [`ConnectError`] in its chain.
pub async fn connect(
    endpoint: &Endpoint,
    config: watch::Receiver<Arc<ClientConfig>>,
) -> Result<Channel, tonic::transport::Error> {
    endpoint.connect_with_connector(tower::service_fn(move |uri| dial(uri, config.clone()))).await
}

async fn dial(
    uri: Uri,
    config: watch::Receiver<Arc<ClientConfig>>,
) -> Result<TokioIo<TlsStream<TcpStream>>, ConnectError> {
    let (Some(host), Some(port)) = (uri.host(), uri.port_u16()) else { return Err(ConnectError::Address(uri)) };
    // Addresses of version 6 stand in brackets.
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(host.clone()).map_err(|_| ConnectError::Address(uri.clone()))?;
    let address = format!("{host}:{port}");
    let handshake = |cause| ConnectError::Handshake { address: address.clone(), cause };
    let dialled = tokio::time::timeout(PATIENCE, async {
        let network = |error| ConnectError::Network { address: address.clone(), error };
        let stream = TcpStream::connect((host.as_str(), port)).await.map_err(network)?;
        stream.set_nodelay(true).map_err(network)?;
        let connector = TlsConnector::from(config.borrow().clone());
        connector.connect(name, stream).await.map_err(|error| handshake(Cause::of_io(&error)))
    });
    dialled.await.unwrap_or_else(|_| Err(handshake(Cause::TooSlow))).map(TokioIo::new)
}
