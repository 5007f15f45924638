//! Carrying a connection on to another address, with somebody in between.

use std::future::Future;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, tcp};

/// Carries both ways until either side ends. What was read is shown before it goes on; the connection ends when who is
/// shown it says so (false).
pub(crate) async fn carry<A: Future<Output = bool>, B: Future<Output = bool>>(
    caller: TcpStream,
    target: SocketAddr,
    asked: impl FnMut(&[u8]) -> A,
    answered: impl FnMut(&[u8]) -> B,
) {
    let Ok(server) = TcpStream::connect(target).await else { return };
    // Nagle's delay would be the proxy's, not the product's.
    if caller.set_nodelay(true).is_err() || server.set_nodelay(true).is_err() {
        return;
    }
    let ((caller_in, caller_out), (server_in, server_out)) = (caller.into_split(), server.into_split());
    tokio::select! {
        () = pump(caller_in, server_out, asked) => {}
        () = pump(server_in, caller_out, answered) => {}
    }
}

async fn pump<F: Future<Output = bool>>(
    mut from: tcp::OwnedReadHalf,
    mut to: tcp::OwnedWriteHalf,
    mut shown: impl FnMut(&[u8]) -> F,
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read) = from.read(&mut buffer).await {
        if !shown(&buffer[..read]).await || read == 0 || to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
