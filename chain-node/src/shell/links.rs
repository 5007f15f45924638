//! The links to other nodes, as the core thread sees them: it says something and goes on.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::allowance::{Allowance, price_of_answer};
use crate::peer_message::PeerMessage;
use crate::peers::{PeerId, To};

/// Messages that wait for a slow peer before more are dropped: engines and block requests repeat what matters.
const QUEUE: usize = 512;
/// Bytes that wait for a slow peer before more bulk is dropped.
const QUEUED_BYTES: usize = 64 << 20;
/// A peer that broke the rules may come back after so long.
pub const BAN: Duration = Duration::from_secs(60);

/// What is to be sent over one link. Votes do not wait behind blocks.
pub struct Outbox {
    /// The engine's messages, and where the node stands.
    pub urgent: mpsc::Receiver<Bytes>,
    /// Bodies, blocks and transactions.
    pub bulk: mpsc::Receiver<Bytes>,
    waiting: Arc<AtomicUsize>,
}

impl Outbox {
    /// Bulk of so many bytes has left.
    pub fn sent(&self, bytes: usize) {
        self.waiting.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Where to put what a link carries.
struct Link {
    number: u64,
    urgent: mpsc::Sender<Bytes>,
    bulk: mpsc::Sender<Bytes>,
    waiting: Arc<AtomicUsize>,
}

impl Link {
    /// False if the peer is too slow for it.
    fn put(&self, bytes: Bytes, urgent: bool) -> bool {
        if urgent {
            return self.urgent.try_send(bytes).is_ok();
        }
        let length = bytes.len();
        if self.waiting.fetch_add(length, Ordering::Relaxed) + length <= QUEUED_BYTES
            && self.bulk.try_send(bytes).is_ok()
        {
            return true;
        }
        self.waiting.fetch_sub(length, Ordering::Relaxed);
        false
    }
}

/// How the links of a node are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkCounts {
    /// Peers that are connected.
    pub linked: usize,
    /// Messages that were too much for a peer, since the start.
    pub dropped: u64,
    /// How often a peer made more work than its share and was made to wait, since the start.
    pub slowed: u64,
}

/// Every link that is up.
#[derive(Clone, Default)]
pub struct Links {
    up: Arc<Mutex<BTreeMap<PeerId, Link>>>,
    banned: Arc<Mutex<BTreeMap<PeerId, Instant>>>,
    /// Kept when a link ends, so that a new link is no new allowance.
    allowances: Arc<Mutex<BTreeMap<PeerId, Allowance>>>,
    opened: Arc<AtomicU64>,
    dropped: Arc<AtomicU64>,
    slowed: Arc<AtomicU64>,
}

impl Links {
    /// A link is up: what to send over it comes out of the outbox. An older link of the same peer ends.
    pub fn open(&self, peer: PeerId) -> (u64, Outbox) {
        let (urgent, urgent_out) = mpsc::channel(QUEUE);
        let (bulk, bulk_out) = mpsc::channel(QUEUE);
        let waiting = Arc::<AtomicUsize>::default();
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        self.lock().insert(peer, Link { number, urgent, bulk, waiting: waiting.clone() });
        (number, Outbox { urgent: urgent_out, bulk: bulk_out, waiting })
    }

    /// A link is down; true if it was the peer's newest.
    pub fn close(&self, peer: PeerId, number: u64) -> bool {
        let mut up = self.lock();
        let newest = up.get(&peer).is_some_and(|link| link.number == number);
        if newest {
            up.remove(&peer);
        }
        newest
    }

    /// Ends the link of a peer that broke the rules, and takes none of it for a minute.
    pub fn ban(&self, peer: PeerId) {
        self.lock().remove(&peer);
        self.refuse(peer);
    }

    /// Takes no new link of a peer for a minute.
    pub fn refuse(&self, peer: PeerId) {
        self.banned.lock().unwrap_or_else(PoisonError::into_inner).insert(peer, Instant::now() + BAN);
    }

    /// Whether a link is up.
    pub fn is_up(&self, peer: PeerId) -> bool {
        self.lock().contains_key(&peer)
    }

    /// Whether a peer broke the rules a short time ago.
    pub fn is_banned(&self, peer: PeerId) -> bool {
        let mut banned = self.banned.lock().unwrap_or_else(PoisonError::into_inner);
        banned.retain(|_, until| *until > Instant::now());
        banned.contains_key(&peer)
    }

