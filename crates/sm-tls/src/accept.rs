//! The listening side: connections whose handshake is done, for tonic's server.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crypto::x509::Certificate;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

use crate::Cause;

/// A handshake takes no longer: who is slower has no connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// Who is refused has so long to read why.
const PARTING: Duration = Duration::from_secs(1);
/// Handshakes under way. When there are more, the oldest ends: an honest one takes milliseconds, so that only who is slow on
/// purpose is pushed out.
const MOST: usize = 1_024;
/// Connections that wait for the server to take them.
const WAITING: usize = 64;

/// Who calls: in the extensions of each request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Its certificates, its own first. They were checked in the handshake.
    pub certificates: Arc<[Certificate]>,
    /// Where it calls from.
    pub address: SocketAddr,
}

impl Caller {
    /// Its own certificate; none of a stranger, where strangers are heard.
    #[must_use]
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificates.first()
    }
}

/// A connection whose other side has proved who it is.
#[derive(Debug)]
pub struct Accepted {
    stream: TlsStream<TcpStream>,
    caller: Caller,
}

/// Takes connections until the listener fails for good or nobody wants them any more. Each handshake runs by itself, so
/// that who is slow delays nobody; it uses the newest configuration. `refused` hears why one did not come about.
pub fn accept(
    listener: TcpListener,
    config: watch::Receiver<Arc<ServerConfig>>,
    refused: impl Fn(SocketAddr, &Cause) + Send + Sync + 'static,
) -> ReceiverStream<io::Result<Accepted>> {
    let (done, accepted) = mpsc::channel(WAITING);
    let refused = Arc::new(refused);
    tokio::spawn(async move {
        let mut under_way = UnderWay::default();
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
            let acceptor = TlsAcceptor::from(config.borrow().clone());
            let (done, tell) = (done.clone(), refused.clone());
            let task = tokio::spawn(async move {
                let shaken = tokio::time::timeout(PATIENCE, shake(acceptor, stream, address)).await;
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

async fn shake(acceptor: TlsAcceptor, stream: TcpStream, address: SocketAddr) -> Result<Accepted, Cause> {
    stream.set_nodelay(true).map_err(|error| Cause::Other(error.to_string()))?;
    let stream = match acceptor.accept(stream).into_fallible().await {
        Ok(stream) => stream,
        Err((error, stream)) => {
            tokio::spawn(part(stream));
            return Err(Cause::of_io(&error));
        }
    };
    let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
    let certificates: Result<_, _> = shown.iter().map(|one| Certificate::from_der(one)).collect();
    let certificates = certificates.map_err(|error| Cause::Other(error.to_string()))?;
    Ok(Accepted { stream, caller: Caller { certificates, address } })
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

impl Connected for Accepted {
    type ConnectInfo = Caller;

    fn connect_info(&self) -> Caller {
        self.caller.clone()
    }
}

impl AsyncRead for Accepted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Accepted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
