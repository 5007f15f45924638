//! Sends garbage, and much of it.

use chain_node::peer_message::{CertifiedBlock, PeerMessage};
use ledger_types::{Block, BlockTime, Canonical, Height, VoteBody};

use super::{Adversary, Scene, body};

/// A block that it heard of, to make many like it.
#[derive(Default)]
pub(super) struct Spam {
    block: Option<Block>,
    made: u64,
}

impl Adversary for Spam {
    fn hears(&mut self, message: &PeerMessage) {
        self.block = body(message).or(self.block.take());
    }

    fn plots(&mut self, scene: &mut Scene<'_>) -> Vec<(u16, PeerMessage)> {
        let others = scene.others();
        let to = others[scene.dice.below(others.len())];
        let mut out = match scene.dice.below(6) {
            0 => vec![PeerMessage::Engine { epoch: 0, bytes: scene.bytes(300) }, PeerMessage::Body(scene.bytes(500))],
            1 => self.future_votes(scene),
            2 => self.bodies(),
            3 => vec![PeerMessage::Txs(vec![scene.bytes(200); 8])],
            4 => vec![PeerMessage::WantBlocks { from: Height(0), count: u16::MAX }; 2],
            _ => vec![
                PeerMessage::Status { height: Height(u64::MAX), id: scene.made_up() },
                PeerMessage::Blocks(vec![CertifiedBlock { block: scene.bytes(64), certificate: scene.bytes(64) }]),
            ],
        };
        out.drain(..).map(|message| (to, message)).collect()
    }
}

impl Spam {
    fn future_votes(&mut self, scene: &mut Scene<'_>) -> Vec<PeerMessage> {
        let first = scene.height();
        let newest = scene.epochs.newest();
        let (epoch, kind) = (newest.number, newest.kind);
        let vote = |n: u64| {
            let (height, round) = (Height(first.0 + 1 + n % 12), (self.made + n) as u32);
            let (step, block_id) = (VoteBody::PREVOTE, ledger_types::BlockId([9; 33]));
            scene.vote(VoteBody { epoch, kind, step, height, round, block_id })
        };
        let votes = (0..48).filter_map(vote).collect();
        self.made += 48;
        votes
    }

    /// Good blocks that nobody proposed.
    fn bodies(&mut self) -> Vec<PeerMessage> {
        let Some(block) = &self.block else { return Vec::new() };
        let from = self.made;
        self.made += 12;
        let like = |n| {
            let mut other = block.clone();
            other.header.time = BlockTime(other.header.time.0 + n);
            PeerMessage::Body(other.to_canonical())
        };
        (from..from + 12).map(|n| like(1 + n % 900)).collect()
    }
}
