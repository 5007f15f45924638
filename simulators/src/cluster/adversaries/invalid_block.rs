//! Proposes blocks that are wrong.

use std::collections::BTreeMap;

use chain_node::engines::bft::Statement;
use chain_node::peer_message::PeerMessage;
use ledger_types::{Block, BlockId, BlockTime, Canonical, Digest, ProposalBody};

use super::{Adversary, Scene, Sent, body};

/// What its blocks became.
#[derive(Default)]
pub(super) struct InvalidBlock {
    spoilt: BTreeMap<BlockId, Block>,
}

impl Adversary for InvalidBlock {
    fn says(&mut self, scene: &mut Scene<'_>, _: u16, message: &PeerMessage) -> Vec<Sent> {
        if let Some(block) = body(message) {
            let id = block.header.block_id();
            let spoilt = self.spoilt.entry(id).or_insert_with(|| spoil(block, scene.dice.below(6)));
            return vec![(0, PeerMessage::Body(spoilt.to_canonical()))];
        }
        let Some(Statement::Proposal { body, .. }) = scene.own(message) else { return vec![(0, message.clone())] };
        let spoilt = self.spoilt.get(&body.block_id).map(|block| block.header.block_id());
        let other = spoilt.and_then(|block_id| scene.proposal(ProposalBody { block_id, ..body }));
        vec![(0, other.unwrap_or_else(|| message.clone()))]
    }
}

fn spoil(mut block: Block, how: usize) -> Block {
    let header = &mut block.header;
    match how {
        0 => header.state_root = Digest([1; 32]),
        1 => header.receipts_root = Digest([2; 32]),
        2 => header.time = BlockTime(header.time.0 + 60_000),
        3 => header.time = BlockTime(header.time.0.saturating_sub(60_000)),
        4 => {
            // A transaction twice, with the right root.
            block.txs.extend(block.txs.first().cloned());
            let ids: Vec<_> = block.txs.iter().map(|tx| tx.envelope.tx_id()).collect();
            header.tx_root = proofs::tx_root(&ids);
        }
        _ => block.last_certificate = None,
    }
    block
}
