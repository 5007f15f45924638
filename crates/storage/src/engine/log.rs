//! The log store: batches appended to one file, an index in memory. Small, and on any [`Disk`].
//!
//! File: 8 bytes `TAXLOG\0\1`, then records of `u32 length | u32 CRC32 of the payload | payload`. Payload: rows of
//! `u8 column | u8 1 = put, 0 = remove | u32 key length | u32 value length | key | value`, all little-endian. A record
//! with the payload `FLUSHED\0 | u64 its own offset` says that all before it was synced: damage there is no torn tail.

use std::ops::Bound;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::log_index::{LogIndex, Place};
use super::{Batch, EngineError, GoOn, KvEngine, KvRead};
use crate::column_families::Column;
use crate::disk::{Disk, DiskFile, read_whole, replace_whole};

const MAGIC: &[u8; 8] = b"TAXLOG\0\x01";
const RECORD_HEAD: usize = 8;
const ROW_HEAD: usize = 10;
/// Rows fetched at once by a scan, without holding up the writer for longer.
const SCAN_STEP: usize = 256;
/// A log with less than this much waste is not rewritten.
const WASTE: u64 = 1 << 20;

/// Rows in a log with an index in memory.
pub struct LogEngine {
    shared: Arc<Shared>,
}

struct Shared {
    file: Box<dyn DiskFile>,
    index: RwLock<LogIndex>,
    end: Mutex<End>,
}

/// Where the next record goes, and up to where all is synced.
struct End {
    at: u64,
    flushed: u64,
}

struct LogSnapshot {
    shared: Arc<Shared>,
    as_of: u64,
}

fn io_failed(action: &'static str) -> impl Fn(std::io::Error) -> EngineError {
    move |source| EngineError::Io { action, source }
}

impl LogEngine {
    /// Opens or makes the log in a folder. A last record that a crash tore is cut off; a damaged one before others is
    /// an error.
    pub fn open(disk: &Arc<dyn Disk>, dir: &Path) -> Result<Self, EngineError> {
        let path = dir.join("rows.log");
        if !disk.exists(&path) {
            disk.create_dir_all(dir).map_err(io_failed("make the folder of"))?;
            replace_whole(disk.as_ref(), &path, MAGIC).map_err(io_failed("begin"))?;
        }
        let engine = Self::read(disk, &path, true)?;
        let (live, end) = (engine.shared.index().live_bytes(), engine.shared.end().at);
        if end > WASTE && live < end / 2 { engine.rewrite(disk, &path) } else { Ok(engine) }
    }

    /// Opens the log for reading; nothing is written.
    pub fn open_read_only(disk: &Arc<dyn Disk>, dir: &Path) -> Result<Self, EngineError> {
        Self::read(disk, &dir.join("rows.log"), false)
    }

