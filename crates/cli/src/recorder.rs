//! A listener on the wire: a proxy that carries everything on and remembers what it saw.

use std::future::ready;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::TcpListener;

use crate::proxy;

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
                let tape = taped.clone();
                tokio::spawn(async move {
                    let asked = |bytes: &[u8]| ready(tape.note(&heard.asked, bytes));
                    let answered = |bytes: &[u8]| ready(tape.note(&heard.answered, bytes));
                    proxy::carry(caller, target, asked, answered).await;
                });
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

    /// What caller and server said.
    pub(crate) fn all(&self) -> [Vec<u8>; 2] {
        [&self.asked, &self.answered].map(|side| side.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Whether a text went by in clear.
    pub(crate) fn has(&self, text: &str) -> bool {
        [&self.asked, &self.answered].into_iter().any(|side| {
            let bytes = side.lock().unwrap_or_else(PoisonError::into_inner);
            bytes.windows(text.len()).any(|window| window == text.as_bytes())
        })
    }
}

impl Tape {
    fn note(&self, side: &Mutex<Vec<u8>>, bytes: &[u8]) -> bool {
        if !self.stopped.load(Ordering::Relaxed) {
            let mut heard = side.lock().unwrap_or_else(PoisonError::into_inner);
            if heard.len() < MOST {
                heard.extend_from_slice(bytes);
            }
        }
        true
    }
}
