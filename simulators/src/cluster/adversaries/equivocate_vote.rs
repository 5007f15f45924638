//! Votes for two things in one step.

use chain_node::engines::bft::Statement;
use chain_node::peer_message::PeerMessage;
use ledger_types::{BlockId, VoteBody};

use super::{Adversary, Scene, Sent};

/// Remembers the last block it heard of, to vote for it where its node does not.
#[derive(Default)]
pub(super) struct EquivocateVote {
    other: Option<BlockId>,
}

impl Adversary for EquivocateVote {
    fn says(&mut self, scene: &mut Scene<'_>, to: u16, message: &PeerMessage) -> Vec<Sent> {
        let Some(Statement::Vote { body, .. }) = scene.own(message) else { return vec![(0, message.clone())] };
        let block_id = match body.block_id {
            BlockId::ZERO => self.other.unwrap_or(BlockId::ZERO),
            voted => {
                self.other = Some(voted);
                BlockId::ZERO
            }
        };
        let other = scene.vote(VoteBody { block_id, ..body }).unwrap_or_else(|| message.clone());
        match (usize::from(to) + scene.dice.below(3)) % 3 {
            0 => vec![(0, message.clone())],
            1 => vec![(0, other)],
            _ => vec![(0, message.clone()), (0, other)],
        }
    }
}