    fn read(disk: &Arc<dyn Disk>, path: &Path, cut: bool) -> Result<Self, EngineError> {
        let bytes = read_whole(disk.as_ref(), path).map_err(io_failed("read"))?;
        if !bytes.starts_with(MAGIC) {
            return Err(EngineError::Damaged { offset: 0 });
        }
        let mut index = LogIndex::default();
        let mut at = MAGIC.len();
        while let Some(payload) = record(&bytes, at) {
            if payload != flush_mark(at as u64) {
                index_record(&mut index, at, payload).ok_or(EngineError::Damaged { offset: at as u64 })?;
                index.batch += 1;
            }
            at += RECORD_HEAD + payload.len();
        }
        if (at..bytes.len()).any(|later| record(&bytes, later).is_some_and(|p| p == flush_mark(later as u64))) {
            return Err(EngineError::Damaged { offset: at as u64 });
        }
        let file = disk.open(path).map_err(io_failed("open"))?;
        if cut && at < bytes.len() {
            file.set_len(at as u64).map_err(io_failed("cut"))?;
            file.sync().map_err(io_failed("sync"))?;
        }
        let shared = Shared { file, index: RwLock::new(index), end: Mutex::new(End { at: at as u64, flushed: 0 }) };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Leaves out what was overwritten.
    fn rewrite(self, disk: &Arc<dyn Disk>, path: &Path) -> Result<Self, EngineError> {
        let mut batch = Batch::default();
        for column in Column::ALL {
            self.scan(column, &[], &mut |key, value| {
                batch.put(column, key, value);
                true
            })?;
        }
        let mut bytes = MAGIC.to_vec();
        bytes.extend(encode(&batch));
        drop(self);
        replace_whole(disk.as_ref(), path, &bytes).map_err(io_failed("rewrite"))?;
        Self::read(disk, path, true)
    }
}

/// The payload of the whole record at a place, if there is one. None is empty, or lost writes (zeros) would pass.
fn record(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let head = bytes.get(at..at + RECORD_HEAD)?;
    let len = u32::from_le_bytes(head[..4].try_into().ok()?) as usize;
    let payload = bytes.get(at + RECORD_HEAD..at + RECORD_HEAD + len)?;
    (!payload.is_empty() && crc32fast::hash(payload).to_le_bytes() == head[4..]).then_some(payload)
}

fn encode(batch: &Batch) -> Vec<u8> {
    let mut out = vec![0; RECORD_HEAD];
    for (column, key, value) in batch.rows() {
        let len = |part: &[u8]| u32::try_from(part.len()).expect("rows are far below 4 GiB").to_le_bytes();
        out.extend_from_slice(&[column as u8, u8::from(value.is_some())]);
        out.extend_from_slice(&len(key));
        out.extend_from_slice(&len(value.unwrap_or_default()));
        out.extend_from_slice(key);
        out.extend_from_slice(value.unwrap_or_default());
    }
    sealed(out)
}

/// Fills in the head of a record.
fn sealed(mut record: Vec<u8>) -> Vec<u8> {
    let len = u32::try_from(record.len() - RECORD_HEAD).expect("batches are far below 4 GiB");
    let crc = crc32fast::hash(&record[RECORD_HEAD..]);
    record[..4].copy_from_slice(&len.to_le_bytes());
    record[4..RECORD_HEAD].copy_from_slice(&crc.to_le_bytes());
    record
}

fn flush_mark(at: u64) -> [u8; 16] {
    let mut mark = *b"FLUSHED\0........";
    mark[8..].copy_from_slice(&at.to_le_bytes());
    mark
}

/// Enters the rows of a record that stands at `at`; `None` if they are not rows.
fn index_record(index: &mut LogIndex, at: usize, payload: &[u8]) -> Option<()> {
    let mut rest = payload;
    while !rest.is_empty() {
        let head = rest.get(..ROW_HEAD)?;
        let column = *Column::ALL.get(usize::from(head[0]))?;
        let key_len = u32::from_le_bytes(head[2..6].try_into().ok()?) as usize;
        let len = u32::from_le_bytes(head[6..10].try_into().ok()?);
        let key = rest.get(ROW_HEAD..ROW_HEAD + key_len)?;
        let start = payload.len() - rest.len() + ROW_HEAD + key_len;
        rest = rest.get(ROW_HEAD + key_len + len as usize..)?;
        let place = Place { offset: (at + RECORD_HEAD + start) as u64, len };
        index.set(column, key, (head[1] == 1).then_some(place));
    }
    Some(())
}

impl Shared {
    fn index(&self) -> std::sync::RwLockReadGuard<'_, LogIndex> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn index_mut(&self) -> std::sync::RwLockWriteGuard<'_, LogIndex> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self) -> MutexGuard<'_, End> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn value(&self, place: Place) -> Result<Vec<u8>, EngineError> {
        let mut value = vec![0; place.len as usize];
        self.file.read_at(place.offset, &mut value).map_err(io_failed("read"))?;
        Ok(value)
    }

    fn get(&self, column: Column, key: &[u8], as_of: u64) -> Result<Option<Vec<u8>>, EngineError> {
        let place = self.index().get(column, key, as_of);
        place.map(|place| self.value(place)).transpose()
    }

    fn scan(
        &self,
        column: Column,
        from: &[u8],
        as_of: u64,
        each: &mut dyn FnMut(&[u8], &[u8]) -> GoOn,
    ) -> Result<(), EngineError> {
        let (mut rows, mut last) = self.index().rows(column, Bound::Included(from), as_of, SCAN_STEP);
        loop {
            for (key, place) in rows {
                if !each(&key, &self.value(place)?) {
                    return Ok(());
                }
            }
            let Some(after) = last else { return Ok(()) };
            (rows, last) = self.index().rows(column, Bound::Excluded(&after), as_of, SCAN_STEP);
        }
    }
}

impl KvRead for LogEngine {
    fn get(&self, column: Column, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        self.shared.get(column, key, u64::MAX)
    }

    fn scan(&self, column: Column, from: &[u8], each: &mut dyn FnMut(&[u8], &[u8]) -> GoOn) -> Result<(), EngineError> {
        let now = self.snapshot();
        now.scan(column, from, each)
    }
}

impl KvEngine for LogEngine {
    fn write(&self, batch: &Batch) -> Result<(), EngineError> {
        if batch.is_empty() {
            return Ok(());
        }
        let record = encode(batch);
        let mut end = self.shared.end();
        self.shared.file.write_at(end.at, &record).map_err(io_failed("append to"))?;
        let mut index = self.shared.index_mut();
        let at = usize::try_from(end.at).map_err(|_| EngineError::Damaged { offset: end.at })?;
        index_record(&mut index, at, &record[RECORD_HEAD..]).ok_or(EngineError::Damaged { offset: end.at })?;
        index.batch += 1;
        end.at += record.len() as u64;
        Ok(())
    }

    fn snapshot(&self) -> Arc<dyn KvRead> {
        let as_of = self.shared.index_mut().open_snapshot();
        Arc::new(LogSnapshot { shared: Arc::clone(&self.shared), as_of })
    }

    fn flush(&self) -> Result<(), EngineError> {
        let mut end = self.shared.end();
        if end.flushed == end.at {
            return Ok(());
        }
        self.shared.file.sync().map_err(io_failed("sync"))?;
        let mark = sealed([&[0; RECORD_HEAD], flush_mark(end.at).as_slice()].concat());
        self.shared.file.write_at(end.at, &mark).map_err(io_failed("append to"))?;
        end.at += mark.len() as u64;
        end.flushed = end.at;
        Ok(())
    }
}

impl KvRead for LogSnapshot {
    fn get(&self, column: Column, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        self.shared.get(column, key, self.as_of)
    }

    fn scan(&self, column: Column, from: &[u8], each: &mut dyn FnMut(&[u8], &[u8]) -> GoOn) -> Result<(), EngineError> {
        self.shared.scan(column, from, self.as_of, each)
    }
}

impl Drop for LogSnapshot {
    fn drop(&mut self) {
        self.shared.index_mut().close_snapshot(self.as_of);
    }
}
