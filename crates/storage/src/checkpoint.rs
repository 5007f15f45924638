//! Checkpoints: how much of the segments a restart has to replay.
//!
//! In `commit`, at height H: the changed pages are copied and stamped H. Then, on a thread of its own:
//!
//! 1. the pages are written and synced;
//! 2. the row `pages = H` is written;
//! 3. the state is flushed, all column families to one point in time;
//! 4. the list of RocksDB's files is written.
//!
//! A crash at any point is safe: the state that is found says its own height F (row `state`, in the batch of each
//! block) and a height P up to which all pages were on disk (row `pages`, P <= F). Pages stamped later than P are not
//! trusted, and those that blocks P+1 to F changed are made again from the records.

use std::sync::Arc;
use std::thread::JoinHandle;

use ledger_types::Height;

use crate::column_families::Column;
use crate::engine::{Batch, KvEngine};
use crate::error::StoreError;
use crate::rows::META_PAGES;
use crate::slot_tree::{PageFile, PageImage};
use crate::state_files::StateFiles;

/// What a checkpoint takes to disk.
pub(crate) struct Job {
    pub(crate) height: Height,
    pub(crate) pages: Vec<PageImage>,
}

/// Does checkpoints.
pub(crate) struct Worker {
    pub(crate) engine: Arc<dyn KvEngine>,
    pub(crate) pages: PageFile,
    pub(crate) files: Option<StateFiles>,
}

/// Runs one checkpoint at a time.
pub(crate) struct Checkpointer {
    worker: Arc<Worker>,
    running: Option<JoinHandle<Result<Height, StoreError>>>,
}

impl Worker {
    fn run(&self, job: &Job, last: bool) -> Result<Height, StoreError> {
        self.pages.write(&job.pages)?;
        let mut batch = Batch::default();
        batch.put(Column::Meta, META_PAGES, &job.height.0.to_be_bytes());
        self.engine.write(&batch)?;
        self.engine.flush()?;
        if last {
            self.engine.settle();
        }
        if let Some(files) = &self.files {
            files.write(&self.engine.tables()?, last)?;
        }
        Ok(job.height)
    }
}

impl Checkpointer {
    pub(crate) fn new(worker: Worker) -> Self {
        Self { worker: Arc::new(worker), running: None }
    }

    /// Lists the state's files as they are now.
    pub(crate) fn list_files(&self) -> Result<(), StoreError> {
        match &self.worker.files {
            Some(files) => files.write(&self.worker.engine.tables()?, false),
            None => Ok(()),
        }
    }

    /// Whether one is under way.
    pub(crate) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Does a checkpoint here and now; with `last`, nothing is written afterwards.
    pub(crate) fn run(&self, job: &Job, last: bool) -> Result<Height, StoreError> {
        self.worker.run(job, last)
    }

    /// Begins a checkpoint on a thread of its own; here and now if there can be none.
    pub(crate) fn start(&mut self, job: Job) -> Result<Option<Height>, StoreError> {
        let (worker, job) = (Arc::clone(&self.worker), Arc::new(job));
        let copy = Arc::clone(&job);
        let thread = std::thread::Builder::new().name("checkpoint".to_owned());
        match thread.spawn(move || worker.run(&copy, false)) {
            Ok(running) => {
                self.running = Some(running);
                Ok(None)
            }
            Err(_) => self.worker.run(&job, false).map(Some),
        }
    }

    /// The height of a checkpoint that has ended since the last call; with `wait`, once it has.
    pub(crate) fn finished(&mut self, wait: bool) -> Result<Option<Height>, StoreError> {
        match self.running.take() {
            Some(running) if wait || running.is_finished() => {
                let stopped = || StoreError::Poisoned { cause: "the checkpoint's thread panicked".to_owned() };
                running.join().map_err(|_| stopped())?.map(Some)
            }
            still => {
                self.running = still;
                Ok(None)
            }
        }
    }
}