    /// A peer makes work of so many us; how long it is not to be heard then.
    pub(super) fn charge(&self, peer: PeerId, price: u64) -> Duration {
        let now = Instant::now();
        let mut allowances = self.allowances.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = allowances.entry(peer).or_insert_with(|| Allowance::full(now)).pay(price, now);
        if !wait.is_zero() {
            self.slowed.fetch_add(1, Ordering::Relaxed);
        }
        wait
    }

    /// Sends, or drops what a peer is too slow for. A peer pays for the answers it asked for.
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
        let is_answer = matches!(
            message,
            PeerMessage::Blocks(_) | PeerMessage::Frames(_) | PeerMessage::Body(_) | PeerMessage::Chunk { .. }
        );
        if let (To::Peer(peer), true) = (to, is_answer) {
            self.charge(peer, price_of_answer(bytes.len()));
        }
        for link in receivers {
            if !link.put(bytes.clone(), message.is_urgent()) {
                self.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// How the links are.
    pub fn counts(&self) -> LinkCounts {
        let (dropped, slowed) = (self.dropped.load(Ordering::Relaxed), self.slowed.load(Ordering::Relaxed));
        LinkCounts { linked: self.lock().len(), dropped, slowed }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<PeerId, Link>> {
        self.up.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn bulk(length: usize) -> PeerMessage {
        PeerMessage::Body(vec![0; length])
    }

    #[test]
    fn a_slow_peer_loses_messages_and_delays_nobody() {
        let links = Links::default();
        let (_, mut slow) = links.open(PeerId(1));
        let (_, mut quick) = links.open(PeerId::FIRST_OBSERVER.into());
        for i in 0..QUEUE + 3 {
            links.send(To::All, &bulk(1));
            assert!(quick.bulk.try_recv().is_ok(), "{i}");
        }
        assert_eq!(links.counts(), LinkCounts { linked: 2, dropped: 3, slowed: 0 });
        links.send(To::Validators, &bulk(1));
        assert!(quick.bulk.try_recv().is_err());
        assert!(slow.bulk.try_recv().is_ok());
    }

    #[test]
    fn votes_do_not_wait_behind_blocks_and_waiting_bytes_are_bounded() {
        let links = Links::default();
        let (_, mut outbox) = links.open(PeerId(1));
        for _ in 0..5 {
            links.send(To::All, &bulk(QUEUED_BYTES / 4));
        }
        assert_eq!(links.counts().dropped, 2, "four do not fit with their frames, nor does a fifth");
        links.send(To::All, &PeerMessage::Engine { epoch: 0, bytes: vec![1] });
        assert!(outbox.urgent.try_recv().is_ok());
        let first = outbox.bulk.try_recv().unwrap();
        outbox.sent(first.len());
        links.send(To::All, &bulk(QUEUED_BYTES / 4));
        assert_eq!(links.counts().dropped, 2, "there is room again");
    }

    #[test]
    fn a_new_link_of_a_peer_takes_the_place_of_the_old_one() {
        let links = Links::default();
        let (old, mut first) = links.open(PeerId(1));
        let (new, _second) = links.open(PeerId(1));
        assert!(first.urgent.blocking_recv().is_none(), "the old link ends");
        assert!(!links.close(PeerId(1), old) && links.close(PeerId(1), new));
        assert_eq!(links.counts().linked, 0);
    }

    #[test]
    fn a_new_link_is_no_new_allowance_and_answers_are_paid_by_who_asked() {
        let links = Links::default();
        let _first = links.open(PeerId(1));
        let blocks = vec![crate::peer_message::CertifiedBlock { block: vec![0; 8 << 20], certificate: Vec::new() }];
        let answer = PeerMessage::Blocks(blocks);
        while links.charge(PeerId(1), 0).is_zero() {
            links.send(To::Peer(PeerId(1)), &answer);
        }
        let _second = links.open(PeerId(1));
        assert!(!links.charge(PeerId(1), 0).is_zero());
        assert!(links.charge(PeerId(2), 0).is_zero(), "another peer does not pay for it");
    }

    #[test]
    fn a_banned_peer_has_no_link() {
        let links = Links::default();
        let (_, mut outbox) = links.open(PeerId(1));
        assert!(!links.is_banned(PeerId(1)));
        links.ban(PeerId(1));
        assert!(outbox.bulk.blocking_recv().is_none(), "its link ends");
        assert!(links.is_banned(PeerId(1)) && !links.is_banned(PeerId(2)));
    }
}
