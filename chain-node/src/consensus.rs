//! Room 5's door: a block that its engine decided, or that a quorum's certificate makes final.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ledger::admission::AuthenticatedTx;
use ledger_types::{Block, BlockId, CommitCertificate, Height, RequestId, RequestScope, TxId};
use storage::planted::{self, Bug};

use crate::engines::{ConsensusEngine, EngineCounts, EngineMessage, EngineStopped, Evidence, Out, Record, TimerKey};
use crate::proposal::ProposedBlock;

/// Most bodies kept for one height: a proposer that sends more is not listened to.
pub const MAX_CANDIDATES: usize = 32;

/// A block with its commit certificate. Only this room makes it, from an engine's [`Out::Commit`] or a certificate that
/// holds.
pub struct DecidedBlock {
    block: Block,
    txs: Vec<AuthenticatedTx>,
    certificate: CommitCertificate,
}

impl DecidedBlock {
    /// Whose request ids it uses, for which transactions.
    pub fn requests(&self) -> Vec<(RequestScope, RequestId, TxId)> {
        self.txs.iter().map(|tx| (tx.scope(), tx.envelope().request_id, tx.id())).collect()
    }

    /// The parent's certificate that it carries.
    pub fn carried(&self) -> Option<&CommitCertificate> {
        self.block.last_certificate.as_ref()
    }

    /// Header, checked transactions and certificate, for execution and storage.
    pub fn into_parts(self) -> (Block, Vec<AuthenticatedTx>, CommitCertificate) {
        (self.block, self.txs, self.certificate)
    }
}

/// What the engine wants next, in order.
pub enum Wish {
    /// Build a block for the view.
    Build(u64),
    /// Execute and store.
    Decided(Box<DecidedBlock>),
    /// Wake the engine's timer after so many milliseconds.
    Timer(TimerKey, u64),
    /// Do not.
    NoTimer(TimerKey),
    /// To all other validators.
    Broadcast(EngineMessage),
    /// To one validator.
    Send(u16, EngineMessage),
    /// Durable before anything after it leaves the node.
    Persist(Record),
    /// Get the body of this block from a peer.
    NeedBody(BlockId),
    /// Send the body of this block to all other validators.
    SendBody(BlockId),
    /// Somebody contradicted himself.
    Evidence(Box<Evidence>),
}

/// The engine in use and the blocks it has yet to decide on.
pub struct Consensus {
    engine: Box<dyn ConsensusEngine>,
    candidates: BTreeMap<BlockId, ProposedBlock>,
    /// Found invalid at this height.
    bad: BTreeSet<BlockId>,
    /// The engine waits for a verdict on these.
    asked: BTreeSet<BlockId>,
    /// Final, but its body is not here yet.
    decided: Option<(BlockId, CommitCertificate)>,
    /// The certificate of the parent, if it grew since.
    grown: Option<CommitCertificate>,
    stopped: Option<EngineStopped>,
    /// Of the engines of earlier epochs.
    past_counts: EngineCounts,
}

impl Consensus {
    /// Runs an engine.
    pub fn new(engine: Box<dyn ConsensusEngine>) -> Self {
        Self {
            engine,
            candidates: BTreeMap::new(),
            bad: BTreeSet::new(),
            asked: BTreeSet::new(),
            decided: None,
            grown: None,
            stopped: None,
            past_counts: EngineCounts::default(),
        }
    }

    /// Why the engine stopped signing, if it did.
    pub fn stopped(&self) -> Option<&EngineStopped> {
        self.stopped.as_ref()
    }

    /// What the engine did not take.
    pub fn counts(&self) -> EngineCounts {
        self.past_counts.and(self.engine.counts())
    }

    /// Begins another epoch: nothing of the engine before is of use. One that stopped for a bug stays stopped.
    pub fn switch(&mut self, engine: Box<dyn ConsensusEngine>) {
        self.past_counts = self.counts();
        self.engine = engine;
    }

    /// The best certificate known of the parent.
    pub fn grown(&self, parent: &BlockId) -> Option<&CommitCertificate> {
        self.grown.as_ref().filter(|c| c.block_id == *parent)
    }

    /// Hands the engine what it wrote before the restart.
    pub fn restore(&mut self, records: &[Record]) {
        if let Err(stopped) = self.engine.restore(records) {
            self.stopped = Some(stopped);
        }
    }

    /// Begins the height after `parent`. `bodies` are those that were durable before a restart.
    pub fn start(
        &mut self,
        height: Height,
        parent: BlockId,
        absent: &BTreeSet<u16>,
        bodies: Vec<ProposedBlock>,
    ) -> Vec<Wish> {
        self.candidates = bodies.into_iter().map(|b| (b.id(), b)).collect();
        self.bad.clear();
        self.asked.clear();
        self.decided = None;
        self.drive(|engine, out| engine.start(height, parent, absent, out))
    }

    /// Something waits to be decided.
    pub fn want(&mut self) -> Vec<Wish> {
        self.drive(|engine, out| engine.on_wanted(out))
    }

    /// The block the engine asked for. Its body is durable.
    pub fn built(&mut self, view: u64, block: ProposedBlock) -> Vec<Wish> {
        let id = block.id();
        self.candidates.insert(id, block);
        self.drive(|engine, out| engine.on_built(view, id, out))
    }

    /// A message of another validator's engine.
    pub fn message(&mut self, from: u16, message: EngineMessage) -> Vec<Wish> {
        self.drive(|engine, out| engine.on_message(from, message, out))
    }

