//! The store: one writer, any number of readers.

use std::path::Path;
use std::sync::Arc;

use ledger_types::{ChainId, Genesis, Height};

use crate::checkpoint::{Checkpointer, Job};
use crate::create;
use crate::disk::{Disk, RealDisk};
use crate::error::StoreError;
use crate::guard::Guard;
use crate::layout::DataDir;
use crate::options::Options;
use crate::published::Shared;
use crate::reader::Reader;
use crate::recovery::{self, Recovery};
use crate::segment::SegmentWriter;
use crate::state::State;
use crate::tip::Tip;
use crate::view::StoreView;
use crate::vote_log::{KeptVotes, VoteLog};

/// A chain's data, locked for this process. Dropped without [`Store::close`] it loses nothing, but the next start
/// replays what came after the last checkpoint.
pub struct Store {
    pub(crate) shared: Arc<Shared>,
    pub(crate) state: State,
    pub(crate) segments: SegmentWriter,
    pub(crate) guard: Guard,
    pub(crate) checkpoints: Checkpointer,
    pub(crate) options: Options,
    /// Request lines and bytes of frames since the last checkpoint began.
    pub(crate) since: (u64, u64),
    /// The first failed write.
    pub(crate) poison: Option<String>,
    /// Last: it holds the lock.
    pub(crate) _data: DataDir,
}

impl Store {
    /// Makes a chain in a folder that does not hold it yet, and opens it.
    pub fn create(dir: &Path, genesis: &Genesis, options: Options) -> Result<Self, StoreError> {
        Self::create_on(Arc::new(RealDisk), dir, genesis, options)
    }

    /// Opens a chain: replays what the state lacks, cuts what a crash tore, and refuses data that is damaged or behind
    /// what was committed.
    pub fn open(dir: &Path, options: Options) -> Result<(Self, Recovery), StoreError> {
        Self::open_on(Arc::new(RealDisk), dir, options)
    }

    /// Opens the chain of a genesis document, or makes it. A chain whose making was cut short is none yet, and is begun
    /// anew.
    pub fn open_or_create(dir: &Path, genesis: &Genesis, options: Options) -> Result<Self, StoreError> {
        match Self::open(dir, options.clone()) {
            Ok((store, _)) => Ok(store),
            Err(StoreError::NoChain(_)) => Self::create(dir, genesis, options),
            Err(error) => Err(error),
        }
    }

    /// [`Store::create`] on another disk; RocksDB needs the real one.
    pub fn create_on(disk: Arc<dyn Disk>, dir: &Path, genesis: &Genesis, options: Options) -> Result<Self, StoreError> {
        let data = create::create(disk, dir, genesis, &options)?;
        let options = Options { chain: Some(genesis.chain_id()), ..options };
        Ok(recovery::open(data, options)?.0)
    }

    /// [`Store::open`] on another disk; RocksDB needs the real one.
    pub fn open_on(disk: Arc<dyn Disk>, dir: &Path, options: Options) -> Result<(Self, Recovery), StoreError> {
        recovery::open(DataDir::lock(disk, dir)?, options)
    }

    /// The genesis document.
    pub fn genesis(&self) -> &Genesis {
        &self.shared.genesis
    }

    /// The chain.
    pub fn chain_id(&self) -> ChainId {
        self.shared.chain
    }

    /// The newest height.
    pub fn tip(&self) -> Tip {
        self.shared.newest().tip.clone()
    }

    /// The state of the tip, for execution.
    pub fn view(&self) -> StoreView {
        StoreView::newest(&self.shared)
    }

    /// A handle for queries, to clone and pass on.
    pub fn reader(&self) -> Reader {
        Reader::new(Arc::clone(&self.shared))
    }

    /// Opens the log of the height after the tip, with what it holds.
    pub fn vote_log(&self) -> Result<(VoteLog, KeptVotes), StoreError> {
        let dir = self._data.chain(&self.chain_id()).votes();
        VoteLog::open(Arc::clone(&self._data.disk), &dir, self.tip().height.next())
    }

    /// How many request lines the chain has: one for each transaction that entered a block.
    pub fn transactions(&self) -> u64 {
        self.state.requests()
    }

    /// Takes everything to disk now, so that the next start replays nothing, and goes on.
    pub fn checkpoint(&mut self) -> Result<(), StoreError> {
        self.alive()?;
        self.checkpoint_now(false).inspect_err(|e| self.poison(e))
    }

    /// Takes everything to disk and ends. Readers may live on.
    pub fn close(mut self) -> Result<(), StoreError> {
        self.alive()?;
        self.checkpoint_now(true)
    }

    pub(crate) fn alive(&self) -> Result<(), StoreError> {
        match &self.poison {
            Some(cause) => Err(StoreError::Poisoned { cause: cause.clone() }),
            None => Ok(()),
        }
    }

    pub(crate) fn poison(&mut self, error: &StoreError) {
        tracing::error!(%error, "the store stops: a write failed");
        self.poison.get_or_insert_with(|| error.to_string());
    }

    pub(crate) fn count_towards_checkpoint(&mut self, requests: u64, bytes: u64) {
        self.since = (self.since.0 + requests, self.since.1 + bytes);
    }

    /// Ends a checkpoint that is done and begins one that is due.
    pub(crate) fn checkpoint_if_due(&mut self) -> Result<(), StoreError> {
        let done = self.checkpoints.finished(false)?;
        self.checkpoint_done(done);
        let due = self.since.0 >= self.options.checkpoint_txs || self.since.1 >= self.options.checkpoint_bytes;
        if !due || self.checkpoints.is_running() {
            return Ok(());
        }
        let job = self.job();
        let done = match self.options.background_checkpoints {
            true => self.checkpoints.start(job)?,
            false => Some(self.checkpoints.run(&job, false)?),
        };
        self.checkpoint_done(done);
        Ok(())
    }

    fn checkpoint_now(&mut self, last: bool) -> Result<(), StoreError> {
        let done = self.checkpoints.finished(true)?;
        self.checkpoint_done(done);
        let job = self.job();
        let done = self.checkpoints.run(&job, last)?;
        self.checkpoint_done(Some(done));
        Ok(())
    }

    /// What a checkpoint beginning now writes.
    fn job(&mut self) -> Job {
        self.since = (0, 0);
        Job { height: self.shared.newest().tip.height, pages: self.state.slots_mut().take_dirty() }
    }

    fn checkpoint_done(&self, done: Option<Height>) {
        if let Some(height) = done {
            self.state.slots_mut().written(height, self.options.page_cache);
        }
    }
}

#[cfg(test)]
#[path = "store/commit_test.rs"]
mod commit_test;
#[cfg(test)]
#[path = "store/crash_test.rs"]
mod crash_test;
#[cfg(test)]
#[path = "store/figures_test.rs"]
mod figures_test;
#[cfg(test)]
#[path = "store/made_chain.rs"]
pub(crate) mod made_chain;
#[cfg(test)]
#[path = "store/reader_test.rs"]
mod reader_test;
