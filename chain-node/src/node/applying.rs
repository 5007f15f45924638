//! A node that opens and executes nothing (观察节点): it has no key of the committee, stores sealed bodies as they are, and still
//! answers for every root.
//!
//! Peers send it each block with its receipts and changes. A block must be certified by those whom this node's own state names;
//! what it did must have the roots that the next certified header says; and the state root that comes of it must be that
//! header's too. So it is always one block behind. What it cannot tell is whether a sealed body opens: its ids and
//! commitments are certified, its ciphertext is not.
//!
//! A node that executes takes a block in the same way if contents of it were deleted by order, and nobody has it whole.

use ledger::BlockOutcome;
use ledger::admission::{RawTx, check_signatures, decode_stored};
use ledger_types::{BlockFrame, Canonical, CommitCertificate, Header, Height, TxId};

use super::{Effect, Node, certified};
use crate::commit::{NodeFault, keep};
use crate::peer_message::{MAX_BLOCKS, PeerMessage};
use crate::peers::PeerId;
use crate::stage_times::Stage;

/// Whether a message says something to a node that applies: votes, bodies and what waits do not.
pub(super) fn is_for_one_who_applies(message: &PeerMessage) -> bool {
    !matches!(
        message,
        PeerMessage::Engine { .. }
            | PeerMessage::Body(_)
            | PeerMessage::WantBody { .. }
            | PeerMessage::Txs(_)
            | PeerMessage::Blocks(_)
            | PeerMessage::Switch(_)
    )
}

/// A frame whose form, place and certificate hold.
struct Checked {
    frame: BlockFrame,
    ids: Vec<TxId>,
}

impl Node {
    /// Whether this node executes nothing.
    pub fn applies(&self) -> bool {
        self.applies
    }

    /// Blocks as they are stored, as many as fit, or that they are not kept. Two always: the second proves the first.
    pub(super) fn frames_from(&self, first: Height, count: u16) -> Result<Option<PeerMessage>, NodeFault> {
        if let Some(kept) = self.kept_later(first) {
            return Ok(kept);
        }
        let stored = |frame: &BlockFrame| {
            let frame = frame.to_canonical();
            let bytes = frame.len();
            Some((frame, bytes))
        };
        let frames = self.page(first, count, 2, stored)?;
        Ok((!frames.is_empty()).then_some(PeerMessage::Frames(frames)))
    }

    /// Takes what blocks did, each but the last, which is proven by no header yet.
    pub(super) fn hear_frames(
        &mut self,
        from: PeerId,
        frames: Vec<Vec<u8>>,
        now_ms: u64,
        effects: &mut Vec<Effect>,
    ) -> Result<(), NodeFault> {
        let next = self.height().next();
        // One who executes takes frames only of whom it asked for a block that nobody has whole.
        let wanted = self.applies || (self.catch_up.expects(from) && self.catch_up.lacks(from, next));
        if !wanted {
            return Ok(());
        }
        let before = self.height();
        if let Err(why) = self.take_frames(frames, now_ms, effects)? {
            self.catch_up.forget(from);
            effects.push(Effect::Misbehaved(from, why));
        }
        self.catch_up.answered(from, self.height() > before);
        self.ask_for_blocks(now_ms, effects);
        Ok(())
    }

    fn take_frames(
        &mut self,
        frames: Vec<Vec<u8>>,
        now_ms: u64,
        effects: &mut Vec<Effect>,
    ) -> Result<Result<(), String>, NodeFault> {
        let mut last: Option<BlockFrame> = None;
        for bytes in frames.into_iter().take(usize::from(MAX_BLOCKS)) {
            let frame = match BlockFrame::from_canonical(&bytes) {
                Ok(frame) => frame,
                Err(error) => return Ok(Err(error.to_string())),
            };
            if frame.block.header.height <= self.height() {
                continue;
            }
            if let Some(before) = last.take() {
                // What can be executed is executed.
                if !self.applies && !before.block.has_erased() {
                    break;
                }
                let (header, certificate) = (&frame.block.header, &frame.certificate);
                if let Err(why) = self.take_frame(before, (header, certificate), now_ms, effects)? {
                    return Ok(Err(why));
                }
            }
            last = Some(frame);
        }
        Ok(Ok(()))
    }

