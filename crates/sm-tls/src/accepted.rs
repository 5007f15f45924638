//! A connection that was taken, and who is at its other end.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crypto::x509::Certificate;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tonic::transport::server::Connected;

use crate::Cause;
use crate::manners::Manners;
use crate::patience::Patience;
use crate::room::Place;

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

/// A connection that was taken; with TLS the other side has proved what it showed.
#[derive(Debug)]
pub struct Accepted {
    wire: Wire,
    caller: Caller,
    words: Patience,
    ears: Patience,
    end: Option<End>,
    manners: Manners,
    _place: Place,
}

/// When a connection ends, whatever is said on it.
struct End(Pin<Box<dyn Future<Output = ()> + Send>>);

impl std::fmt::Debug for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("End")
    }
}

#[derive(Debug)]
enum Wire {
    Tls(Box<TlsStream<TcpStream>>),
    Plain(TcpStream),
}

impl Accepted {
    pub(crate) fn shaken(stream: TlsStream<TcpStream>, address: SocketAddr, mut place: Place) -> Result<Self, Cause> {
        let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let certificates: Result<_, _> = shown.iter().map(|one| Certificate::from_der(one)).collect();
        let certificates = certificates.map_err(|error| Cause::Other(error.to_string()))?;
        let caller = Caller { certificates, address };
        place.of_certificate(caller.certificate())?;
        Ok(Self::new(Wire::Tls(Box::new(stream)), caller, place))
    }

    pub(crate) fn plain(stream: TcpStream, address: SocketAddr, place: Place) -> Self {
        Self::new(Wire::Plain(stream), Caller { certificates: Arc::new([]), address }, place)
    }

    fn new(wire: Wire, caller: Caller, place: Place) -> Self {
        Self {
            wire,
            caller,
            words: Patience::for_words(),
            ears: Patience::for_ears(),
            end: None,
            manners: Manners::default(),
            _place: place,
        }
    }

    /// Who is at the other end.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The same, ending with `end`: whoever reads from it then learns that it is over.
    #[must_use]
    pub fn until(self, end: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { end: Some(End(Box::pin(end))), ..self }
    }

    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        self.end.as_mut().is_some_and(|end| end.0.as_mut().poll(cx).is_ready())
    }

    /// Notes what was taken of what was to be said.
    fn said<'a>(
        &mut self,
        written: Poll<io::Result<usize>>,
        bytes: impl IntoIterator<Item = &'a [u8]>,
    ) -> Poll<io::Result<usize>> {
        let Poll::Ready(Ok(mut left)) = written else { return written };
        for bytes in bytes {
            let taken = bytes.len().min(left);
            self.manners.said(&bytes[..taken])?;
            left -= taken;
        }
        written
    }
}

macro_rules! on_wire {
    ($this:ident, $patience:ident, $cx:ident, $stream:ident => $do:expr) => {{
        let done = match &mut $this.wire {
            Wire::Tls($stream) => $do,
            Wire::Plain($stream) => $do,
        };
        $this.$patience.heed($cx, done)
    }};
}

impl Connected for Accepted {
    type ConnectInfo = Caller;

    fn connect_info(&self) -> Caller {
        self.caller.clone()
    }
}

impl AsyncRead for Accepted {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.is_over(cx) {
            // It is not asked again.
            this.end = Some(End(Box::pin(std::future::ready(()))));
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let known = buf.filled().len();
        let read = on_wire!(this, words, cx, stream => Pin::new(stream).poll_read(cx, buf));
        match read {
            Poll::Ready(Ok(())) => Poll::Ready(this.manners.heard(&buf.filled()[known..])),
            other => other,
        }
    }
}

impl AsyncWrite for Accepted {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = on_wire!(this, ears, cx, stream => Pin::new(stream).poll_write(cx, buf));
        this.said(written, [buf])
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        on_wire!(this, ears, cx, stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        on_wire!(this, ears, cx, stream => Pin::new(stream).poll_shutdown(cx))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = on_wire!(this, ears, cx, stream => Pin::new(stream).poll_write_vectored(cx, bufs));
        this.said(written, bufs.iter().map(|buf| &**buf))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.wire {
            Wire::Tls(stream) => stream.is_write_vectored(),
            Wire::Plain(stream) => stream.is_write_vectored(),
        }
    }
}
