//! What peers say.

use ledger::admission::{Answer, AuthenticatedTx, RawTx, authenticate, decode};
use ledger_types::{Block, Canonical, CommitCertificate, Height, Refusal, RejectReason};

use super::{Effect, Node, applying};
use crate::commit::NodeFault;
use crate::engines::EngineMessage;
use crate::peer_message::{CertifiedBlock, MAX_BLOCKS, MAX_BLOCKS_BYTES, MAX_TXS, PeerMessage};
use crate::peers::{PeerId, To};

impl Node {
    pub(super) fn hear(
        &mut self,
        from: PeerId,
        message: PeerMessage,
        now_ms: u64,
        effects: &mut Vec<Effect>,
    ) -> Result<(), NodeFault> {
        self.heard_peer = true;
        if self.applies && !applying::is_for_one_who_applies(&message) {
            return Ok(());
        }
        match message {
            PeerMessage::Engine { epoch, bytes } => {
                let wishes = self.hear_engine(from, EngineMessage { epoch, bytes });
                self.fulfil(wishes, now_ms, effects)?;
            }
            PeerMessage::Body(bytes) => self.take_body(from, &bytes, now_ms, effects)?,
            PeerMessage::WantBody { height, id } => self.give_body(from, height, &id, effects)?,
            PeerMessage::Txs(list) => self.hear_txs(from, list, effects)?,
            PeerMessage::Status { height, .. } => {
                self.catch_up.heard(from, height);
                self.note_standing(from, height);
                let wishes = self.stand_up()?;
                self.fulfil(wishes, now_ms, effects)?;
                // A height behind is normal for a moment: the engine's messages may be under way.
                if height > self.height().next() {
                    self.ask_for_blocks(now_ms, effects);
                }
            }
            PeerMessage::WantBlocks { from: first, count } => {
                let kept = self.reader.first_block();
                if first >= kept {
                    let answer = self.blocks_from(first, count.min(MAX_BLOCKS))?;
                    effects.extend(answer.map(|answer| Effect::Send(To::Peer(from), answer)));
                } else if first > Height(0) {
                    effects.push(Effect::Send(To::Peer(from), PeerMessage::NotKept { first: kept }));
                }
            }
            PeerMessage::WantFrames { from: first, count } => self.give_frames(from, first, count, effects)?,
            PeerMessage::Frames(frames) => self.hear_frames(from, frames, now_ms, effects)?,
            PeerMessage::Blocks(blocks) => self.hear_blocks(from, blocks, now_ms, effects)?,
            PeerMessage::Clock(time) => {
                self.set_clock(time);
            }
            PeerMessage::Switch(request) => self.hear_switch(from, *request, now_ms, effects)?,
            // Compared by the shell, which holds the peer keys.
            PeerMessage::Statement { .. } => {}
            PeerMessage::Erased { height } => {
                if self.catch_up.expects(from) && height == self.height().next() {
                    self.catch_up.lacks_contents(from, height);
                    self.ask_for_blocks(now_ms, effects);
                }
            }
            PeerMessage::NotKept { first } => {
                self.catch_up.keeps_from(from, first);
                self.ask_for_blocks(now_ms, effects);
            }
            // The shell answers on a thread of its own; without a shell it happens here.
            question @ (PeerMessage::WantSnapshot | PeerMessage::WantChunk { .. }) => {
                self.give_snapshot(from, &question, effects);
            }
            // Answers for a node that begins; this one has begun.
            PeerMessage::Snapshots(_) | PeerMessage::Chunk { .. } | PeerMessage::NoChunk { .. } => {}
        }
        Ok(())
    }

    fn give_snapshot(&mut self, to: PeerId, question: &PeerMessage, effects: &mut Vec<Effect>) {
        match self.snapshots.as_mut().map(|server| server.answer(question)) {
            Some(Ok(answer)) => effects.extend(answer.map(|answer| Effect::Send(To::Peer(to), answer))),
            // The snapshots are no part of what this node rests on.
            Some(Err(error)) => tracing::error!(%error, "a snapshot cannot be read"),
            None => {}
        }
    }

    fn give_body(
        &self,
        to: PeerId,
        height: Height,
        id: &ledger_types::BlockId,
        effects: &mut Vec<Effect>,
    ) -> Result<(), NodeFault> {
        if height < self.reader.first_block() {
            effects.push(Effect::Send(To::Peer(to), PeerMessage::NotKept { first: self.reader.first_block() }));
        } else if height <= self.height() {
            let answer = self.blocks_from(height, MAX_BLOCKS)?;
            effects.extend(answer.map(|answer| Effect::Send(To::Peer(to), answer)));
        } else if let Some(block) = self.consensus.candidate(id) {
            effects.push(Effect::Send(To::Peer(to), PeerMessage::Body(block.block().to_canonical())));
        }
        Ok(())
    }

