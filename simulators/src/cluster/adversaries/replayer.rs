//! Says old things again, its own and those of others.

use chain_node::peer_message::PeerMessage;

use super::{Adversary, Scene};

/// Messages kept.
const MOST: usize = 400;

/// What it heard.
#[derive(Default)]
pub(super) struct Replayer {
    heard: Vec<PeerMessage>,
    next: usize,
}

impl Adversary for Replayer {
    fn hears(&mut self, message: &PeerMessage) {
        if self.heard.len() < MOST {
            self.heard.push(message.clone());
        } else {
            // Some stay old, some are new.
            self.next = (self.next + 1) % (MOST / 2);
            self.heard[self.next] = message.clone();
        }
    }

    fn plots(&mut self, scene: &mut Scene<'_>) -> Vec<(u16, PeerMessage)> {
        if self.heard.is_empty() {
            return Vec::new();
        }
        let others = scene.others();
        let mut one = || {
            let to = others[scene.dice.below(others.len())];
            (to, self.heard[scene.dice.below(self.heard.len())].clone())
        };
        (0..4).map(|_| one()).collect()
    }
}
