//! Who is ahead, and who was asked for blocks. Sans-I/O; the node carries out what it says.

use std::collections::BTreeMap;

use ledger_types::Height;

use crate::peers::PeerId;

/// An answer that did not come within this time is asked of another, ms.
const PATIENCE_MS: u64 = 2_000;

/// The heights of peers, and the request under way.
#[derive(Debug, Default)]
pub struct CatchUp {
    heights: BTreeMap<PeerId, Height>,
    /// Answers that a peer promised by its height and did not give, since its last one.
    owed: BTreeMap<PeerId, u32>,
    /// The first block that a peer has, where that is not the chain's first.
    first: BTreeMap<PeerId, Height>,
    /// The block whose contents a peer no longer has.
    erased: BTreeMap<PeerId, Height>,
    asked: Option<Asked>,
}

#[derive(Clone, Copy, Debug)]
struct Asked {
    peer: PeerId,
    from: Height,
    until_ms: u64,
}

impl CatchUp {
    /// A peer says where it stands.
    pub fn heard(&mut self, peer: PeerId, height: Height) {
        self.heights.insert(peer, height);
    }

    /// A peer does not have the blocks before this one: another is asked for them.
    pub fn keeps_from(&mut self, peer: PeerId, first: Height) {
        self.first.insert(peer, first);
        self.asked = self.asked.filter(|a| a.peer != peer);
    }

    /// A peer no longer has all of a block: another is asked for it first, and if none has it, it comes as a frame.
    pub fn lacks_contents(&mut self, peer: PeerId, height: Height) {
        self.erased.insert(peer, height);
        self.asked = self.asked.filter(|a| a.peer != peer);
    }

    /// Whether a peer said so of this block.
    pub fn lacks(&self, peer: PeerId, height: Height) -> bool {
        self.erased.get(&peer) == Some(&height)
    }

    /// A peer is gone, or lied.
    pub fn forget(&mut self, peer: PeerId) {
        self.heights.remove(&peer);
        self.first.remove(&peer);
        self.erased.remove(&peer);
        self.asked = self.asked.filter(|a| a.peer != peer);
    }

    /// Whom to ask for the blocks after `tip`, if anyone is ahead and nobody is being waited for.
    pub fn next(&mut self, tip: Height, now_ms: u64) -> Option<PeerId> {
        if let Some(asked) = self.asked {
            if asked.from > tip && now_ms < asked.until_ms {
                return None;
            }
            if asked.from > tip {
                // No answer: somebody else first, also when it claims the greatest height again.
                self.heights.remove(&asked.peer);
                let owed = self.owed.entry(asked.peer).or_default();
                *owed = owed.saturating_add(1);
            }
            self.asked = None;
        }
        let owes = |peer: &PeerId| self.owed.get(peer).copied().unwrap_or(0);
        let keeps = |peer: &PeerId| self.first.get(peer).is_none_or(|first| *first <= tip.next());
        let ahead = self.heights.iter().filter(|(peer, height)| **height > tip && keeps(peer));
        let lacks = |peer: &PeerId| self.lacks(*peer, tip.next());
        let (peer, _) = ahead.min_by_key(|(peer, height)| (lacks(peer), owes(peer), std::cmp::Reverse(**height)))?;
        let peer = *peer;
        self.asked = Some(Asked { peer, from: tip.next(), until_ms: now_ms.saturating_add(PATIENCE_MS) });
        Some(peer)
    }

    /// Whether an answer of this peer is waited for.
    pub fn expects(&self, peer: PeerId) -> bool {
        self.asked.is_some_and(|a| a.peer == peer)
    }

    /// A peer sent blocks; `useful` if they brought this node on. Blocks that nobody asked for answer nothing.
    pub fn answered(&mut self, peer: PeerId, useful: bool) {
        if self.asked.take_if(|asked| asked.peer == peer).is_none() {
            return;
        }
        if useful {
            self.owed.remove(&peer);
        } else {
            let owed = self.owed.entry(peer).or_default();
            *owed = owed.saturating_add(1);
            self.heights.remove(&peer);
        }
    }

