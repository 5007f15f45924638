//! Building, checking and committing blocks: what the engine's wishes come to.

use std::sync::Arc;

use ledger::admission::{AuthenticatedTx, RawTx, authenticate, decode};
use ledger_types::{
    Arg, Block, BlockTime, Canonical, ClockMode, CommitCertificate, Field, Header, Refusal, RejectReason, RequestId,
    RequestScope, TxId,
};
use storage::planted::{self, Bug};

use super::kept_votes::BODY;
use super::start::next_task_ms;
use super::{Effect, Node, Wishes, certified};
use crate::commit::{CommittedBlock, NodeFault, commit};
use crate::consensus::{Consensus, DecidedBlock, Wish};
use crate::engines::bft::{ABSENCE_WINDOW, absent_in};
use crate::peer_message::PeerMessage;
use crate::peers::{PeerId, To};
use crate::proposal::{BlockFault, ProposedBlock};
use crate::stage_times::Stage;

impl Node {
    pub(super) fn fulfil(
        &mut self,
        wishes: Vec<Wish>,
        now_ms: u64,
        effects: &mut Vec<Effect>,
    ) -> Result<(), NodeFault> {
        let mut queue: Wishes = wishes.into();
        while let Some(wish) = queue.pop_front() {
            // Nothing leaves, and nothing is committed, before what it rests on is durable.
            if !matches!(wish, Wish::Persist(_) | Wish::Timer(..) | Wish::NoTimer(_)) {
                self.sync_votes()?;
            }
            match wish {
                Wish::Build(view) => queue.extend(self.build(view, now_ms, effects)?),
                Wish::Timer(key, ms) => {
                    self.timers.insert(key, now_ms.saturating_add(ms));
                }
                Wish::NoTimer(key) => {
                    self.timers.remove(&key);
                }
                Wish::Persist(record) => self.persist(record)?,
                Wish::Broadcast(message) => {
                    self.note_ack(&message);
                    effects.push(Effect::Send(To::Validators, message.into()));
                }
                Wish::Send(place, message) => {
                    let peer = self.peer_at(place).map(To::Peer);
                    effects.extend(peer.map(|to| Effect::Send(to, message.into())));
                }
                Wish::NeedBody(id) => {
                    let height = self.height().next();
                    effects.push(Effect::Send(To::Validators, PeerMessage::WantBody { height, id }));
                }
                Wish::SendBody(id) => {
                    if let Some(block) = self.consensus.candidate(&id) {
                        let body = PeerMessage::Body(block.block().to_canonical());
                        effects.push(Effect::Send(To::Validators, body));
                    }
                }
                Wish::Evidence(evidence) => {
                    self.note_contradiction(evidence.vote_key().0);
                    self.report(&evidence, now_ms, effects)?;
                    effects.push(Effect::Evidence(evidence));
                }
                Wish::Decided(decided) => queue.extend(self.apply(*decided, now_ms, effects)?),
            }
        }
        self.sync_votes()
    }

    fn build(&mut self, view: u64, now_ms: u64, effects: &mut Vec<Effect>) -> Result<Vec<Wish>, NodeFault> {
        let clock = self.clock_now(now_ms);
        let (store, mempool, proposer) = (&self.store, &mut self.mempool, &self.proposer);
        let grown = &self.consensus;
        let (max_txs, max_bytes) = proposer.limits();
        let (proposed, refused) = self.times.measure(Stage::Propose, || {
            let mut tip = store.tip();
            if let Some(better) = grown.grown(&tip.block_id) {
                tip.certificate = Some(better.clone());
            }
            let time = proposer.block_time(&tip, clock);
            let (batch, refused) = mempool.pick(time, max_txs, max_bytes);
            (proposer.propose(&tip, &store.view(), time, batch), refused)
        });
        effects.extend(refused.into_iter().map(|(id, refusal)| Effect::Refused(id, refusal)));
        let block = proposed.map_err(NodeFault::State)?;
        self.keep_body(&block)?;
        Ok(self.consensus.built(view, block))
    }

    /// The clock that proposals are made and judged by.
    pub(super) fn clock_now(&self, now_ms: u64) -> BlockTime {
        match self.clock {
            ClockMode::Wall => BlockTime(now_ms),
            ClockMode::Driven => self.driven_now,
        }
    }

    /// Makes a body durable before the engine hears of it: its records hold ids only.
    fn keep_body(&mut self, block: &ProposedBlock) -> Result<(), NodeFault> {
        if planted::is_on(Bug::BodyNotKept) {
            return Ok(());
        }
        if let Some(votes) = &mut self.votes {
            votes.append(BODY, &block.block().to_canonical())?;
            votes.sync()?;
        }
        Ok(())
    }