    /// A timer of the engine fired.
    pub fn timer(&mut self, key: TimerKey) -> Vec<Wish> {
        self.drive(|engine, out| engine.on_timer(key, out))
    }

    /// Whether a peer's body of this id is of use.
    pub fn takes_body(&self, id: &BlockId) -> bool {
        let known = self.candidates.contains_key(id) || self.bad.contains(id);
        let awaited = self.asked.contains(id) || self.decided.as_ref().is_some_and(|(d, _)| d == id);
        let room = self.candidates.len() + self.bad.len() < MAX_CANDIDATES || planted::is_on(Bug::Unbounded);
        !known && (awaited || room)
    }

    /// A peer's block was checked and is durable.
    pub fn body(&mut self, block: ProposedBlock) -> Vec<Wish> {
        let id = block.id();
        self.candidates.insert(id, block);
        if let Some((decided, certificate)) = self.decided.take_if(|(d, _)| *d == id) {
            return self.decide(decided, certificate).into_iter().collect();
        }
        if !self.asked.remove(&id) {
            return Vec::new();
        }
        self.drive(|engine, out| engine.on_validated(id, true, out))
    }

    /// A peer's block was found wrong.
    pub fn bad_body(&mut self, id: BlockId) -> Vec<Wish> {
        self.bad.insert(id);
        if !self.asked.remove(&id) {
            return Vec::new();
        }
        self.drive(|engine, out| engine.on_validated(id, false, out))
    }

    /// A block of this height that is here.
    pub fn candidate(&self, id: &BlockId) -> Option<&ProposedBlock> {
        self.candidates.get(id)
    }

    /// How many bodies of this height are remembered, good or bad.
    pub fn candidates(&self) -> usize {
        self.candidates.len() + self.bad.len()
    }

    /// How many messages of the others wait in the engine.
    pub fn waiting_messages(&self) -> usize {
        self.engine.waiting_messages()
    }

    /// The bodies that are waited for.
    pub fn missing(&self) -> Vec<BlockId> {
        self.asked.iter().copied().chain(self.decided.as_ref().map(|(id, _)| *id)).collect()
    }

    /// A block from a peer that is ahead, with a certificate that was checked against the validators of its height.
    pub fn synced(block: ProposedBlock, certificate: CommitCertificate) -> Option<DecidedBlock> {
        if certificate.block_id != block.id() {
            return None;
        }
        let (block, txs) = block.into_parts();
        Some(DecidedBlock { block, txs, certificate })
    }

    /// Calls the engine. What it asks is answered only when all that it said before is on its way: an answer makes it
    /// say more, which may rest on that.
    fn drive(
        &mut self,
        call: impl FnOnce(&mut dyn ConsensusEngine, &mut Vec<Out>) -> Result<(), EngineStopped>,
    ) -> Vec<Wish> {
        let (mut wishes, mut verdicts) = (Vec::new(), VecDeque::new());
        let mut said = self.call(call);
        loop {
            for out in said {
                self.wish(out, &mut wishes, &mut verdicts);
            }
            let Some((id, valid)) = verdicts.pop_front() else { return wishes };
            said = self.call(|engine, out| engine.on_validated(id, valid, out));
        }
    }

    fn call(
        &mut self,
        call: impl FnOnce(&mut dyn ConsensusEngine, &mut Vec<Out>) -> Result<(), EngineStopped>,
    ) -> Vec<Out> {
        let mut out = Vec::new();
        if self.stopped.is_none()
            && let Err(stopped) = call(self.engine.as_mut(), &mut out)
        {
            tracing::error!(
                height = stopped.height.0,
                what = stopped.what,
                "consensus stopped: this node signs nothing"
            );
            self.stopped = Some(stopped);
        }
        out
    }

    fn wish(&mut self, out: Out, wishes: &mut Vec<Wish>, verdicts: &mut VecDeque<(BlockId, bool)>) {
        wishes.push(match out {
            Out::Build { view, .. } => Wish::Build(view),
            Out::SetTimer(key, ms) => Wish::Timer(key, ms),
            Out::CancelTimer(key) => Wish::NoTimer(key),
            Out::Broadcast(message) => Wish::Broadcast(message),
            Out::Send(to, message) => Wish::Send(to, message),
            Out::Persist(record) => Wish::Persist(record),
            Out::SendBody { id, .. } => Wish::SendBody(id),
            Out::Evidence(evidence) => Wish::Evidence(evidence),
            Out::Grown(certificate) => {
                self.grown = Some(certificate);
                return;
            }
            Out::Validate { id, .. } => {
                let verdict = if self.candidates.contains_key(&id) { Some(true) } else { None };
                let verdict = verdict.or(self.bad.contains(&id).then_some(false));
                match verdict {
                    Some(valid) => {
                        verdicts.push_back((id, valid));
                        return;
                    }
                    None => {
                        self.asked.insert(id);
                        Wish::NeedBody(id)
                    }
                }
            }
            Out::Commit { id, certificate } => match self.decide(id, certificate) {
                Some(wish) => wish,
                None => Wish::NeedBody(id),
            },
        });
    }

    fn decide(&mut self, id: BlockId, certificate: CommitCertificate) -> Option<Wish> {
        let id = match planted::is_on(Bug::ConflictingCommit) {
            true => self.candidates.keys().next().copied().unwrap_or(id),
            false => id,
        };
        let Some(block) = self.candidates.remove(&id) else {
            self.decided = Some((id, certificate));
            return None;
        };
        let (block, txs) = block.into_parts();
        Some(Wish::Decided(Box::new(DecidedBlock { block, txs, certificate })))
    }
}