    /// Final blocks in order, as many as fit, up to one of which contents were erased; or that the first is such a one.
    fn blocks_from(&self, first: Height, count: u16) -> Result<Option<PeerMessage>, NodeFault> {
        let (mut blocks, mut bytes) = (Vec::new(), 0);
        for height in (first.0.max(1)..).take(usize::from(count)).map(Height) {
            let Some(frame) = self.reader.frame(height)? else { break };
            if frame.block.has_erased() {
                if blocks.is_empty() {
                    return Ok(Some(PeerMessage::Erased { height }));
                }
                break;
            }
            let one =
                CertifiedBlock { block: frame.block.to_canonical(), certificate: frame.certificate.to_canonical() };
            bytes += one.block.len();
            if !blocks.is_empty() && bytes > MAX_BLOCKS_BYTES {
                break;
            }
            blocks.push(one);
        }
        Ok((!blocks.is_empty()).then_some(PeerMessage::Blocks(blocks)))
    }

    fn hear_blocks(
        &mut self,
        from: PeerId,
        blocks: Vec<CertifiedBlock>,
        now_ms: u64,
        effects: &mut Vec<Effect>,
    ) -> Result<(), NodeFault> {
        let before = self.height();
        for one in blocks.into_iter().take(usize::from(MAX_BLOCKS)) {
            let decoded = Block::from_canonical(&one.block)
                .and_then(|block| CommitCertificate::from_canonical(&one.certificate).map(|c| (block, c)));
            let taken = match decoded {
                Ok((block, _)) if block.header.height <= self.height() => Ok(()),
                Ok((block, _)) if block.has_erased() => Err("a block whose contents are erased".to_owned()),
                Ok((block, certificate)) => self.take_final(block, certificate, now_ms, effects)?,
                Err(e) => Err(e.to_string()),
            };
            if let Err(why) = taken {
                self.catch_up.forget(from);
                effects.push(Effect::Misbehaved(from, why));
                break;
            }
        }
        self.catch_up.answered(from, self.height() > before);
        self.ask_for_blocks(now_ms, effects);
        Ok(())
    }

    /// Checks and takes what waits at a peer. The shell does this on a thread of its own and hands in
    /// [`super::Input::Gossiped`]; without a shell it happens here.
    fn hear_txs(&mut self, from: PeerId, list: Vec<Vec<u8>>, effects: &mut Vec<Effect>) -> Result<(), NodeFault> {
        let chain = self.store.chain_id();
        let mut decoded = Vec::with_capacity(list.len().min(MAX_TXS));
        for raw in list.into_iter().take(MAX_TXS) {
            match decode(&chain, RawTx(raw)) {
                Ok(tx) if self.mempool.contains(&tx.id()) => {}
                Ok(tx) => decoded.push(tx),
                Err(refusal) => {
                    effects.push(Effect::Misbehaved(from, format!("a transaction: {}", refusal.reason.name())));
                    return Ok(());
                }
            }
        }
        let verdicts = authenticate(decoded, &self.store.view(), &mut self.signers, &*self.committee_keys)?;
        match passed_on(verdicts) {
            Ok(txs) => self.take_gossip(txs),
            Err(refusal) => {
                effects.push(Effect::Misbehaved(from, format!("a transaction: {}", refusal.reason.name())));
                Ok(())
            }
        }
    }
}

/// What a peer passes on, checked.
///
/// # Errors
/// A wrong signature, or a body that does not open: the peer checked it, or ought to have. A signer that this node does
/// not know yet may be in a block it has yet to hear of, and is no fault of the peer.
pub(crate) fn passed_on(verdicts: Vec<Answer>) -> Result<Vec<AuthenticatedTx>, Refusal> {
    let mut txs = Vec::with_capacity(verdicts.len());
    for verdict in verdicts {
        match verdict {
            Ok(tx) => txs.push(tx),
            Err((_, refusal)) if is_fault_of_peer(refusal.reason) => return Err(refusal),
            Err(_) => {}
        }
    }
    Ok(txs)
}

fn is_fault_of_peer(reason: RejectReason) -> bool {
    matches!(reason, RejectReason::BadSignature | RejectReason::CannotOpen | RejectReason::CommitmentMismatch)
}
