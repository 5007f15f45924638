//! Making snapshots of the heights at which they are due.

use ledger_types::Height;
use proofs::snapshot::Manifest;
use storage::{Reader, Reading, Shelf, StoreError, make_snapshot};

use super::SnapshotRules;
use crate::queries::headers::{self, HeadersFault};

/// No snapshot.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotFault {
    /// The store failed.
    #[error("storage: {0}")]
    Store(#[from] StoreError),
    /// The headers cannot be read.
    #[error("headers: {0}")]
    Headers(#[from] HeadersFault),
}

/// Holds on to the state of a height until the next header proves it.
pub struct Making {
    rules: SnapshotRules,
    shelf: Shelf,
    held: Option<Reading>,
}

/// A snapshot to be made, on a thread of its own where there are threads.
pub struct SnapshotJob {
    reading: Reading,
    reader: Reader,
    shelf: Shelf,
    keep: usize,
}

impl Making {
    /// Makes them on this shelf.
    pub fn new(rules: SnapshotRules, shelf: Shelf) -> Self {
        Self { rules, shelf, held: None }
    }

    /// A block was committed; says what is to be made now.
    pub fn committed(&mut self, reader: &Reader, height: Height) -> Option<SnapshotJob> {
        let job = self.held.take().map(|reading| SnapshotJob {
            reading,
            reader: reader.clone(),
            shelf: self.shelf.clone(),
            keep: self.rules.keep,
        });
        if self.rules.is_due(height) {
            self.held = Some(reader.now());
        }
        job
    }
}

impl SnapshotJob {
    /// The height.
    pub fn height(&self) -> Height {
        self.reading.height()
    }

    /// Makes it and removes the oldest; `go_on` is asked after each chunk.
    ///
    /// # Errors
    /// What reading or writing came to.
    pub fn run(self, go_on: &mut dyn FnMut() -> bool) -> Result<Option<Manifest>, SnapshotFault> {
        let mut no_headers = None;
        let mut pages = |from, count| match headers::range(&self.reader, from, count) {
            Ok(entries) => Ok(entries),
            Err(HeadersFault::Store(error)) => Err(error),
            Err(fault) => {
                no_headers = Some(fault);
                Ok(Vec::new())
            }
        };
        let made = make_snapshot(&self.reading, &self.shelf, &mut pages, go_on);
        match (no_headers, made) {
            (Some(fault), _) => Err(fault.into()),
            (None, made) => {
                let made = made?;
                self.shelf.prune(self.keep)?;
                Ok(made)
            }
        }
    }
}

impl std::fmt::Debug for SnapshotJob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SnapshotJob({})", self.height())
    }
}
