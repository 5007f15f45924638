//! Votes late.

use chain_node::peer_message::PeerMessage;

use super::{Adversary, Scene, Sent};

/// Each vote and proposal comes some seconds later.
pub(super) struct LateVoter;

impl Adversary for LateVoter {
    fn says(&mut self, scene: &mut Scene<'_>, _: u16, message: &PeerMessage) -> Vec<Sent> {
        let late = match scene.own(message) {
            Some(_) => u64::from(scene.dice.between(100, 4_000)),
            None => 0,
        };
        vec![(late, message.clone())]
    }
}
