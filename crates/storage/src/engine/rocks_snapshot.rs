//! A RocksDB snapshot that keeps its database open.

use std::sync::Arc;

use rocksdb::{DB, IteratorMode, ReadOptions, Snapshot};
use self_cell::self_cell;

use super::rocks::{family, get_rows, scan_rows};
use super::{EngineError, GoOn, KvRead};
use crate::column_families::Column;

self_cell!(
    pub(super) struct RocksSnapshot {
        owner: Arc<DB>,
        #[covariant]
        dependent: Snapshot,
    }
);

impl RocksSnapshot {
    pub(super) fn take(db: Arc<DB>) -> Self {
        Self::new(db, |db| db.snapshot())
    }

    fn options(&self) -> ReadOptions {
        let mut options = ReadOptions::default();
        options.set_snapshot(self.borrow_dependent());
        options
    }
}

impl KvRead for RocksSnapshot {
    fn get(&self, column: Column, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        self.borrow_dependent()
            .get_cf(family(self.borrow_owner(), column)?, key)
            .map_err(|source| EngineError::RocksDb { action: "read a row", source })
    }

    fn get_sorted(&self, column: Column, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, EngineError> {
        get_rows(self.borrow_owner(), column, keys, &self.options())
    }

    fn scan(&self, column: Column, from: &[u8], each: &mut dyn FnMut(&[u8], &[u8]) -> GoOn) -> Result<(), EngineError> {
        let mode = IteratorMode::From(from, rocksdb::Direction::Forward);
        let family = family(self.borrow_owner(), column)?;
        scan_rows(self.borrow_dependent().iterator_cf(family, mode), each)
    }
}
