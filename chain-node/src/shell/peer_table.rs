//! What is known of the peers, for whoever asks: links, heights, and whether their ledgers are this node's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ledger_types::Height;

use super::links::Links;
use crate::peers::PeerId;

/// What a peer said last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PeerSaid {
    /// Where it stands.
    pub height: Option<Height>,
    /// Whether its last statement that could be compared agrees with this node's ledger.
    pub same_ledger: Option<bool>,
}

/// One peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerView {
    /// Its number.
    pub id: PeerId,
    /// The link is up.
    pub linked: bool,
    /// It broke the rules a short time ago.
    pub banned: bool,
    /// What it said last.
    pub said: PeerSaid,
}

/// The table; cheap to clone.
#[derive(Clone, Default)]
pub struct PeerTable {
    known: Arc<OnceLock<Vec<PeerId>>>,
    links: Links,
    said: Arc<Mutex<BTreeMap<PeerId, PeerSaid>>>,
}

impl PeerTable {
    /// Over these links.
    pub fn new(links: Links) -> Self {
        Self { links, ..Self::default() }
    }

    /// Names the peers, once.
    pub fn know(&self, mut peers: Vec<PeerId>) {
        peers.sort_unstable();
        // They do not change while the node runs.
        drop(self.known.set(peers));
    }

    /// A peer says where it stands.
    pub fn stands_at(&self, peer: PeerId, height: Height) {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).entry(peer).or_default().height = Some(height);
    }

    /// A peer's ledger was compared with this node's.
    pub fn compared(&self, peer: PeerId, same: bool) {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).entry(peer).or_default().same_ledger = Some(same);
    }

    /// All, by rising number.
    pub fn list(&self) -> Vec<PeerView> {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let view = |id: &PeerId| PeerView {
            id: *id,
            linked: self.links.is_up(*id),
            banned: self.links.is_banned(*id),
            said: said.get(id).copied().unwrap_or_default(),
        };
        self.known.get().into_iter().flatten().map(view).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_lists_every_known_peer_with_what_it_said() {
        let links = Links::default();
        let table = PeerTable::new(links.clone());
        assert!(table.list().is_empty());
        table.know(vec![PeerId(3), PeerId(1), PeerId(2)]);
        let _outbox = links.open(PeerId(1));
        links.ban(PeerId(3));
        table.stands_at(PeerId(1), Height(7));
        table.stands_at(PeerId(1), Height(9));
        table.compared(PeerId(1), true);
        table.compared(PeerId(2), false);
        table.stands_at(PeerId(4), Height(1));
        let view = |id, linked, banned, height: Option<u64>, same_ledger| PeerView {
            id: PeerId(id),
            linked,
            banned,
            said: PeerSaid { height: height.map(Height), same_ledger },
        };
        let expected = [
            view(1, true, false, Some(9), Some(true)),
            view(2, false, false, None, Some(false)),
            view(3, false, true, None, None),
        ];
        assert_eq!(table.list(), expected);
    }
}
