//! The state's key-value store behind a trait: RocksDB, and a log store over [`crate::Disk`]. One suite runs on both.

mod batch;
mod log;
mod log_index;
mod manifest;
mod rocks;
mod rocks_options;
mod rocks_snapshot;

use std::sync::Arc;

use crate::column_families::Column;

pub use batch::{Batch, BatchRow};
pub use log::LogEngine;
pub use rocks::RocksEngine;

/// A fault of the state store.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// RocksDB says no.
    #[error("cannot {action}: {source}")]
    RocksDb {
        /// What was tried.
        action: &'static str,
        /// Why not.
        source: rocksdb::Error,
    },
    /// The log's file.
    #[error("cannot {action} the log: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// Why not.
        source: std::io::Error,
    },
    /// A record of the log is damaged.
    #[error("the log is damaged at byte {offset}")]
    Damaged {
        /// Where.
        offset: u64,
    },
    /// RocksDB's list of its files is damaged.
    #[error("{} is damaged at byte {offset}", file.display())]
    Manifest {
        /// The file.
        file: std::path::PathBuf,
        /// Where.
        offset: u64,
    },
    /// A column family that the files lack.
    #[error("column family `{0}` is missing")]
    NoColumn(&'static str),
}

/// What a scan is told with each row: go on, or stop.
pub type GoOn = bool;

/// Reading, of the newest state or of a snapshot.
pub trait KvRead: Send + Sync {
    /// The value of a key.
    fn get(&self, column: Column, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError>;

    /// The values of keys in rising order.
    fn get_sorted(&self, column: Column, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, EngineError> {
        keys.iter().map(|key| self.get(column, key)).collect()
    }

    /// Calls `each` with rows in order of their keys, from the first key at or after `from`, while it says true.
    fn scan(&self, column: Column, from: &[u8], each: &mut dyn FnMut(&[u8], &[u8]) -> GoOn) -> Result<(), EngineError>;
}

/// A store of rows in column families.
///
/// A batch takes effect as a whole. What is written survives the process's end only after [`KvEngine::flush`]; what
/// a crash leaves is the state after some batch, at or after the last flush, with no batch before it missing.
pub trait KvEngine: KvRead {
    /// Applies a batch.
    fn write(&self, batch: &Batch) -> Result<(), EngineError>;
    /// The state as it is now, for as long as the snapshot lives.
    fn snapshot(&self) -> Arc<dyn KvRead>;
    /// Makes everything written so far durable.
    fn flush(&self) -> Result<(), EngineError>;
    /// Ends work in the background: the files stay as they are until the next write.
    fn settle(&self) {}
    /// Names of the finished tables that the state consists of, if it is kept in tables.
    fn tables(&self) -> Result<Vec<String>, EngineError> {
        Ok(Vec::new())
    }
}

#[cfg(test)]
#[path = "engine/suite_test.rs"]
mod suite_test;
