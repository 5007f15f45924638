//! Room 5's door: a block that its engine decided.

use std::collections::BTreeSet;

use ledger::admission::AuthenticatedTx;
use ledger_types::{Block, CommitCertificate};

use crate::engines::{ConsensusEngine, EngineStopped, Out, TimerKey};
use crate::proposal::ProposedBlock;

/// A block with its commit certificate. Only this room makes it, from an engine's [`Out::Commit`].
pub struct DecidedBlock {
    block: Block,
    txs: Vec<AuthenticatedTx>,
    certificate: CommitCertificate,
}

impl DecidedBlock {
    /// Header, checked transactions and certificate, for execution and storage.
    pub fn into_parts(self) -> (Block, Vec<AuthenticatedTx>, CommitCertificate) {
        (self.block, self.txs, self.certificate)
    }
}

/// What the engine wants next.
pub enum Wish {
    /// Build a block for the view.
    Build(u64),
    /// Execute and store.
    Decided(Box<DecidedBlock>),
    /// Wake the engine's timer after so many milliseconds.
    Timer(TimerKey, u64),
}

/// The engine in use and the blocks it has yet to decide on.
pub struct Consensus {
    engine: Box<dyn ConsensusEngine>,
    candidate: Option<ProposedBlock>,
    stopped: Option<EngineStopped>,
}

impl Consensus {
    /// Runs an engine.
    pub fn new(engine: Box<dyn ConsensusEngine>) -> Self {
        Self { engine, candidate: None, stopped: None }
    }

    /// Why the engine stopped signing, if it did.
    pub fn stopped(&self) -> Option<&EngineStopped> {
        self.stopped.as_ref()
    }

    /// Begins the height after `parent`.
    pub fn start(&mut self, height: ledger_types::Height, parent: ledger_types::BlockId) -> Vec<Wish> {
        self.candidate = None;
        self.drive(|engine, out| engine.start(height, parent, &BTreeSet::new(), out))
    }

    /// Something waits to be decided.
    pub fn want(&mut self) -> Vec<Wish> {
        self.drive(|engine, out| engine.on_wanted(out))
    }

    /// The block the engine asked for.
    pub fn built(&mut self, view: u64, block: ProposedBlock) -> Vec<Wish> {
        let id = block.id();
        self.candidate = Some(block);
        self.drive(|engine, out| engine.on_built(view, id, out))
    }

    /// A timer of the engine fired.
    pub fn timer(&mut self, key: TimerKey) -> Vec<Wish> {
        self.drive(|engine, out| engine.on_timer(key, out))
    }

    fn drive(
        &mut self,
        call: impl FnOnce(&mut dyn ConsensusEngine, &mut Vec<Out>) -> Result<(), EngineStopped>,
    ) -> Vec<Wish> {
        if self.stopped.is_some() {
            return Vec::new();
        }
        let mut out = Vec::new();
        if let Err(stopped) = call(self.engine.as_mut(), &mut out) {
            self.stopped = Some(stopped);
            return Vec::new();
        }
        out.into_iter().filter_map(|o| self.wish(o)).collect()
    }

    fn wish(&mut self, out: Out) -> Option<Wish> {
        match out {
            Out::Build { view, .. } => Some(Wish::Build(view)),
            Out::SetTimer(key, ms) => Some(Wish::Timer(key, ms)),
            Out::Commit { id, certificate } => {
                let block = self.candidate.take().filter(|b| b.id() == id)?;
                let (block, txs) = block.into_parts();
                Some(Wish::Decided(Box::new(DecidedBlock { block, txs, certificate })))
            }
            // A single validator has nobody to talk to and its block segment is its only durable record.
            Out::Broadcast(_)
            | Out::Send(..)
            | Out::CancelTimer(_)
            | Out::Persist(_)
            | Out::Validate { .. }
            | Out::SendBody { .. }
            | Out::Grown(_)
            | Out::Evidence(_) => None,
        }
    }
}