    fn sync_votes(&mut self) -> Result<(), NodeFault> {
        match &mut self.votes {
            Some(votes) => Ok(votes.sync()?),
            None => Ok(()),
        }
    }

    /// A peer's body: checked, kept, and shown to the engine.
    pub(super) fn take_body(
        &mut self,
        from: PeerId,
        bytes: &[u8],
        now_ms: u64,
        effects: &mut Vec<Effect>,
    ) -> Result<(), NodeFault> {
        let Ok(block) = Block::from_canonical(bytes) else {
            effects.push(Effect::Misbehaved(from, "a body that is no block".to_owned()));
            return Ok(());
        };
        let id = block.header.block_id();
        if block.header.height != self.height().next() || !self.consensus.takes_body(&id) {
            return Ok(());
        }
        // Validators of a driven chain get the clock from each other, in any order.
        let clock = (self.clock == ClockMode::Wall).then_some(BlockTime(now_ms));
        let wishes = match self.check(block, clock)? {
            Ok(block) => {
                self.keep_body(&block)?;
                self.consensus.body(block)
            }
            Err(fault) => {
                tracing::warn!(peer = from.0, block = %id, %fault, "a proposed block is wrong");
                self.consensus.bad_body(id)
            }
        };
        self.fulfil(wishes, now_ms, effects)
    }

    /// Checks a block against this node's state.
    pub(super) fn check(
        &mut self,
        block: Block,
        clock: Option<BlockTime>,
    ) -> Result<Result<ProposedBlock, BlockFault>, NodeFault> {
        let txs = match self.authenticate(&block)? {
            Ok(txs) => txs,
            Err(fault) => return Ok(Err(fault)),
        };
        self.check_authenticated(block, txs, clock)
    }

    fn check_authenticated(
        &mut self,
        block: Block,
        txs: Vec<AuthenticatedTx>,
        clock: Option<BlockTime>,
    ) -> Result<Result<ProposedBlock, BlockFault>, NodeFault> {
        let (store, proposer) = (&self.store, &self.proposer);
        let checked =
            self.times.measure(Stage::Propose, || proposer.check(&store.tip(), &store.view(), block, txs, clock));
        checked.map_err(NodeFault::State)
    }

    /// The transactions of a block with their signatures checked and their bodies opened: those that wait here were before.
    fn authenticate(&mut self, block: &Block) -> Result<Result<Vec<AuthenticatedTx>, BlockFault>, NodeFault> {
        let chain = self.store.chain_id();
        let mut found: Vec<Option<AuthenticatedTx>> = Vec::with_capacity(block.txs.len());
        let mut unknown = Vec::new();
        for tx in &block.txs {
            let known = self.mempool.get(&tx.envelope.tx_id());
            if known.is_none_or(|k| k.tx() != tx) {
                let raw = tx.to_canonical();
                match decode(&chain, RawTx(raw)) {
                    Ok(decoded) => unknown.push(decoded),
                    Err(refusal) => {
                        let (id, why) = (tx.envelope.tx_id(), refusal.reason.name().to_owned());
                        return Ok(Err(BlockFault::Transaction { id, why }));
                    }
                }
                found.push(None);
            } else {
                found.push(known.cloned());
            }
        }
        self.times.checked += unknown.len() as u64;
        let (view, signers, keys) = (self.store.view(), &mut self.signers, &*self.committee_keys);
        let verdicts = self.times.measure(Stage::Verify, || authenticate(unknown, &view, signers, keys))?;
        let mut verdicts = verdicts.into_iter();
        let mut txs = Vec::with_capacity(found.len());
        for known in found {
            match known.map_or_else(|| verdicts.next(), |tx| Some(Ok(tx))) {
                Some(Ok(tx)) => txs.push(tx),
                Some(Err((id, refusal))) => {
                    let why = refusal.reason.name().to_owned();
                    return Ok(Err(BlockFault::Transaction { id, why }));
                }
                None => unreachable!("a verdict for each transaction"),
            }
        }
        Ok(Ok(txs))
    }

    /// Executes and stores a final block, and begins the next height.
    pub(super) fn apply(
        &mut self,
        decided: DecidedBlock,
        now_ms: u64,
        effects: &mut Vec<Effect>,
    ) -> Result<Vec<Wish>, NodeFault> {
        let requests = decided.requests();
        let carried = decided.carried().cloned();
        let block = commit(&mut self.store, decided, &mut self.times)?;
        self.committed(block, requests, carried, now_ms, effects)
    }

