//! The listening side: connections whose handshake is done, for tonic's server.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;

use crate::room::{Limits, Place, Room};
use crate::{Accepted, Cause};

/// A handshake takes no longer: who is slower has no connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// Who is refused has so long to read why.
const PARTING: Duration = Duration::from_secs(1);
/// Handshakes under way. When there are more, the oldest ends: an honest one takes milliseconds, so that only who is slow on
/// purpose is pushed out.
const MOST: usize = 1_024;
/// Connections that wait for the server to take them.
const WAITING: usize = 64;

/// How connections are taken.
#[derive(Clone, Debug)]
pub enum Door {
    /// By a handshake under the newest configuration.
    Tls(watch::Receiver<Arc<ServerConfig>>),
    /// As they come: for callers on this machine alone.
    Plaintext,
}

/// Takes connections until the listener fails for good or nobody wants them any more. Each handshake runs by itself, so
/// that who is slow delays nobody; it uses the newest configuration. `refused` hears why one did not come about. Who
/// has a connection and says or reads nothing loses it.
pub fn accept(
    listener: TcpListener,
    door: Door,
    limits: Limits,
    refused: impl Fn(SocketAddr, &Cause) + Send + Sync + 'static,
) -> ReceiverStream<io::Result<Accepted>> {
    let (done, accepted) = mpsc::channel(WAITING);
    let refused = Arc::new(refused);
    tokio::spawn(async move {
        let (mut under_way, room) = (UnderWay::default(), Room::new(limits));
        loop {
            let (stream, address) = tokio::select! {
                () = done.closed() => return,
                connection = listener.accept() => match connection {
                    Ok(connection) => connection,
                    // Of that one caller, or no file is free for a moment.
                    Err(error) => {
                        tracing::warn!(%error, "a connection cannot be taken");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                },
            };
            let place = match room.enter(address.ip()) {
                Ok(place) => place,
                Err(cause) => {
                    refused(address, &cause);
                    continue;
                }
            };
            let door = door.clone();
            let (done, tell) = (done.clone(), refused.clone());
            let task = tokio::spawn(async move {
                let shaken = tokio::time::timeout(PATIENCE, enter(door, stream, address, place)).await;
                match shaken.unwrap_or(Err(Cause::TooSlow)) {
                    // Who wanted it may be gone.
                    Ok(accepted) => drop(done.send(Ok(accepted)).await),
                    Err(cause) => tell(address, &cause),
                }
            });
            if let Some(oldest) = under_way.add(address, task.abort_handle()) {
                refused(oldest, &Cause::TooSlow);
            }
        }
    });
    ReceiverStream::new(accepted)
}

/// Handshakes under way, the oldest first.
#[derive(Default)]
struct UnderWay(VecDeque<(SocketAddr, AbortHandle)>);

impl UnderWay {
    /// Adds one; the address of the oldest, if that had to end.
    fn add(&mut self, address: SocketAddr, task: AbortHandle) -> Option<SocketAddr> {
        if self.0.len() >= MOST {
            self.0.retain(|(_, task)| !task.is_finished());
        }
        let oldest = if self.0.len() >= MOST { self.0.pop_front() } else { None };
        self.0.push_back((address, task));
        oldest.map(|(address, task)| {
            task.abort();
            address
        })
    }
}

async fn enter(door: Door, stream: TcpStream, address: SocketAddr, place: Place) -> Result<Accepted, Cause> {
    stream.set_nodelay(true).map_err(|error| Cause::Other(error.to_string()))?;
    let acceptor = match door {
        Door::Plaintext => return Ok(Accepted::plain(stream, address, place)),
        Door::Tls(config) => TlsAcceptor::from(config.borrow().clone()),
    };
    match acceptor.accept(stream).into_fallible().await {
        Ok(stream) => Accepted::shaken(stream, address, place),
        Err((error, stream)) => {
            tokio::spawn(part(stream));
            Err(Cause::of_io(&error))
        }
    }
}

/// Lets the other side read why, before its own words to nobody break the connection.
async fn part(mut stream: TcpStream) {
    let read = async {
        stream.shutdown().await?;
        let mut nothing = [0; 1_024];
        while stream.read(&mut nothing).await? > 0 {}
        Ok::<_, io::Error>(())
    };
    // Whatever comes of it, the connection ends here.
    drop(tokio::time::timeout(PARTING, read).await);
}
