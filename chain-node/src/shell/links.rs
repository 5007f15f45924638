//! The links to other nodes, as the core thread sees them: it says something and goes on.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::peer_message::PeerMessage;
use crate::peers::{PeerId, To};

/// Messages that wait for a slow peer before more are dropped: engines and block requests repeat what matters.
const QUEUE: usize = 512;

/// Number of a link, and where to put what it carries.
type Link = (u64, mpsc::Sender<Bytes>);

/// Every link that is up.
#[derive(Clone, Default)]
pub struct Links {
    up: Arc<Mutex<BTreeMap<PeerId, Link>>>,
    opened: Arc<AtomicU64>,
    dropped: Arc<AtomicU64>,
}

impl Links {
    /// A link is up: what to send over it comes out of the receiver. An older link of the same peer ends.
    pub fn open(&self, peer: PeerId) -> (u64, mpsc::Receiver<Bytes>) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        self.lock().insert(peer, (number, sender));
        (number, receiver)
    }

    /// A link is down; true if it was the peer's newest.
    pub fn close(&self, peer: PeerId, number: u64) -> bool {
        let mut up = self.lock();
        let newest = up.get(&peer).is_some_and(|(n, _)| *n == number);
        if newest {
            up.remove(&peer);
        }
        newest
    }

    /// Sends, or drops what a peer is too slow for.
    pub fn send(&self, to: To, message: &PeerMessage) {
        let up = self.lock();
        let receivers: Vec<_> = match to {
            To::All => up.values().collect(),
            To::Validators => up.iter().filter(|(peer, _)| peer.place().is_some()).map(|(_, link)| link).collect(),
            To::Peer(peer) => up.get(&peer).into_iter().collect(),
        };
        if receivers.is_empty() {
            return;
        }
        let bytes = Bytes::from(message.encode());
        for (_, link) in receivers {
            if link.try_send(bytes.clone()).is_err() {
                self.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// How many peers are connected, and how many messages were dropped.
    pub fn counts(&self) -> (usize, u64) {
        (self.lock().len(), self.dropped.load(Ordering::Relaxed))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<PeerId, Link>> {
        self.up.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_peer_loses_messages_and_delays_nobody() {
        let links = Links::default();
        let (_, mut slow) = links.open(PeerId(1));
        let (_, mut quick) = links.open(PeerId::FIRST_OBSERVER.into());
        for i in 0..QUEUE + 3 {
            links.send(To::All, &PeerMessage::Txs(Vec::new()));
            assert!(quick.try_recv().is_ok(), "{i}");
        }
        assert_eq!(links.counts(), (2, 3));
        links.send(To::Validators, &PeerMessage::Txs(Vec::new()));
        assert!(quick.try_recv().is_err());
        assert!(slow.try_recv().is_ok());
    }

    #[test]
    fn a_new_link_of_a_peer_takes_the_place_of_the_old_one() {
        let links = Links::default();
        let (old, mut first) = links.open(PeerId(1));
        let (new, _second) = links.open(PeerId(1));
        assert!(first.blocking_recv().is_none(), "the old link ends");
        assert!(!links.close(PeerId(1), old) && links.close(PeerId(1), new));
        assert_eq!(links.counts().0, 0);
    }
}
