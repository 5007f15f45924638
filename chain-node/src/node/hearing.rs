//! What peers say.

use ledger::admission::{Answer, AuthenticatedTx, RawTx, authenticate, decode};
use ledger_types::{Block, BlockFrame, Canonical, CommitCertificate, Height, Refusal, RejectReason};

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
                let answer = self.blocks_from(first, count)?;
                effects.extend(answer.map(|answer| Effect::Send(To::Peer(from), answer)));
            }
            PeerMessage::WantFrames { from: first, count } => {
                let answer = self.frames_from(first, count)?;
                effects.extend(answer.map(|answer| Effect::Send(To::Peer(from), answer)));
            }
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
        if height <= self.height() {
            let answer = self.blocks_from(height, MAX_BLOCKS)?;
            effects.extend(answer.map(|answer| Effect::Send(To::Peer(to), answer)));
        } else if let Some(block) = self.consensus.candidate(id) {
            effects.push(Effect::Send(To::Peer(to), PeerMessage::Body(block.block().to_canonical())));
        }
        Ok(())
    }

    /// Final blocks in order, as many as fit, up to one of which contents were erased; or that the first is such a one, or is not
    /// kept.
    fn blocks_from(&self, first: Height, count: u16) -> Result<Option<PeerMessage>, NodeFault> {
        if let Some(kept) = self.kept_later(first) {
            return Ok(kept);
        }
        let whole = |frame: &BlockFrame| {
            let (block, certificate) = (frame.block.to_canonical(), frame.certificate.to_canonical());
            let bytes = block.len();
            (!frame.block.has_erased()).then_some((CertifiedBlock { block, certificate }, bytes))
        };
        let blocks = self.page(first, count, 1, whole)?;
        if !blocks.is_empty() {
            return Ok(Some(PeerMessage::Blocks(blocks)));
        }
        let height = first.max(Height(1));
        Ok(self.reader.frame(height)?.map(|_| PeerMessage::Erased { height }))
    }

    /// What is said of blocks that this node does not keep; none if it keeps them. Who asks from 0 on does not know yet what it
    /// needs, and hears nothing.
    pub(super) fn kept_later(&self, first: Height) -> Option<Option<PeerMessage>> {
        let kept = self.reader.first_block();
        let later = || (first > Height(0)).then_some(PeerMessage::NotKept { first: kept });
        (first < kept).then(later)
    }

    /// What a peer asked for of blocks in order, as many as fit: `least` in any case, and up to one of which there is nothing.
    pub(super) fn page<T>(
        &self,
        first: Height,
        count: u16,
        least: usize,
        each: impl Fn(&BlockFrame) -> Option<(T, usize)>,
    ) -> Result<Vec<T>, NodeFault> {
        let (mut page, mut bytes) = (Vec::new(), 0);
        for height in (first.0.max(1)..).take(usize::from(count.min(MAX_BLOCKS))).map(Height) {
            let Some(frame) = self.reader.frame(height)? else { break };
            let Some((one, len)) = each(&frame) else { break };
            bytes += len;
            if page.len() >= least && bytes > MAX_BLOCKS_BYTES {
                break;
            }
            page.push(one);
        }
        Ok(page)
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
