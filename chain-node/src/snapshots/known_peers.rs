//! Who offers what, and who was asked for what.

use std::collections::{BTreeMap, BTreeSet};

use ledger_types::{Digest, Height};
use proofs::snapshot::ChunkName;

use crate::peer_message::Offer;
use crate::peers::PeerId;

/// Snapshots that one peer may offer.
pub(super) const MAX_OFFERS: usize = 4;
/// Chunks that one peer is asked for at once.
const AT_ONCE: usize = 2;
/// An answer that did not come within this time is asked of another, ms.
const PATIENCE_MS: u64 = 5_000;

/// A peer as it was heard.
#[derive(Debug, Default)]
struct Known {
    /// None before it said anything of snapshots.
    offers: Option<Vec<Offer>>,
    /// Questions under way, and when they are given up.
    asked: BTreeMap<ChunkName, u64>,
    /// Questions that it was ever asked.
    ever: BTreeSet<ChunkName>,
    /// Answers that it owes.
    owed: u32,
}

/// All peers that are linked.
#[derive(Debug, Default)]
pub(super) struct KnownPeers {
    peers: BTreeMap<PeerId, Known>,
    /// Those that broke the rules are not heard again.
    bad: BTreeSet<PeerId>,
}

impl KnownPeers {
    pub(super) fn up(&mut self, peer: PeerId) {
        if !self.bad.contains(&peer) {
            self.peers.entry(peer).or_default();
        }
    }

    pub(super) fn gone(&mut self, peer: PeerId) {
        self.peers.remove(&peer);
    }

    pub(super) fn ban(&mut self, peer: PeerId) {
        self.gone(peer);
        self.bad.insert(peer);
    }

    pub(super) fn is_bad(&self, peer: PeerId) -> bool {
        self.bad.contains(&peer)
    }

    pub(super) fn offered(&mut self, peer: PeerId, mut offers: Vec<Offer>) {
        offers.truncate(MAX_OFFERS);
        self.peers.entry(peer).or_default().offers = Some(offers);
    }

    /// Everybody linked, whether they said something of snapshots or not.
    pub(super) fn all(&self) -> impl Iterator<Item = (PeerId, bool)> {
        self.peers.iter().map(|(peer, known)| (*peer, known.offers.is_some()))
    }

    /// Nobody has this one, whatever they say.
    pub(super) fn disown(&mut self, snapshot: &Digest) {
        for known in self.peers.values_mut() {
            known.asked.clear();
            known.offers.iter_mut().for_each(|offers| offers.retain(|offer| offer.snapshot != *snapshot));
        }
    }

    /// Forgets whom was asked for what: another snapshot begins.
    pub(super) fn begin(&mut self) {
        for known in self.peers.values_mut() {
            known.asked.clear();
            known.ever.clear();
            known.owed = 0;
        }
    }

    /// The snapshot of at least this height that most offer, of those the newest; `favourite` before all.
    pub(super) fn best(&self, least: Height, favourite: Option<Digest>) -> Option<Offer> {
        let mut votes: BTreeMap<(Height, Digest), usize> = BTreeMap::new();
        for offer in self.peers.values().flat_map(|known| known.offers.iter().flatten()) {
            if offer.height >= least {
                *votes.entry((offer.height, offer.snapshot)).or_default() += 1;
            }
        }
        let best = votes.into_iter().max_by_key(|((height, id), count)| (Some(*id) == favourite, *count, *height));
        best.map(|((height, snapshot), _)| Offer { height, snapshot })
    }

    /// Whether anybody offers it.
    pub(super) fn has(&self, offer: &Offer) -> bool {
        self.peers.values().any(|known| known.offers(offer))
    }

    /// Whether a chunk is being waited for.
    pub(super) fn waits_for(&self, name: ChunkName) -> bool {
        self.peers.values().any(|known| known.asked.contains_key(&name))
    }

