//! A listener on the wire: a proxy that carries everything on and remembers what it saw.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, tcp};

/// Remembered of one direction of one connection, at most.
const MOST: usize = 16 << 20;

/// The proxy. It carries on until the process ends.
pub(crate) struct Recorder {
    /// Whom to call instead.
    pub(crate) address: SocketAddr,
    tape: Arc<Tape>,
}

/// What was heard, connection by connection.
#[derive(Default)]
struct Tape {
    stopped: AtomicBool,
    connections: Mutex<Vec<Arc<Heard>>>,
}

/// Both directions of one connection.
#[derive(Default)]
pub(crate) struct Heard {
    asked: Mutex<Vec<u8>>,
    answered: Mutex<Vec<u8>>,
}

impl Recorder {
    /// Listens before a server.
    pub(crate) async fn before(target: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let tape = Arc::new(Tape::default());
        let taped = tape.clone();
        tokio::spawn(async move {
            while let Ok((caller, _)) = listener.accept().await {
                let heard = Arc::new(Heard::default());
                taped.connections.lock().unwrap_or_else(PoisonError::into_inner).push(heard.clone());
                tokio::spawn(carry(caller, target, taped.clone(), heard));
            }
        });
        Ok(Self { address, tape })
    }

    /// Carries on without listening, and says what was heard so far.
    pub(crate) fn stop(&self) -> Vec<Arc<Heard>> {
        self.tape.stopped.store(true, Ordering::Relaxed);
        self.tape.connections.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Heard {
    /// The first bytes of caller and server.
    pub(crate) fn begin(&self) -> (Vec<u8>, Vec<u8>) {
        let begin = |side: &Mutex<Vec<u8>>| {
            let bytes = side.lock().unwrap_or_else(PoisonError::into_inner);
            bytes[..bytes.len().min(1 << 14)].to_vec()
        };
        (begin(&self.asked), begin(&self.answered))
    }

    /// Bytes heard.
    pub(crate) fn len(&self) -> usize {
        [&self.asked, &self.answered].map(|side| side.lock().unwrap_or_else(PoisonError::into_inner).len()).iter().sum()
    }

    /// Whether a text went by in clear.
    pub(crate) fn has(&self, text: &str) -> bool {
        [&self.asked, &self.answered].into_iter().any(|side| {
            let bytes = side.lock().unwrap_or_else(PoisonError::into_inner);
            bytes.windows(text.len()).any(|window| window == text.as_bytes())
        })
    }
}

async fn carry(caller: TcpStream, target: SocketAddr, tape: Arc<Tape>, heard: Arc<Heard>) {
    let Ok(server) = TcpStream::connect(target).await else { return };
    // Nagle's delay would be the proxy's, not the product's.
    if caller.set_nodelay(true).is_err() || server.set_nodelay(true).is_err() {
        return;
    }
    let ((caller_in, caller_out), (server_in, server_out)) = (caller.into_split(), server.into_split());
    tokio::select! {
        () = pump(caller_in, server_out, &tape, &heard.asked) => {}
        () = pump(server_in, caller_out, &tape, &heard.answered) => {}
    }
}

async fn pump(mut from: tcp::OwnedReadHalf, mut to: tcp::OwnedWriteHalf, tape: &Tape, heard: &Mutex<Vec<u8>>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if !tape.stopped.load(Ordering::Relaxed) {
            let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
            if heard.len() < MOST {
                heard.extend_from_slice(&buffer[..read]);
            }
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
