//! Makes up votes and certificates of others.

use chain_node::engines::bft::Statement;
use chain_node::peer_message::{CertifiedBlock, PeerMessage};
use ledger_types::{
    Block, BlockId, BlockTime, Canonical, CommitCertificate, ConsensusKind, Height, ProposalBody, VoteBody,
};

use super::{Adversary, Scene, Sent, body, read};

/// What is proposed at the height under way.
#[derive(Default)]
pub(super) struct Forger {
    block: Option<Block>,
    proposed: Option<ProposalBody>,
}

impl Adversary for Forger {
    fn hears(&mut self, message: &PeerMessage) {
        self.block = body(message).or(self.block.take());
        if let Some(Statement::Proposal { body, .. }) = read(message, u16::MAX) {
            self.proposed = Some(body);
        }
    }

    /// Each vote of its own comes with a quorum's that it made up.
    fn says(&mut self, scene: &mut Scene<'_>, _: u16, message: &PeerMessage) -> Vec<Sent> {
        let mut out = vec![(0, message.clone())];
        if let Some(Statement::Vote { body, signature, .. }) = scene.own(message)
            && body.block_id != BlockId::ZERO
            && body.step == VoteBody::PREVOTE
        {
            let repeated = vec![(scene.place, signature); usize::from(scene.validators)];
            let polka = Statement::polka(body.epoch, body.height, body.round, body.block_id, &repeated);
            out.push((0, polka.into()));
        }
        out
    }

    fn plots(&mut self, scene: &mut Scene<'_>) -> Vec<(u16, PeerMessage)> {
        let mut out = Vec::new();
        let made_up = scene.made_up();
        let (height, epoch, kind) = (scene.height(), 0, ConsensusKind::Bft);
        let round = self.proposed.as_ref().filter(|p| p.height == height).map_or(0, |p| p.round);
        let id = self.proposed.as_ref().filter(|p| p.height == height).map_or(made_up, |p| p.block_id);
        for to in scene.others() {
            for voter in scene.others().into_iter().filter(|voter| *voter != to) {
                let step = if scene.dice.chance(0.5) { VoteBody::PREVOTE } else { VoteBody::PRECOMMIT };
                let body = VoteBody { epoch, kind, step, height, round, block_id: id };
                let signature = bytes64(&scene.bytes(64));
                out.push((to, Statement::Vote { voter, body, signature }.to_message().into()));
            }
            let block = self.block.clone().filter(|block| block.header.height == height);
            if let Some(forged) = block.and_then(|block| self.forged(scene, block, height)) {
                out.push((to, PeerMessage::Blocks(vec![forged])));
            }
        }
        out
    }
}

impl Forger {
    /// A block of its own with a certificate of too few, or of made-up signatures.
    fn forged(&self, scene: &mut Scene<'_>, mut block: Block, height: Height) -> Option<CertifiedBlock> {
        block.header.time = BlockTime(block.header.time.0 + 1 + scene.dice.below(20) as u64);
        let block_id = block.header.block_id();
        let (epoch, kind, round) = (0, ConsensusKind::Bft, 0);
        let body = VoteBody { epoch, kind, step: VoteBody::PRECOMMIT, height, round, block_id };
        let own = scene.key.sign_vote(&scene.chain, &body).ok()?;
        let mut bitmap = vec![0; usize::from(scene.validators).div_ceil(8)];
        let mut signatures = Vec::new();
        let alone = scene.dice.chance(0.5);
        for place in 0..scene.validators {
            if place == scene.place || !alone {
                bitmap[usize::from(place / 8)] |= 1 << (place % 8);
                signatures.push(if place == scene.place { own } else { bytes64(&scene.bytes(64)) });
            }
        }
        let version = CommitCertificate::VERSION;
        let certificate = CommitCertificate { version, epoch, kind, height, round, block_id, bitmap, signatures };
        Some(CertifiedBlock { block: block.to_canonical(), certificate: certificate.to_canonical() })
    }
}

fn bytes64(bytes: &[u8]) -> [u8; 64] {
    let mut out = [0; 64];
    out.copy_from_slice(&bytes[..64]);
    out
}