    /// One block, and the header that proves what it did.
    fn take_frame(
        &mut self,
        frame: BlockFrame,
        next: (&Header, &CommitCertificate),
        now_ms: u64,
        effects: &mut Vec<Effect>,
    ) -> Result<Result<(), String>, NodeFault> {
        let Checked { frame, ids } = match self.check_frame(frame)? {
            Ok(checked) => checked,
            Err(why) => return Ok(Err(why)),
        };
        if let Err(why) = self.check_outcome(&frame, next)? {
            return Ok(Err(why));
        }
        let BlockFrame { block, certificate, receipts, changes, .. } = frame;
        let (height, carried) = (block.header.height, block.last_certificate.clone());
        let requests = changes.requests().map(|line| (line.scope, line.id, line.tx)).collect();
        let outcome = BlockOutcome { receipts, changes };
        let block = keep(&mut self.store, (block, ids), certificate, outcome, &mut self.times)?;
        if block.state_root() != next.0.state_root {
            // What it changed is what a quorum says: it is this node's own state that was another.
            return Err(NodeFault::Diverged { height, what: "its state root".to_owned() });
        }
        let wishes = self.committed(block, requests, carried, now_ms, effects)?;
        self.fulfil(wishes, now_ms, effects)?;
        Ok(Ok(()))
    }

    /// The block: certified, well formed, signed.
    fn check_frame(&mut self, frame: BlockFrame) -> Result<Result<Checked, String>, NodeFault> {
        if let Err(why) = self.check_certified(&frame.block.header, &frame.certificate) {
            return Ok(Err(why));
        }
        let chain = self.store.chain_id();
        let (mut decoded, mut bytes) = (Vec::with_capacity(frame.block.txs.len()), 0);
        for tx in &frame.block.txs {
            let raw = tx.to_canonical();
            bytes += raw.len();
            match decode_stored(&chain, RawTx(raw)) {
                Ok(tx) => decoded.push(tx),
                Err(refusal) => return Ok(Err(format!("a transaction: {}", refusal.reason.name()))),
            }
        }
        let ids: Vec<TxId> = decoded.iter().map(|tx| tx.id()).collect();
        let (view, signers) = (self.store.view(), &mut self.signers);
        self.times.checked += decoded.len() as u64;
        let verdicts = self.times.measure(Stage::Verify, || check_signatures(&decoded, &view, signers));
        let refused = verdicts.map_err(NodeFault::State)?.into_iter().find_map(Result::err);
        if let Some((_, refusal)) = refused {
            return Ok(Err(format!("a transaction: {}", refusal.reason.name())));
        }
        let checked = self.proposer.check_closed(&self.store.tip(), &view, &frame.block, (&ids, bytes), None);
        match checked.map_err(NodeFault::State)? {
            Ok(()) => Ok(Ok(Checked { frame, ids })),
            // The certificate holds, so the header is right: either the transactions beside it are others, or this node's
            // own state is.
            Err(fault) if fault.is_beside_header() => Ok(Err(fault.to_string())),
            Err(fault) => Err(NodeFault::Diverged { height: frame.block.header.height, what: fault.to_string() }),
        }
    }

    /// What it did: the roots of the header after it, which is certified by those whom the state before names for it.
    fn check_outcome(
        &mut self,
        frame: &BlockFrame,
        (next, certificate): (&Header, &CommitCertificate),
    ) -> Result<Result<(), String>, NodeFault> {
        let height = frame.block.header.height;
        let regime = self.proposer.next_regime(&self.store.view(), height).map_err(NodeFault::State)?;
        let (chain, parent) = (self.store.chain_id(), (height, frame.block.header.block_id()));
        let header = (next, certificate);
        if let Err(why) = certified::check(&chain, &regime, parent, header, &mut self.certificate_signers) {
            return Ok(Err(why));
        }
        let bad = |what: &str| Ok(Err(format!("block {}: {what}", next.height)));
        if proofs::receipts_root(&frame.receipts) != next.receipts_root {
            return bad("the block before it has other receipts");
        }
        if proofs::changes_root(&frame.changes) != next.changes_root {
            return bad("the block before it changed something else");
        }
        Ok(Ok(()))
    }
}