    /// Whom to ask for a chunk: who owes least and is asked for least.
    pub(super) fn ask(&mut self, offer: &Offer, name: ChunkName, now_ms: u64) -> Option<PeerId> {
        let able = self.peers.iter_mut().filter(|(_, known)| known.offers(offer) && known.asked.len() < AT_ONCE);
        let (peer, known) = able.min_by_key(|(_, known)| (known.owed, known.asked.len()))?;
        known.asked.insert(name, now_ms.saturating_add(PATIENCE_MS));
        known.ever.insert(name);
        Some(*peer)
    }

    /// A peer answered; false if it was never asked for that.
    pub(super) fn answered(&mut self, peer: PeerId, name: ChunkName, useful: bool) -> bool {
        let Some(known) = self.peers.get_mut(&peer) else { return false };
        known.asked.remove(&name);
        known.owed = if useful { 0 } else { known.owed.saturating_add(1) };
        known.ever.contains(&name)
    }

    /// Gives up questions whose time is over.
    pub(super) fn lapse(&mut self, now_ms: u64) {
        for known in self.peers.values_mut() {
            let before = known.asked.len();
            known.asked.retain(|_, until| *until > now_ms);
            let late = u32::try_from(before - known.asked.len()).unwrap_or(u32::MAX);
            known.owed = known.owed.saturating_add(late);
        }
    }
}

impl Known {
    /// Whoever offers the same under another height does not offer it: one of the two lies.
    fn offers(&self, wanted: &Offer) -> bool {
        self.offers.iter().flatten().any(|offer| offer == wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(height: u64, id: u8) -> Offer {
        Offer { height: Height(height), snapshot: Digest([id; 32]) }
    }

    #[test]
    fn what_most_offer_counts_and_not_the_greatest_claim() {
        let mut peers = KnownPeers::default();
        peers.offered(PeerId(1), vec![offer(20, 2), offer(10, 1)]);
        peers.offered(PeerId(2), vec![offer(10, 1)]);
        peers.offered(PeerId(3), vec![offer(u64::MAX, 9)]);
        assert_eq!(peers.best(Height(5), None), Some(offer(10, 1)));
        assert_eq!(peers.best(Height(11), None), Some(offer(u64::MAX, 9)));
        assert_eq!(peers.best(Height(5), Some(Digest([2; 32]))), Some(offer(20, 2)));
        peers.ban(PeerId(3));
        peers.up(PeerId(3));
        assert_eq!(peers.best(Height(11), None), Some(offer(20, 2)));
        assert_eq!(peers.best(Height(21), None), None);
    }

    #[test]
    fn who_owes_answers_is_asked_last_and_nobody_for_too_much() {
        let mut peers = KnownPeers::default();
        (1..=2).for_each(|n| peers.offered(PeerId(n), vec![offer(10, 1)]));
        let id = offer(10, 1);
        assert_eq!(peers.ask(&offer(11, 1), ChunkName::Slots(0), 0), None, "of another height");
        let mut asked: Vec<_> = (0..5).map(|n| peers.ask(&id, ChunkName::Slots(n), 0)).collect();
        assert_eq!(asked.pop(), Some(None), "two of two are under way");
        assert_eq!(asked, [1, 2, 1, 2].map(|n| Some(PeerId(n))));
        assert!(peers.answered(PeerId(2), ChunkName::Slots(1), true));
        assert!(!peers.answered(PeerId(2), ChunkName::Slots(0), true), "it was asked of another");
        peers.lapse(PATIENCE_MS);
        assert!(!peers.waits_for(ChunkName::Slots(0)));
        peers.answered(PeerId(2), ChunkName::Slots(3), true);
        assert_eq!(peers.ask(&id, ChunkName::Slots(0), 9_000), Some(PeerId(2)));
        assert_eq!(peers.ask(&id, ChunkName::Slots(2), 9_000), Some(PeerId(2)));
        assert_eq!(peers.ask(&id, ChunkName::Slots(4), 9_000), Some(PeerId(1)));
        assert!(peers.answered(PeerId(1), ChunkName::Slots(0), true), "late, but it was asked once");
    }
}
