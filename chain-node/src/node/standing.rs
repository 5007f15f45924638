//! Before it signs anything, a validator that was away hears where the others stand, and catches up with them.
//!
//! Its disk may be empty, or a copy from yesterday: then it does not know what it signed since. All of that was at
//! heights that the others have behind them, but for the one that was under way when it stopped: whoever comes back with
//! less than he had before that height is decided may still contradict himself, and is one of the few whom the others
//! bear.

use std::collections::BTreeMap;

use ledger_types::Height;

use super::Node;
use crate::commit::NodeFault;
use crate::consensus::Wish;
use crate::peers::PeerId;
use crate::proposal::ProposedBlock;

/// What is heard while the node holds back.
pub(super) struct Standing {
    /// Where the others say they stand.
    heard: BTreeMap<PeerId, Height>,
    /// Proposed blocks from before the restart.
    bodies: Vec<ProposedBlock>,
}

impl Standing {
    pub(super) fn new(bodies: Vec<ProposedBlock>) -> Self {
        Self { heard: BTreeMap::new(), bodies }
    }

    /// Whether `need` others were heard and at most `faulty` of them claim to be ahead of `tip`.
    fn is_met(&self, tip: Height, need: usize, faulty: usize) -> bool {
        let mut claims: Vec<_> = self.heard.values().copied().collect();
        claims.sort_unstable_by_key(|height| std::cmp::Reverse(*height));
        let claim = claims.get(faulty).or(claims.last()).copied().unwrap_or(Height(0));
        claims.len() >= need && claim <= tip.next()
    }
}

impl Node {
    /// Whether this node does not take part yet.
    pub fn holds_back(&self) -> bool {
        self.standing.is_some()
    }

    /// A peer says where it stands.
    pub(super) fn note_standing(&mut self, peer: PeerId, height: Height) {
        let votes = self.place_of(peer).is_some();
        if let Some(standing) = self.standing.as_mut().filter(|_| votes) {
            standing.heard.insert(peer, height);
        }
    }

    /// Takes part from here on, if enough was heard and caught up with.
    pub(super) fn stand_up(&mut self) -> Result<Vec<Wish>, NodeFault> {
        if self.applies {
            return Ok(Vec::new());
        }
        let tip = self.height();
        let regime = self.proposer.regime();
        let quorum = regime.validators.quorum(regime.epoch.kind);
        let others = if self.place().is_some() { quorum.saturating_sub(1) } else { 0 };
        let faulty = regime.validators.validators.len().saturating_sub(quorum);
        let Some(standing) = self.standing.take_if(|s| s.is_met(tip, others, faulty)) else { return Ok(Vec::new()) };
        let bodies = standing.bodies.into_iter().filter(|b| b.block().header.height == tip.next()).collect();
        let mut wishes = self.start_height(bodies)?;
        wishes.extend(self.hear_kept());
        Ok(wishes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(claims: &[u64]) -> Standing {
        let mut standing = Standing::new(Vec::new());
        for (peer, claim) in (0..).zip(claims) {
            standing.heard.insert(PeerId(peer), Height(*claim));
        }
        standing
    }

    #[test]
    fn a_node_waits_for_the_others_but_not_for_a_liar() {
        let tip = Height(7);
        // Four validators: two others make a quorum with this node, one of all may lie.
        for (claims, met) in [
            (&[][..], false),
            (&[7], false),
            (&[7, 8], true),
            (&[9, 9], false),
            (&[9, 8], true),
            (&[u64::MAX, 7], true),
            (&[u64::MAX, 9, 7], false),
            (&[u64::MAX, 8, 3], true),
        ] {
            assert_eq!(heard(claims).is_met(tip, 2, 1), met, "{claims:?}");
        }
        assert!(heard(&[]).is_met(tip, 0, 0), "a node among none waits for nobody");
    }
}