    /// The greatest height that a peer claims.
    pub fn best(&self) -> Option<Height> {
        self.heights.values().copied().max()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn who_claims_much_and_gives_nothing_is_asked_last() {
        let mut sync = CatchUp::default();
        for turn in 0..5 {
            let now = turn * 10_000;
            sync.heard(PeerId(1), Height(u64::MAX));
            sync.heard(PeerId(2), Height(9));
            if turn == 0 {
                assert_eq!(sync.next(Height(5), now), Some(PeerId(1)));
                sync.heard(PeerId(1), Height(u64::MAX));
                assert_eq!(sync.next(Height(5), now + 2_000), Some(PeerId(2)));
            } else {
                assert_eq!(sync.next(Height(5), now), Some(PeerId(2)), "turn {turn}");
            }
            sync.answered(PeerId(2), true);
        }
        // Alone it is asked still: it may have been cut off.
        sync.forget(PeerId(2));
        sync.heard(PeerId(1), Height(u64::MAX));
        assert_eq!(sync.next(Height(5), 90_000), Some(PeerId(1)));
    }

    #[test]
    fn who_does_not_keep_the_blocks_is_not_asked_for_them() {
        let mut sync = CatchUp::default();
        sync.heard(PeerId(1), Height(90));
        sync.heard(PeerId(2), Height(80));
        assert_eq!(sync.next(Height(5), 0), Some(PeerId(1)));
        sync.keeps_from(PeerId(1), Height(51));
        assert_eq!(sync.next(Height(5), 1), Some(PeerId(2)));
        sync.answered(PeerId(2), true);
        assert_eq!(sync.next(Height(49), 2), Some(PeerId(2)));
        sync.answered(PeerId(2), true);
        assert_eq!(sync.next(Height(50), 3), Some(PeerId(1)));
    }

    #[test]
    fn a_block_of_which_contents_were_erased_is_asked_of_all_before_it_comes_as_a_frame() {
        let mut sync = CatchUp::default();
        sync.heard(PeerId(1), Height(90));
        sync.heard(PeerId(2), Height(80));
        assert_eq!(sync.next(Height(5), 0), Some(PeerId(1)));
        sync.lacks_contents(PeerId(1), Height(6));
        assert_eq!(sync.next(Height(5), 1), Some(PeerId(2)));
        assert!(!sync.lacks(PeerId(2), Height(6)));
        sync.lacks_contents(PeerId(2), Height(6));
        let last = sync.next(Height(5), 2).unwrap();
        assert!(sync.lacks(last, Height(6)) && !sync.lacks(last, Height(7)));
        sync.answered(last, true);
        assert_eq!(sync.next(Height(6), 3), Some(PeerId(1)), "the next block may be whole");
        sync.forget(PeerId(1));
        assert!(!sync.lacks(PeerId(1), Height(6)));
    }

    #[test]
    fn one_peer_at_a_time_is_asked_and_another_when_it_is_silent() {
        let mut sync = CatchUp::default();
        assert_eq!(sync.next(Height(5), 0), None);
        sync.heard(PeerId(1), Height(5));
        assert_eq!(sync.next(Height(5), 0), None);
        sync.heard(PeerId(1), Height(9));
        sync.heard(PeerId(2), Height(8));
        assert_eq!(sync.next(Height(5), 0), Some(PeerId(1)));
        assert_eq!(sync.next(Height(5), 1_999), None);
        assert!(sync.expects(PeerId(1)) && !sync.expects(PeerId(2)));
        assert_eq!(sync.next(Height(5), 2_000), Some(PeerId(2)));
        sync.answered(PeerId(2), true);
        assert_eq!(sync.next(Height(8), 2_001), None);
        sync.heard(PeerId(1), Height(9));
        assert_eq!(sync.next(Height(8), 2_002), Some(PeerId(1)));
        sync.forget(PeerId(1));
        assert_eq!((sync.next(Height(8), 2_003), sync.best()), (None, Some(Height(8))));
    }
}
