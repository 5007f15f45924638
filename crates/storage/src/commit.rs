//! Committing a block: check, hash, append, sync, guard, rows, publish. In this order: a block is committed when its
//! frame is synced; everything after it can be done again from there.

use std::sync::Arc;

use ledger::BlockOutcome;
use ledger_types::{Block, BlockFrame, BlockId, Canonical, ChainId, CommitCertificate, Digest, Height};
use proofs::StateRoots;

use crate::error::{StoreError, WrongBlock};
use crate::guard::Guarded;
use crate::planted::{self, Bug};
use crate::published::Published;
use crate::state::check_changes;
use crate::stopwatch::Stopwatch;
use crate::store::Store;
use crate::tip::Tip;

/// A block that is on disk, and what the next header needs of it.
#[derive(Clone, Debug)]
pub struct Committed {
    /// Its height.
    pub height: Height,
    /// Its id.
    pub block_id: BlockId,
    /// Roots of the state's trees after it.
    pub roots: StateRoots,
    /// State root after it.
    pub state_root: Digest,
    /// Root over its receipts.
    pub receipts_root: Digest,
    /// Root over its changes.
    pub changes_root: Digest,
    /// All of it, as stored.
    pub frame: Arc<BlockFrame>,
    /// Bytes of the frame on disk.
    pub stored_bytes: u32,
    /// Where the time went: by the clock on the wall.
    pub wall: StageMicros,
    /// And in CPU time of the committing thread; as by the wall where the system does not tell.
    pub cpu: StageMicros,
}

/// Time of a commit by stage, µs of the committing thread. Only `sync` waits for the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StageMicros {
    /// State trees, receipts and change roots.
    pub trees: u64,
    /// Encoding, compressing and writing the frame.
    pub frame: u64,
    /// Syncing the segment and the guard.
    pub sync: u64,
    /// Rows of the state, and the snapshot.
    pub rows: u64,
    /// What the thread does for checkpoints.
    pub checkpoint: u64,
}

impl StageMicros {
    /// All stages.
    pub fn total(&self) -> u64 {
        self.trees + self.frame + self.sync + self.rows + self.checkpoint
    }
}

/// Holds a block against the tip it must follow, and gives its id.
pub(crate) fn check_follows(
    chain: &ChainId,
    tip: &Tip,
    block: &Block,
    certificate: &CommitCertificate,
    receipts: usize,
) -> Result<BlockId, WrongBlock> {
    let header = &block.header;
    if header.chain_id != *chain {
        return Err(WrongBlock::Chain(header.chain_id));
    }
    if header.height != tip.height.next() {
        return Err(WrongBlock::Height { expected: tip.height.next(), found: header.height });
    }
    if header.parent != tip.block_id {
        return Err(WrongBlock::Parent { expected: tip.block_id, found: header.parent });
    }
    let roots = [
        ("state root", tip.state_root, header.state_root),
        ("receipts root", tip.receipts_root, header.receipts_root),
        ("changes root", tip.changes_root, header.changes_root),
    ];
    for (which, expected, found) in roots {
        if expected != found && !planted::is_on(Bug::RootsUnchecked) {
            return Err(WrongBlock::Root { which, expected, found });
        }
    }
    let id = header.block_id();
    let fits = certificate.height == header.height && certificate.block_id == id;
    if !fits && !planted::is_on(Bug::ConflictingCommit) {
        return Err(WrongBlock::Certificate);
    }
    if receipts < block.txs.len() {
        return Err(WrongBlock::Receipts { receipts, txs: block.txs.len() });
    }
    Ok(id)
}

impl Store {
    /// Commits the next block. On return it is on disk, and views and readers show it.
    ///
    /// # Errors
    /// [`StoreError::WrongBlock`] and [`StoreError::Change`] refuse the block, nothing was written. Any other error
    /// leaves the block's fate open until a restart; the store then refuses every call with [`StoreError::Poisoned`].
    pub fn commit(
        &mut self,
        block: Block,
        certificate: CommitCertificate,
        outcome: BlockOutcome,
    ) -> Result<Committed, StoreError> {
        self.alive()?;
        let tip = self.shared.newest().tip.clone();
        let id = check_follows(&self.shared.chain, &tip, &block, &certificate, outcome.receipts.len())?;
        let leaves_before = self.state.slots().leaves();
        let leaves = check_changes(leaves_before, block.header.height, &outcome.changes)?;
        let written = self.write_block(id, block, certificate, outcome, (leaves_before, leaves));
        written.inspect_err(|e| self.poison(e))
    }

    fn write_block(
        &mut self,
        block_id: BlockId,
        block: Block,
        certificate: CommitCertificate,
        outcome: BlockOutcome,
        (leaves_before, leaves): (u64, u64),
    ) -> Result<Committed, StoreError> {
        let mut clock = Stopwatch::start();
        let (mut wall, mut cpu) = (StageMicros::default(), StageMicros::default());
        let height = block.header.height;
        let roots = self.state.advance(height, leaves, &outcome.changes)?;
        let mut tip = Tip {
            height,
            time: block.header.time,
            block_id,
            header: Some(block.header.clone()),
            certificate: Some(certificate.clone()),
            state_root: roots.combine(&self.shared.chain),
            roots,
            receipts_root: proofs::receipts_root(&outcome.receipts),
            changes_root: proofs::changes_root(&outcome.changes),
            place: None,
        };
        (wall.trees, cpu.trees) = clock.lap();

        let BlockOutcome { receipts, changes } = outcome;
        let state_root = tip.state_root;
        let version = BlockFrame::VERSION;
        let frame = Arc::new(BlockFrame { version, block, certificate, receipts, changes, state_root });
        let raw = frame.to_canonical();
        let place = self.segments.append(height, &raw)?;
        tip.place = Some(place);
        (wall.frame, cpu.frame) = clock.lap();

        if !planted::is_on(Bug::SegmentUnsynced) {
            self.segments.sync()?;
        }
        if !planted::is_on(Bug::NoCommitGuard) {
            self.guard.write(&Guarded { height, block: block_id, state_root })?;
        }
        (wall.sync, cpu.sync) = clock.lap();

        let batch = self.state.rows(leaves_before, &frame.changes, &tip)?;
        self.state.engine.write(&batch)?;
        self.shared.registry.advance(height, &frame.changes);
        self.shared.frames.keep(height, raw.len(), &frame);
        let (receipts_root, changes_root) = (tip.receipts_root, tip.changes_root);
        self.shared.publish(Published { tip, rows: self.state.engine.snapshot() });
        (wall.rows, cpu.rows) = clock.lap();

        self.count_towards_checkpoint(frame.changes.requests().count() as u64, u64::from(place.len));
        self.checkpoint_if_due()?;
        (wall.checkpoint, cpu.checkpoint) = clock.lap();
        let stored_bytes = place.len;
        Ok(Committed {
            height,
            block_id,
            roots,
            state_root,
            receipts_root,
            changes_root,
            frame,
            stored_bytes,
            wall,
            cpu,
        })
    }
}
