//! Room 5: consensus over opaque block ids. Engines are sans-I/O state machines behind one trait.
//!
//! An engine knows nothing of invoices, clocks, disks or sockets: the node tells it what happened, it answers with
//! [`Out`]s. Timers and messages come back through the trait.

pub mod bft;
pub mod evidence;
pub mod solo;
pub mod suite;

use std::collections::BTreeSet;

use ledger_types::{BlockId, CommitCertificate, ConsensusKind, Height};

pub use evidence::Evidence;

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

/// How long a record matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordKind {
    /// The last statement that was signed. A later one replaces it; the newest must outlive everything else,
    /// a restored backup included.
    Guard,
    /// An input that was taken. All of a height are kept, in order, until that height's block is durable.
    Log,
}

/// What an engine must find again after a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// How long it matters.
    pub kind: RecordKind,
    /// The epoch it is about: places in the validator set are those of this epoch.
    pub epoch: u64,
    /// The height it is about.
    pub height: Height,
    /// The engine's bytes.
    pub bytes: Vec<u8>,
}

/// What an engine asks of the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Out {
    /// Send to all other validators.
    Broadcast(EngineMessage),
    /// Send to one validator, by its place in the set.
    Send(u16, EngineMessage),
    /// Wake me after this many milliseconds; replaces a timer of the same key.
    SetTimer(TimerKey, u64),
    /// No longer.
    CancelTimer(TimerKey),
    /// Make durable, in order, before any later `Broadcast`, `Send` or `Commit` of this or a later answer.
    Persist(Record),
    /// Build a block for this height, make its body durable, then answer with [`ConsensusEngine::on_built`].
    Build {
        /// The height.
        height: Height,
        /// Handed back with the answer.
        view: u64,
    },
    /// Get a peer's block, check it, make its body durable, then answer with [`ConsensusEngine::on_validated`].
    Validate {
        /// The height.
        height: Height,
        /// The block.
        id: BlockId,
    },
    /// Send the body of this block to all other validators: it is proposed next, or again.
    SendBody {
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
    /// The certificate of the block committed last, with one more signature: the better one to carry on chain.
    Grown(CommitCertificate),
    /// A validator contradicted itself.
    Evidence(Box<Evidence>),
}

/// What an engine did not take, and what it cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EngineCounts {
    /// Messages of another epoch.
    pub other_epoch: u64,
    /// Messages for heights that are done.
    pub stale: u64,
    /// Bytes that are no message, or of no validator.
    pub malformed: u64,
    /// Messages that were taken before.
    pub duplicate: u64,
    /// Messages too far ahead, or of a sender with too many waiting.
    pub overflow: u64,
    /// Signatures that were wrong.
    pub wrong_signature: u64,
    /// Signatures that were checked.
    pub checked_signatures: u64,
    /// Signatures that were known to be good.
    pub reused_signatures: u64,
    /// Rounds begun after the first of their height.
    pub extra_rounds: u64,
    /// Heights watched without voting, because the guard is beyond the records.
    pub muted_heights: u64,
    /// Inputs that the core gave up on.
    pub core_errors: u64,
}

impl EngineCounts {
    /// Adds what another engine of this node did not take.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            other_epoch: self.other_epoch + other.other_epoch,
            stale: self.stale + other.stale,
            malformed: self.malformed + other.malformed,
            duplicate: self.duplicate + other.duplicate,
            overflow: self.overflow + other.overflow,
            wrong_signature: self.wrong_signature + other.wrong_signature,
            checked_signatures: self.checked_signatures + other.checked_signatures,
            reused_signatures: self.reused_signatures + other.reused_signatures,
            extra_rounds: self.extra_rounds + other.extra_rounds,
            muted_heights: self.muted_heights + other.muted_heights,
            core_errors: self.core_errors + other.core_errors,
        }
    }
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

    /// Hands back every record kept, in the order they were persisted: once, before the first start.
    fn restore(&mut self, records: &[Record]) -> Result<(), EngineStopped> {
        let _ = records;
        Ok(())
    }

    /// Begins a height on top of `parent`, also after a restart and when the parent came from block sync.
    /// `absent` are the validators that the certificates on chain show to be away: the same on every node.
    fn start(
        &mut self,
        height: Height,
        parent: BlockId,
        absent: &BTreeSet<u16>,
        out: &mut Vec<Out>,
    ) -> Result<(), EngineStopped>;

    /// The node has something to decide (transactions, a certificate to make provable, or a heartbeat is due).
    fn on_wanted(&mut self, out: &mut Vec<Out>) -> Result<(), EngineStopped>;

    /// A message from a validator, which the link authenticated.
    fn on_message(&mut self, from: u16, message: EngineMessage, out: &mut Vec<Out>) -> Result<(), EngineStopped>;

    /// A timer fired.
    fn on_timer(&mut self, timer: TimerKey, out: &mut Vec<Out>) -> Result<(), EngineStopped>;

    /// The block asked for by [`Out::Build`]. Its body is durable.
    fn on_built(&mut self, view: u64, id: BlockId, out: &mut Vec<Out>) -> Result<(), EngineStopped>;

    /// The verdict asked for by [`Out::Validate`]. The body is durable if it is valid.
    fn on_validated(&mut self, id: BlockId, valid: bool, out: &mut Vec<Out>) -> Result<(), EngineStopped>;

    /// How many messages wait for their height.
    fn waiting_messages(&self) -> usize {
        0
    }

    /// What was not taken, since the engine was made.
    fn counts(&self) -> EngineCounts {
        EngineCounts::default()
    }
}
