//! Proposes two good blocks in one round.

use std::collections::BTreeMap;

use chain_node::engines::bft::Statement;
use chain_node::peer_message::PeerMessage;
use ledger_types::{BlockId, BlockTime, Canonical, ProposalBody};

use super::{Adversary, Scene, Sent, body};

/// The twins of its blocks.
#[derive(Default)]
pub(super) struct EquivocateProposal {
    others: BTreeMap<BlockId, BlockId>,
}

impl Adversary for EquivocateProposal {
    fn says(&mut self, scene: &mut Scene<'_>, to: u16, message: &PeerMessage) -> Vec<Sent> {
        if let Some(mut block) = body(message) {
            let id = block.header.block_id();
            block.header.time = BlockTime(block.header.time.0 + 1);
            self.others.insert(id, block.header.block_id());
            return vec![(0, message.clone()), (0, PeerMessage::Body(block.to_canonical()))];
        }
        let Some(Statement::Proposal { body, .. }) = scene.own(message) else { return vec![(0, message.clone())] };
        let other = self.others.get(&body.block_id).copied();
        let Some(other) = other.and_then(|block_id| scene.proposal(ProposalBody { block_id, ..body })) else {
            return vec![(0, message.clone())];
        };
        match (usize::from(to) + scene.dice.below(3)) % 3 {
            0 => vec![(0, message.clone())],
            1 => vec![(0, other)],
            _ => vec![(0, message.clone()), (0, other)],
        }
    }
}
