//! Room 5: consensus over opaque block ids. Engines are sans-I/O state machines behind one trait.
//!
//! An engine knows nothing of invoices, clocks, disks or sockets: the node tells it what happened, it answers with
//! [`Out`]s. Timers and messages come back through the trait.

pub mod solo;
pub mod suite;

use ledger_types::{BlockId, CommitCertificate, ConsensusKind, Height};

/// A message between engines of one chain and epoch, as canonical bytes of the engine's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineMessage {
    /// Epoch it belongs to; others are dropped.
    pub epoch: u64,
    /// The engine's bytes.
    pub bytes: Vec<u8>,
}

/// A timer of an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimerKey {
    /// Height it is for.
    pub height: Height,
    /// Round or term.
    pub round: u32,
    /// Which of the engine's timers.
    pub kind: u8,
}

/// What an engine asks of the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Out {
    /// Send to all validators.
    Broadcast(EngineMessage),
    /// Send to one validator, by its place in the set.
    Send(u16, EngineMessage),
    /// Wake me after this many milliseconds.
    SetTimer(TimerKey, u64),
    /// No longer.
    CancelTimer(TimerKey),
    /// Make durable, in order, before any later `Broadcast`, `Send` or `Commit`.
    Persist {
        /// The record's name, unique within the height.
        key: Vec<u8>,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// Build a block for this height; answer with [`ConsensusEngine::on_built`].
    Build {
        /// The height.
        height: Height,
        /// Handed back with the answer.
        view: u64,
    },
    /// Check a peer's block; answer with [`ConsensusEngine::on_validated`].
    Validate {
        /// The height.
        height: Height,
        /// The block.
        id: BlockId,
    },
    /// The block is final.
    Commit {
        /// The block.
        id: BlockId,
        /// Why it is.
        certificate: CommitCertificate,
    },
}

/// An engine cannot go on: it stops signing, the node stays up and says so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("consensus stopped at height {height}: {what}")]
pub struct EngineStopped {
    /// Where.
    pub height: Height,
    /// Why.
    pub what: String,
}

/// A consensus engine.
pub trait ConsensusEngine: Send {
    /// Which kind its certificates are.
    fn kind(&self) -> ConsensusKind;

    /// Begins a height on top of `parent`, also after a restart.
    fn start(&mut self, height: Height, parent: BlockId, out: &mut Vec<Out>) -> Result<(), EngineStopped>;

    /// The node has something to decide (transactions, a certificate to make provable, or a heartbeat is due).
    fn on_wanted(&mut self, out: &mut Vec<Out>) -> Result<(), EngineStopped>;

    /// A message from a validator.
    fn on_message(&mut self, from: u16, message: EngineMessage, out: &mut Vec<Out>) -> Result<(), EngineStopped>;

    /// A timer fired.
    fn on_timer(&mut self, timer: TimerKey, out: &mut Vec<Out>) -> Result<(), EngineStopped>;

    /// The block asked for by [`Out::Build`].
    fn on_built(&mut self, view: u64, id: BlockId, out: &mut Vec<Out>) -> Result<(), EngineStopped>;

    /// The verdict asked for by [`Out::Validate`].
    fn on_validated(&mut self, id: BlockId, valid: bool, out: &mut Vec<Out>) -> Result<(), EngineStopped>;
}
