//! The guard: what was committed last, synced with each block. A node whose segments end before it does not start.
//!
//! Two records of 128 bytes at 0 and 512, written in turn, so that a torn write leaves the one before:
//! `"TXGUARD1" | u64 height | 33 block id | 32 state root | 43 zero | u32 CRC32`.

use std::path::{Path, PathBuf};

use ledger_types::{BlockId, Digest, Height};

use crate::disk::{Disk, DiskFile};
use crate::error::{AtPath, StoreError};

const MAGIC: &[u8; 8] = b"TXGUARD1";
const RECORD: usize = 128;
const STEP: usize = 512;
/// Bytes of the file.
pub(crate) const GUARD_BYTES: usize = 2 * STEP;

/// What was committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Guarded {
    pub(crate) height: Height,
    pub(crate) block: BlockId,
    pub(crate) state_root: Digest,
}

/// The open guard file.
pub(crate) struct Guard {
    file: Box<dyn DiskFile>,
    path: PathBuf,
}

impl Guarded {
    fn encode(&self) -> [u8; RECORD] {
        let mut out = [0; RECORD];
        out[..8].copy_from_slice(MAGIC);
        out[8..16].copy_from_slice(&self.height.0.to_le_bytes());
        out[16..49].copy_from_slice(&self.block.0);
        out[49..81].copy_from_slice(&self.state_root.0);
        let crc = crc32fast::hash(&out[..RECORD - 4]);
        out[RECORD - 4..].copy_from_slice(&crc.to_le_bytes());
        out
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let found = Self {
            height: Height(u64::from_le_bytes(bytes.get(8..16)?.try_into().ok()?)),
            block: BlockId(bytes.get(16..49)?.try_into().ok()?),
            state_root: Digest(bytes.get(49..81)?.try_into().ok()?),
        };
        (bytes.get(..RECORD) == Some(found.encode().as_slice())).then_some(found)
    }
}

/// The records in the bytes of a guard file: even heights first, odd ones second.
pub(crate) fn records(bytes: &[u8]) -> [Option<Guarded>; 2] {
    [0, 1].map(|slot| Guarded::decode(bytes.get(slot * STEP..)?).filter(|found| slot_of(found.height) == slot))
}

/// Whether everything outside the two records is zero.
pub(crate) fn slack_is_zero(bytes: &[u8]) -> bool {
    bytes.len() == GUARD_BYTES && bytes.iter().enumerate().all(|(at, byte)| at % STEP < RECORD || *byte == 0)
}

fn slot_of(height: Height) -> usize {
    usize::from(!height.0.is_multiple_of(2))
}

impl Guard {
    /// Makes the guard of a new chain.
    pub(crate) fn create(disk: &dyn Disk, path: &Path, start: &Guarded) -> Result<(), StoreError> {
        let file = disk.create(path).at("make", path)?;
        file.set_len(0).at("empty", path)?;
        file.set_len(GUARD_BYTES as u64).at("allocate", path)?;
        let guard = Self { file, path: path.to_owned() };
        guard.write(start)?;
        disk.sync_dir(path.parent().unwrap_or(path)).at("sync", path)
    }

    /// Opens it and reads what was committed last.
    pub(crate) fn open(disk: &dyn Disk, path: &Path) -> Result<(Self, Guarded), StoreError> {
        if !disk.exists(path) {
            return Err(StoreError::GuardLost(path.to_owned()));
        }
        let file = disk.open(path).at("open", path)?;
        let mut bytes = [0; GUARD_BYTES];
        if file.size().at("measure", path)? < GUARD_BYTES as u64 {
            return Err(StoreError::GuardLost(path.to_owned()));
        }
        file.read_at(0, &mut bytes).at("read", path)?;
        let newest = records(&bytes).into_iter().flatten().max_by_key(|found| found.height);
        let newest = newest.ok_or_else(|| StoreError::GuardLost(path.to_owned()))?;
        Ok((Self { file, path: path.to_owned() }, newest))
    }

    /// Remembers a height, durably.
    pub(crate) fn write(&self, committed: &Guarded) -> Result<(), StoreError> {
        let at = (slot_of(committed.height) * STEP) as u64;
        self.file.write_at(at, &committed.encode()).at("write to", &self.path)?;
        self.file.sync().at("sync", &self.path)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::disk::MemoryDisk;

    fn at(height: u64) -> Guarded {
        Guarded { height: Height(height), block: BlockId([height as u8; 33]), state_root: Digest([7; 32]) }
    }

    fn disk() -> MemoryDisk {
        let disk = MemoryDisk::new();
        disk.create_dir_all(Path::new("/c")).unwrap();
        disk
    }

    const PATH: &str = "/c/guard";

    #[test]
    fn whenever_the_power_goes_the_guard_knows_the_last_height_or_the_one_before() {
        for cut in 1..6 {
            for seed in 0..40 {
                let disk = disk();
                Guard::create(&disk, Path::new(PATH), &at(0)).unwrap();
                let (guard, _) = Guard::open(&disk, Path::new(PATH)).unwrap();
                disk.cut_power_at(disk.changes() + cut);
                let synced = (1..=5).take_while(|height| guard.write(&at(*height)).is_ok()).last().unwrap_or(0);
                let (_, found) = Guard::open(&disk.after_crash(seed), Path::new(PATH)).unwrap();
                assert!(found == at(synced) || found == at(synced + 1), "{found:?} after {synced}");
            }
        }
    }

    #[test]
    fn one_damaged_record_leaves_the_other_and_two_are_an_error() {
        let disk = disk();
        Guard::create(&disk, Path::new(PATH), &at(0)).unwrap();
        let (guard, _) = Guard::open(&disk, Path::new(PATH)).unwrap();
        guard.write(&at(1)).unwrap();
        disk.flip(Path::new(PATH), 512 + 100, 4).unwrap();
        assert_eq!(Guard::open(&disk, Path::new(PATH)).unwrap().1, at(0));
        disk.flip(Path::new(PATH), 9, 4).unwrap();
        assert!(matches!(Guard::open(&disk, Path::new(PATH)), Err(StoreError::GuardLost(_))));
    }
}
