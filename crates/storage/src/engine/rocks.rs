//! The state in RocksDB.

use std::path::Path;
use std::sync::Arc;

use rocksdb::{
    ColumnFamily, DB, DBIterator, Direction, FlushOptions, IteratorMode, ReadOptions, WriteBatch, WriteOptions,
};

use super::manifest;
use super::rocks_options;
use super::rocks_snapshot::RocksSnapshot;
use super::{Batch, EngineError, GoOn, KvEngine, KvRead};
use crate::column_families::Column;
use crate::options::Options;

/// RocksDB without a log of its own: durable up to the last flush, rebuilt from the segments from there.
pub struct RocksEngine {
    db: Arc<DB>,
    writes: WriteOptions,
}

fn failed(action: &'static str) -> impl FnOnce(rocksdb::Error) -> EngineError {
    move |source| EngineError::RocksDb { action, source }
}

impl RocksEngine {
    /// Opens or makes the store in a folder.
    pub fn open(dir: &Path, settings: &Options) -> Result<Self, EngineError> {
        manifest::check(dir)?;
        let db = DB::open_cf_descriptors(&rocks_options::database(), dir, rocks_options::families(settings))
            .map_err(failed("open the state"))?;
        Ok(Self { db: Arc::new(db), writes: rocks_options::writes() })
    }

    /// Opens the store for reading; nothing is written into its folder. RocksDB's own report goes to `reports`.
    pub fn open_read_only(dir: &Path, reports: &Path, settings: &Options) -> Result<Self, EngineError> {
        manifest::check(dir)?;
        let mut options = rocks_options::database();
        options.create_if_missing(false);
        options.create_missing_column_families(false);
        options.set_db_log_dir(reports);
        let db = DB::open_cf_descriptors_read_only(&options, dir, rocks_options::families(settings), false)
            .map_err(failed("open the state"))?;
        Ok(Self { db: Arc::new(db), writes: rocks_options::writes() })
    }
}

pub(super) fn family(db: &DB, column: Column) -> Result<&ColumnFamily, EngineError> {
    db.cf_handle(column.name()).ok_or(EngineError::NoColumn(column.name()))
}

pub(super) fn get_rows(
    db: &DB,
    column: Column,
    keys: &[Vec<u8>],
    options: &ReadOptions,
) -> Result<Vec<Option<Vec<u8>>>, EngineError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let found = db.batched_multi_get_cf_opt(family(db, column)?, keys, true, options).into_iter();
    found.map(|row| row.map(|value| value.map(|v| v.to_vec()))).collect::<Result<_, _>>().map_err(failed("read rows"))
}

pub(super) fn scan_rows(rows: DBIterator<'_>, each: &mut dyn FnMut(&[u8], &[u8]) -> GoOn) -> Result<(), EngineError> {
    for row in rows {
        let (key, value) = row.map_err(failed("scan rows"))?;
        if !each(&key, &value) {
            break;
        }
    }
    Ok(())
}

impl KvRead for RocksEngine {
    fn get(&self, column: Column, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        self.db.get_cf(family(&self.db, column)?, key).map_err(failed("read a row"))
    }

    fn get_sorted(&self, column: Column, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, EngineError> {
        get_rows(&self.db, column, keys, &ReadOptions::default())
    }

    fn scan(&self, column: Column, from: &[u8], each: &mut dyn FnMut(&[u8], &[u8]) -> GoOn) -> Result<(), EngineError> {
        let mut options = ReadOptions::default();
        options.set_verify_checksums(true);
        let mode = IteratorMode::From(from, Direction::Forward);
        scan_rows(self.db.iterator_cf_opt(family(&self.db, column)?, options, mode), each)
    }
}

impl KvEngine for RocksEngine {
    fn write(&self, batch: &Batch) -> Result<(), EngineError> {
        let families: Vec<&ColumnFamily> =
            Column::ALL.into_iter().map(|column| family(&self.db, column)).collect::<Result<_, _>>()?;
        let mut rows = WriteBatch::with_capacity_bytes(batch.bytes() + 8 * batch.len() + 16);
        for (column, key, value) in batch.rows() {
            match value {
                Some(value) => rows.put_cf(families[column as usize], key, value),
                None => rows.delete_cf(families[column as usize], key),
            }
        }
        self.db.write_opt(rows, &self.writes).map_err(failed("write a batch"))
    }

    fn snapshot(&self) -> Arc<dyn KvRead> {
        Arc::new(RocksSnapshot::take(Arc::clone(&self.db)))
    }

    fn flush(&self) -> Result<(), EngineError> {
        let families: Vec<&ColumnFamily> =
            Column::ALL.into_iter().map(|column| family(&self.db, column)).collect::<Result<_, _>>()?;
        let mut options = FlushOptions::default();
        options.set_wait(true);
        self.db.flush_cfs_opt(&families, &options).map_err(failed("flush the state"))
    }

    fn settle(&self) {
        self.db.cancel_all_background_work(true);
    }

    fn tables(&self) -> Result<Vec<String>, EngineError> {
        let live = self.db.live_files().map_err(failed("list the tables of the state"))?;
        Ok(live.into_iter().map(|table| table.name.trim_start_matches('/').to_owned()).collect())
    }
}
