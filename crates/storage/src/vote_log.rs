//! What a validator must not forget between two blocks: its own votes, what it saw, and the bodies of proposed blocks.
//!
//! `votes/<height>.log`, one file for each height under way: records of
//! `u32 length of what follows the checksum | u32 CRC32 of it | u8 kind | bytes`, appended in order and synced before
//! anything leaves the node that rests on them. The height before the one under way is kept too, older ones are
//! removed: the block segments have what was decided. `votes/guard` has the last statement that was signed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger_types::Height;

use crate::disk::{Disk, DiskFile, read_whole};
use crate::error::{AtPath, StoreError};
use crate::planted::{self, Bug};
use crate::vote_guard::VoteGuard;

/// Heads of records: length and checksum.
const HEAD: usize = 8;
/// Longest record: a block's body and some.
const MAX_RECORD: usize = 64 << 20;

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoteRecord {
    /// The height it is about.
    pub height: Height,
    /// What it is; the caller's numbers.
    pub kind: u8,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What was found at a start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptVotes {
    /// The last statement that was signed.
    pub guard: Option<Vec<u8>>,
    /// The records of the last two heights, in order.
    pub records: Vec<VoteRecord>,
}

/// The log of the height under way, and the guard.
pub struct VoteLog {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    path: PathBuf,
    file: Box<dyn DiskFile>,
    end: u64,
    /// Something was added since the last sync.
    unsynced: bool,
    /// Something that must be durable before anything leaves.
    owed: bool,
    guard: VoteGuard,
}

impl VoteLog {
    /// Opens the log of a height, with what is kept; a record that a crash tore off at the end is cut.
    pub(crate) fn open(disk: Arc<dyn Disk>, dir: &Path, height: Height) -> Result<(Self, KeptVotes), StoreError> {
        disk.create_dir_all(dir).at("make", dir)?;
        let (guard, guarded) = VoteGuard::open(disk.as_ref(), &dir.join("guard"))?;
        let mut kept = KeptVotes { guard: guarded, records: Vec::new() };
        if let Some(before) = height.0.checked_sub(1).map(Height) {
            kept.records.extend(read(disk.as_ref(), dir, before)?.0);
        }
        let (records, end) = read(disk.as_ref(), dir, height)?;
        kept.records.extend(records);
        let (path, file) = start_file(disk.as_ref(), dir, height, end)?;
        let log = Self { disk, dir: dir.to_owned(), path, file, end, unsynced: false, owed: false, guard };
        log.remove_before(height)?;
        Ok((log, kept))
    }

    /// Goes on to another height: that before it is kept, all others are gone.
    pub fn begin(&mut self, height: Height) -> Result<(), StoreError> {
        let (_, end) = read(self.disk.as_ref(), &self.dir, height)?;
        (self.path, self.file) = start_file(self.disk.as_ref(), &self.dir, height, end)?;
        (self.end, self.unsynced, self.owed) = (end, false, false);
        self.remove_before(height)
    }

    /// Adds a record; durable after [`VoteLog::sync`].
    pub fn append(&mut self, kind: u8, bytes: &[u8]) -> Result<(), StoreError> {
        self.append_known(kind, bytes)?;
        self.owed = true;
        Ok(())
    }

    /// Adds a record that says what the guard says already: nobody has to wait for it, until the next guard.
    pub fn append_known(&mut self, kind: u8, bytes: &[u8]) -> Result<(), StoreError> {
        let mut body = Vec::with_capacity(1 + bytes.len());
        body.push(kind);
        body.extend_from_slice(bytes);
        let len = u32::try_from(body.len()).unwrap_or(u32::MAX);
        let mut record = Vec::with_capacity(HEAD + body.len());
        record.extend_from_slice(&len.to_le_bytes());
        record.extend_from_slice(&crc32fast::hash(&body).to_le_bytes());
        record.extend_from_slice(&body);
        self.file.write_at(self.end, &record).at("write to", &self.path)?;
        self.end += record.len() as u64;
        self.unsynced = true;
        Ok(())
    }

    /// Remembers the last statement that was signed, durably, and before it all that was added: a statement whose
    /// grounds a power cut took could not be come to again, and its signer would have to stay silent.
    pub fn guard(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        if planted::is_on(Bug::NoVoteGuard) {
            return Ok(());
        }
        if !planted::is_on(Bug::GuardBeforeGrounds) {
            self.sync_all()?;
        }
        self.guard.write(bytes)
    }

    /// Makes what was added durable, but for what the guard knows.
    pub fn sync(&mut self) -> Result<(), StoreError> {
        if self.owed { self.sync_all() } else { Ok(()) }
    }

    fn sync_all(&mut self) -> Result<(), StoreError> {
        if self.unsynced && !planted::is_on(Bug::VoteLogUnsynced) {
            self.file.sync().at("sync", &self.path)?;
            (self.unsynced, self.owed) = (false, false);
        }
        Ok(())
    }

    fn remove_before(&self, height: Height) -> Result<(), StoreError> {
        let keep = [height.0, height.0.saturating_sub(1)].map(|h| name_of(Height(h)));
        for name in self.disk.list(&self.dir).at("list", &self.dir)? {
            if name.ends_with(".log") && !keep.contains(&name) {
                let path = self.dir.join(name);
                self.disk.remove(&path).at("remove", &path)?;
            }
        }
        Ok(())
    }
}

fn name_of(height: Height) -> String {
    format!("{:020}.log", height.0)
}

fn start_file(
    disk: &dyn Disk,
    dir: &Path,
    height: Height,
    end: u64,
) -> Result<(PathBuf, Box<dyn DiskFile>), StoreError> {
    let path = dir.join(name_of(height));
    let file = disk.create(&path).at("make", &path)?;
    file.set_len(end).at("cut", &path)?;
    file.sync().at("sync", &path)?;
    disk.sync_dir(dir).at("sync", dir)?;
    Ok((path, file))
}

/// The whole records of a height from the start, and where they end.
fn read(disk: &dyn Disk, dir: &Path, height: Height) -> Result<(Vec<VoteRecord>, u64), StoreError> {
    let path = dir.join(name_of(height));
    let bytes = if disk.exists(&path) { read_whole(disk, &path).at("read", &path)? } else { Vec::new() };
    Ok(decode(height, &bytes))
}

fn decode(height: Height, bytes: &[u8]) -> (Vec<VoteRecord>, u64) {
    let (mut records, mut at) = (Vec::new(), 0);
    while let Some((kind, body)) = bytes.get(at..).and_then(record_at) {
        at += HEAD + 1 + body.len();
        records.push(VoteRecord { height, kind, bytes: body.to_vec() });
    }
    (records, at as u64)
}

fn record_at(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let len = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
    let crc = u32::from_le_bytes(bytes.get(4..HEAD)?.try_into().ok()?);
    if !(1..=MAX_RECORD).contains(&len) {
        return None;
    }
    let body = bytes.get(HEAD..HEAD + len)?;
    if crc32fast::hash(body) != crc {
        return None;
    }
    body.split_first().map(|(kind, rest)| (*kind, rest))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::disk::MemoryDisk;

    const DIR: &str = "/c/votes";

    fn open(disk: &MemoryDisk, height: u64) -> (VoteLog, KeptVotes) {
        VoteLog::open(Arc::new(disk.clone()), Path::new(DIR), Height(height)).unwrap()
    }

    fn record(height: u64, kind: u8, bytes: &str) -> VoteRecord {
        VoteRecord { height: Height(height), kind, bytes: bytes.into() }
    }

    #[test]
    fn what_was_synced_is_there_again_in_order() {
        let disk = MemoryDisk::new();
        let (mut log, empty) = open(&disk, 7);
        assert_eq!(empty, KeptVotes::default());
        log.guard(b"signed 1").unwrap();
        log.append(1, b"1").unwrap();
        log.append(2, b"").unwrap();
        log.append(1, &[9; 5_000]).unwrap();
        log.guard(b"signed 2, longer").unwrap();
        log.sync().unwrap();
        drop(log);
        let (_, kept) = open(&disk, 7);
        assert_eq!(kept.guard.as_deref(), Some(b"signed 2, longer".as_slice()));
        assert_eq!(kept.records[..2], [record(7, 1, "1"), record(7, 2, "")]);
        assert_eq!((kept.records.len(), kept.records[2].bytes.len()), (3, 5_000));
    }

    #[test]
    fn no_power_cut_leaves_a_statement_without_its_grounds() {
        for seed in 0..20 {
            let disk = MemoryDisk::new();
            let (mut log, _) = open(&disk, 7);
            log.append(1, b"a proposal").unwrap();
            log.guard(b"my prevote").unwrap();
            log.append_known(1, b"my prevote").unwrap();
            log.sync().unwrap();
            let after_prevote = disk.after_crash(seed);
            log.append(1, b"their prevotes").unwrap();
            log.guard(b"my precommit").unwrap();
            let after_precommit = disk.after_crash(seed);
            drop(log);
            let (_, kept) = open(&after_prevote, 7);
            assert_eq!(kept.guard.as_deref(), Some(b"my prevote".as_slice()));
            assert_eq!(kept.records[0], record(7, 1, "a proposal"));
            let (_, kept) = open(&after_precommit, 7);
            assert_eq!(kept.guard.as_deref(), Some(b"my precommit".as_slice()));
            let words: Vec<_> = kept.records.iter().map(|r| std::str::from_utf8(&r.bytes).unwrap()).collect();
            assert_eq!(words, ["a proposal", "my prevote", "their prevotes"]);
        }
    }

    #[test]
    fn the_height_before_is_kept_and_older_ones_are_gone() {
        let disk = MemoryDisk::new();
        let (mut log, _) = open(&disk, 7);
        log.append(1, b"seven").unwrap();
        log.begin(Height(8)).unwrap();
        log.append(1, b"eight").unwrap();
        log.sync().unwrap();
        drop(log);
        let (mut log, kept) = open(&disk, 8);
        assert_eq!(kept.records, [record(7, 1, "seven"), record(8, 1, "eight")]);
        log.begin(Height(9)).unwrap();
        drop(log);
        assert_eq!(open(&disk, 9).1.records, [record(8, 1, "eight")]);
    }

    #[test]
    fn every_cut_leaves_whole_records_and_every_flip_ends_them() {
        let disk = MemoryDisk::new();
        let (mut log, _) = open(&disk, 1);
        for i in 0..3u8 {
            log.append(i, &[i; 11]).unwrap();
        }
        log.sync().unwrap();
        drop(log);
        let whole = read_whole(&disk, &Path::new(DIR).join(name_of(Height(1)))).unwrap();
        for cut in 0..whole.len() {
            let (records, end) = decode(Height(1), &whole[..cut]);
            assert_eq!((records.len(), end as usize), (cut / 20, cut / 20 * 20));
        }
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            assert_eq!(decode(Height(1), &bytes).0.len(), at / 20, "flip at {at}");
        }
    }
}