    /// What a block that is durable changes in this node.
    pub(super) fn committed(
        &mut self,
        block: Arc<CommittedBlock>,
        requests: Vec<(RequestScope, RequestId, TxId)>,
        carried: Option<CommitCertificate>,
        now_ms: u64,
        effects: &mut Vec<Effect>,
    ) -> Result<Vec<Wish>, NodeFault> {
        self.times.txs += block.verdicts().count() as u64;
        // A clock that was set while this block was being agreed on is owed a block of its own.
        let clock_waits = self.clock == ClockMode::Driven && self.driven_now > block.header().time;
        self.owes_block = block.state_changed() || clock_waits;
        self.next_task_ms = next_task_ms(&self.store).map_err(NodeFault::State)?;
        self.last_commit_ms = now_ms;
        self.driven_now = self.driven_now.max(block.header().time);
        self.timers.clear();
        for (scope, request, id) in requests {
            #[cfg(planted)]
            if planted::is_on(Bug::WrongScopeDropped) {
                self.mempool.remove_one_outside(scope);
            }
            if !self.mempool.remove(&id)
                && let Some(other) = self.mempool.by_request(scope, request)
            {
                // Another transaction under the same request id can only be refused now.
                self.mempool.remove(&other);
                let refusal = Refusal::new(RejectReason::RequestIdConflict, Field::RequestId);
                effects.push(Effect::Refused(other, refusal.with([Arg::Tx(id)])));
            }
        }
        self.carry(carried);
        let height = block.height();
        effects.push(Effect::Committed(block));
        let job = self.making.as_mut().and_then(|making| making.committed(&self.reader, height));
        effects.extend(job.map(Effect::Snapshot));
        let sealing = self.sealing().clone();
        let begins_epoch = self.renew()?;
        self.drop_unsealable(&sealing, effects);
        if self.holds_back() {
            return self.stand_up();
        }
        let mut wishes = self.start_height(Vec::new())?;
        if begins_epoch {
            wishes.extend(self.hear_kept());
        }
        Ok(wishes)
    }

    pub(super) fn carry(&mut self, certificate: Option<CommitCertificate>) {
        self.carried.extend(certificate);
        while self.carried.len() > ABSENCE_WINDOW {
            self.carried.pop_front();
        }
    }

    /// Begins the height after the tip.
    pub(super) fn start_height(&mut self, bodies: Vec<ProposedBlock>) -> Result<Vec<Wish>, NodeFault> {
        let tip = self.store.tip();
        self.wanted = false;
        if let Some(votes) = &mut self.votes
            && bodies.is_empty()
        {
            votes.begin(tip.height.next())?;
        }
        let regime = self.proposer.regime();
        let validators = u16::try_from(regime.validators.validators.len()).unwrap_or(u16::MAX);
        // Places of another epoch say nothing of this one.
        let carried = self.carried.iter().filter(|c| c.epoch == regime.epoch.number);
        let absent = absent_in(carried, validators);
        Ok(self.consensus.start(tip.height.next(), tip.block_id, &absent, bodies))
    }

    /// Whether a header is that of the next block, certified by those who certify it.
    pub(super) fn check_certified(&mut self, header: &Header, certificate: &CommitCertificate) -> Result<(), String> {
        let (chain, tip, regime) = (self.store.chain_id(), self.store.tip(), self.proposer.regime());
        let parent = (tip.height, tip.block_id);
        certified::check(&chain, regime, parent, (header, certificate), &mut self.certificate_signers)
    }

    /// A final block of a peer, behind the tip: certificate first, because that is cheap, then everything else.
    pub(super) fn take_final(
        &mut self,
        block: Block,
        certificate: CommitCertificate,
        now_ms: u64,
        effects: &mut Vec<Effect>,
    ) -> Result<Result<(), String>, NodeFault> {
        let height = block.header.height;
        if let Err(why) = self.check_certified(&block.header, &certificate) {
            return Ok(Err(why));
        }
        // Ids are certified; signatures, and what sealed bodies open to, are what this peer says they are.
        let txs = match self.authenticate(&block)? {
            Ok(txs) => txs,
            Err(fault) => return Ok(Err(fault.to_string())),
        };
        let block = match self.check_authenticated(block, txs, None)? {
            Ok(block) => block,
            Err(fault) if fault.is_beside_header() => return Ok(Err(fault.to_string())),
            // A quorum says that this block is right, this node says it is not: one of them has lost its state.
            Err(fault) => return Err(NodeFault::Diverged { height, what: fault.to_string() }),
        };
        let Some(decided) = Consensus::synced(block, certificate) else {
            return Ok(Err("the certificate is of another block".to_owned()));
        };
        let wishes = self.apply(decided, now_ms, effects)?;
        self.fulfil(wishes, now_ms, effects)?;
        Ok(Ok(()))
    }
}
