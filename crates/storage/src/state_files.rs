//! `checkpoint.sums`: length and CRC32 of every file of RocksDB at the last checkpoint. RocksDB checks the blocks it
//! reads; this covers every byte. Deliberate changes are found by the roots, accidents by this.
//!
//! While the node runs, tables come and go and MANIFEST grows, so an unfinished list holds for the files that are still
//! there, and for the beginning of MANIFEST. A list written at the end of a run is complete.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use borsh::{BorshDeserialize, BorshSerialize};
use ledger_types::Canonical;

use crate::disk::{Disk, read_whole, replace_whole};
use crate::error::{AtPath, StoreError, damaged};

/// A file's length and CRC32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct FileSum {
    pub(crate) len: u64,
    pub(crate) crc: u32,
}

/// The list.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct FileSums {
    /// Format version, 1.
    pub(crate) version: u16,
    /// True if nothing was written afterwards.
    pub(crate) complete: bool,
    /// By name.
    pub(crate) files: BTreeMap<String, FileSum>,
}

/// Keeps the list of a state folder.
pub(crate) struct StateFiles {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    list: PathBuf,
    /// Tables never change: each is read once.
    tables: Mutex<BTreeMap<String, FileSum>>,
}

const VERSION: u16 = 1;

/// Files beside the tables that RocksDB needs. Tables are named by the engine: others in the folder are unfinished or
/// no longer used.
fn is_needed(name: &str) -> bool {
    name == "CURRENT" || name == "IDENTITY" || name.starts_with("MANIFEST") || name.starts_with("OPTIONS")
}

/// Grows while the node runs.
pub(crate) fn grows(name: &str) -> bool {
    name.starts_with("MANIFEST")
}

/// Length and checksum of a file, or of its first `most` bytes; none if it is gone.
pub(crate) fn sum_of(path: &Path, most: u64) -> Result<Option<FileSum>, StoreError> {
    match fs::read(path) {
        Ok(bytes) => {
            let len = bytes.len().min(usize::try_from(most).unwrap_or(usize::MAX));
            Ok(Some(FileSum { len: len as u64, crc: crc32fast::hash(&bytes[..len]) }))
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e).at("read", path),
    }
}

/// The list in a file; none if there is no file.
pub(crate) fn read_sums(disk: &dyn Disk, path: &Path) -> Result<Option<FileSums>, StoreError> {
    if !disk.exists(path) {
        return Ok(None);
    }
    let bytes = read_whole(disk, path).at("read", path)?;
    let (body, crc) = bytes.split_last_chunk::<4>().ok_or_else(|| damaged(path, 0, "it is too short"))?;
    if crc32fast::hash(body).to_le_bytes() != *crc {
        return Err(damaged(path, 0, "its checksum is wrong"));
    }
    let sums = FileSums::from_canonical(body).map_err(|e| damaged(path, 0, e.to_string()))?;
    if sums.version == VERSION { Ok(Some(sums)) } else { Err(damaged(path, 0, "its version is not known")) }
}

impl StateFiles {
    pub(crate) fn new(disk: Arc<dyn Disk>, dir: &Path, list: &Path) -> Self {
        Self { disk, dir: dir.to_owned(), list: list.to_owned(), tables: Mutex::default() }
    }

    /// Removes the list: RocksDB is about to change its files.
    pub(crate) fn forget(&self) -> Result<(), StoreError> {
        if self.disk.exists(&self.list) {
            self.disk.remove(&self.list).at("remove", &self.list)?;
            self.disk.sync_dir(self.list.parent().unwrap_or(&self.list)).at("sync", &self.list)?;
        }
        Ok(())
    }

    /// Writes the list anew.
    pub(crate) fn write(&self, tables: &[String], complete: bool) -> Result<(), StoreError> {
        let mut known = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sums = BTreeMap::new();
        for name in tables {
            let sum = match known.get(name) {
                Some(sum) => Some(*sum),
                None => sum_of(&self.dir.join(name), u64::MAX)?,
            };
            sums.extend(sum.map(|sum| (name.clone(), sum)));
        }
        known.clone_from(&sums);
        drop(known);
        for entry in fs::read_dir(&self.dir).at("list", &self.dir)? {
            let name = entry.at("list", &self.dir)?.file_name().into_string().unwrap_or_default();
            if is_needed(&name) {
                sums.extend(sum_of(&self.dir.join(&name), u64::MAX)?.map(|sum| (name, sum)));
            }
        }
        let mut bytes = FileSums { version: VERSION, complete, files: sums }.to_canonical();
        let crc = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        replace_whole(self.disk.as_ref(), &self.list, &bytes).at("write", &self.list)
    }
}
