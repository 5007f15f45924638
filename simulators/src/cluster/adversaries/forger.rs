//! Makes up votes and certificates of others.

use chain_node::engines::EngineMessage;
use chain_node::engines::bft::Statement;
use chain_node::peer_message::{CertifiedBlock, PeerMessage};
use ledger_types::{
    Block, BlockId, BlockTime, Canonical, CommitCertificate, ConsensusKind, Height, ProposalBody, VoteBody,
};

use super::{Adversary, Scene, Sent, body};

/// What is proposed at the height under way.
#[derive(Default)]
pub(super) struct Forger {
    block: Option<Block>,
    proposed: Option<ProposalBody>,
}

impl Adversary for Forger {
    fn hears(&mut self, message: &PeerMessage) {
        self.block = body(message).or(self.block.take());
        if let PeerMessage::Engine { epoch, bytes } = message {
            let message = EngineMessage { epoch: *epoch, bytes: bytes.clone() };
            if let Some(Statement::Proposal { body, .. }) = Statement::read(&message, ConsensusKind::Bft, u16::MAX) {
                self.proposed = Some(body);
            }
        }
    }

    /// Each vote of its own comes with a quorum's that it made up.
    fn says(&mut self, scene: &mut Scene<'_>, _: u16, message: &PeerMessage) -> Vec<Sent> {
        let mut out = vec![(0, message.clone())];
        if let Some(Statement::Vote { body, signature, .. }) = scene.own(message)
            && body.block_id != BlockId::ZERO
            && body.step == VoteBody::PREVOTE
        {
            let newest = scene.epochs.newest();
            let repeated = vec![(scene.seat().unwrap_or(0), signature); newest.members.len()];
            let polka = Statement::polka(body.epoch, body.height, body.round, body.block_id, &repeated);
            out.push((0, polka.into()));
        }
        out
    }

    fn plots(&mut self, scene: &mut Scene<'_>) -> Vec<(u16, PeerMessage)> {
        let mut out = Vec::new();
        let made_up = scene.made_up();
        let (height, newest) = (scene.height(), scene.epochs.newest().clone());
        let (epoch, kind) = (newest.number, newest.kind);
        let round = self.proposed.as_ref().filter(|p| p.height == height).map_or(0, |p| p.round);
        let id = self.proposed.as_ref().filter(|p| p.height == height).map_or(made_up, |p| p.block_id);
        for to in scene.others() {
            let others = scene.others().into_iter().filter(|other| *other != to);
            for voter in others.filter_map(|other| newest.seat_of(other)) {
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
        let (epoch, kind, round) = (block.header.epoch, block.header.consensus, 0);
        let (seat, seats) = (scene.seat(), scene.epochs.newest().seats());
        let body = VoteBody { epoch, kind, step: VoteBody::PRECOMMIT, height, round, block_id };
        let own = scene.key.sign_vote(&scene.chain, &body).ok()?;
        let mut bitmap = vec![0; usize::from(seats).div_ceil(8)];
        let mut signatures = Vec::new();
        let alone = scene.dice.chance(0.5);
        for place in 0..seats {
            let is_own = Some(place) == seat;
            if is_own || !alone {
                bitmap[usize::from(place / 8)] |= 1 << (place % 8);
                signatures.push(if is_own { own } else { bytes64(&scene.bytes(64)) });
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
