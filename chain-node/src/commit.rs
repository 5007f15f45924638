//! Rooms 6 and 7: a decided block is executed and stored; only then does anyone hear of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ledger::admission::AdmissionFault;
use ledger::{BlockContext, BlockOutcome, execute_block};
use ledger_types::{
    Block, BlockId, BlockTime, Change, CommitCertificate, Digest, Header, Height, PayloadKind, Receipt, TxId,
};
use storage::planted::{self, Bug};
use storage::{Committed, Store, StoreError};

use crate::consensus::DecidedBlock;
use crate::stage_times::{Stage, StageTimes};

/// Why a node stops: it never guesses.
#[derive(Debug, thiserror::Error)]
pub enum NodeFault {
    /// The store failed or found damage.
    #[error("storage: {0}")]
    Store(#[from] StoreError),
    /// State could not be read.
    #[error("state: {}", .0.0)]
    State(ledger::StateFault),
    /// Execution found a broken invariant or an invalid block.
    #[error("execution: {0}")]
    Execution(String),
    /// A quorum agreed on a block that this node finds wrong: its state is not theirs.
    #[error("block {height} is final for a quorum, but wrong for this node: {what}; run fsck")]
    Diverged {
        /// Where.
        height: Height,
        /// What is wrong.
        what: String,
    },
    /// The chain goes on under a protocol version that this software does not know.
    #[error("from block {height} on the chain needs protocol version {needed}, this software knows {known}: update it")]
    NewerProtocol {
        /// The first block that cannot be made or judged here.
        height: Height,
        /// What it needs.
        needed: u32,
        /// The newest version known.
        known: u32,
    },
    /// Bodies are sealed for a committee whose private key this node does not have: it can judge none, so it votes on none.
    #[error(
        "the committee's private key of epoch {epoch} is missing: put its file into the folder of the committee's keys \
         (taxchain node committee-key install), or name it under committee_keys in the node's file"
    )]
    CommitteeKey {
        /// The epoch of the committee's key.
        epoch: u32,
    },
    /// The device that keeps the committee's key failed; its own words.
    #[error("the device that keeps the committee's key failed: {0}")]
    KeyDevice(String),
    /// The engine of another epoch cannot be made.
    #[error(transparent)]
    Engine(#[from] crate::engines::EngineStopped),
    /// A working thread of the node is gone.
    #[error("the node's {0} stopped")]
    RoomGone(&'static str),
}

impl From<AdmissionFault> for NodeFault {
    fn from(fault: AdmissionFault) -> Self {
        match fault {
            AdmissionFault::State(fault) => Self::State(fault),
            AdmissionFault::MissingKey { epoch } => Self::CommitteeKey { epoch },
            AdmissionFault::Device(why) => Self::KeyDevice(why),
        }
    }
}

/// A block that is executed and durable. Only this room makes it.
#[derive(Debug)]
pub struct CommittedBlock {
    header: Header,
    id: BlockId,
    tx_ids: Vec<TxId>,
    kinds: Vec<PayloadKind>,
    receipts: Vec<Receipt>,
    state_root: Digest,
    state_changed: bool,
    stored_in: Duration,
}

impl CommittedBlock {
    /// Its header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Its height.
    pub fn height(&self) -> Height {
        self.header.height
    }

    /// Its id.
    pub fn id(&self) -> BlockId {
        self.id
    }

    /// The state root after it.
    pub fn state_root(&self) -> Digest {
        self.state_root
    }

    /// Whether a following block is owed to make its state provable.
    pub fn state_changed(&self) -> bool {
        self.state_changed
    }

    /// How long the disk took, synced.
    pub fn stored_in(&self) -> Duration {
        self.stored_in
    }

    /// What its transactions are, in order.
    pub fn kinds(&self) -> &[PayloadKind] {
        &self.kinds
    }

    /// Its transactions with their receipts, in order.
    pub fn verdicts(&self) -> impl Iterator<Item = (usize, TxId, &Receipt)> {
        let system = self.receipts.len() - self.tx_ids.len();
        let receipts = self.receipts[system..].iter();
        self.tx_ids.iter().zip(receipts).enumerate().map(|(i, (id, r))| (i, *id, r))
    }
}

/// Executes and stores a decided block.
pub fn commit(
    store: &mut Store,
    decided: DecidedBlock,
    times: &mut StageTimes,
) -> Result<Arc<CommittedBlock>, NodeFault> {
    let (block, txs, certificate) = decided.into_parts();
    let Header { chain_id: chain, height, time, consensus, .. } = block.header;
    let time = match planted::is_on(Bug::OwnClock) {
        true => time.max(BlockTime(planted::clock_ms())),
        false => time,
    };
    let context = BlockContext { chain, height, time, consensus };
    let view = store.view();
    let mut outcome = times
        .measure(Stage::Execute, || execute_block(&view, &context, &txs))
        .map_err(|e| NodeFault::Execution(e.to_string()))?;
    drop(view);
    spoil(&mut outcome, block.header.height);
    let tx_ids = txs.iter().map(|t| t.id()).collect();
    keep(store, (block, tx_ids), certificate, outcome, times)
}

/// Stores a final block and what it did.
pub(crate) fn keep(
    store: &mut Store,
    (block, tx_ids): (Block, Vec<TxId>),
    certificate: CommitCertificate,
    outcome: BlockOutcome,
    times: &mut StageTimes,
) -> Result<Arc<CommittedBlock>, NodeFault> {
    let header = block.header.clone();
    let kinds = block.txs.iter().map(|tx| tx.envelope.payload.kind()).collect();
    let receipts = outcome.receipts.clone();
    let state_changed = !outcome.changes.changes.is_empty();
    let began = Instant::now();
    let committed: Committed = times.measure(Stage::Store, || store.commit(block, certificate, outcome))?;
    Ok(Arc::new(CommittedBlock {
        id: header.block_id(),
        header,
        tx_ids,
        kinds,
        stored_in: began.elapsed(),
        receipts,
        state_root: shown(committed.state_root),
        state_changed,
    }))
}

/// Bugs of builds with planted ones.
fn spoil(outcome: &mut BlockOutcome, height: Height) {
    let changes = &mut outcome.changes.changes;
    if planted::is_on(Bug::HashOrder) {
        let first = changes.iter().position(|c| matches!(c, Change::Request(_))).unwrap_or(changes.len());
        let lines = &mut changes[first..];
        lines.rotate_left((planted::node() as usize).min(lines.len()));
    }
    if planted::is_on(Bug::ChangeLost) && height.0.is_multiple_of(5) {
        let last = changes.iter().rposition(|c| matches!(c, Change::Registry { .. }));
        last.map(|place| changes.remove(place));
    }
}

/// The root as it is, except for the canary.
fn shown(root: Digest) -> Digest {
    if planted::is_on(Bug::Canary) { Digest([planted::node() as u8; 32]) } else { root }
}
