//! The last statement a validator signed, in two slots written in turn: a torn write leaves the one before.
//!
//! A slot: `u64 number | u32 length | bytes | u32 CRC32 of all before`, at 0 and at 2048.

use std::path::{Path, PathBuf};

use crate::disk::{Disk, DiskFile};
use crate::error::{AtPath, StoreError};
use crate::planted::{self, Bug};

const SLOT: usize = 2_048;
const HEAD: usize = 12;

/// The open file.
pub(crate) struct VoteGuard {
    file: Box<dyn DiskFile>,
    path: PathBuf,
    number: u64,
}

impl VoteGuard {
    /// Opens it, or makes an empty one; with the newest statement.
    pub(crate) fn open(disk: &dyn Disk, path: &Path) -> Result<(Self, Option<Vec<u8>>), StoreError> {
        let file = disk.create(path).at("make", path)?;
        if file.size().at("measure", path)? < 2 * SLOT as u64 {
            file.set_len(2 * SLOT as u64).at("allocate", path)?;
            file.sync().at("sync", path)?;
            disk.sync_dir(path.parent().unwrap_or(path)).at("sync", path)?;
        }
        let mut bytes = [0; 2 * SLOT];
        file.read_at(0, &mut bytes).at("read", path)?;
        let newest = bytes.chunks(SLOT).filter_map(decode).max_by_key(|(number, _)| *number);
        let (number, statement) = newest.map_or((0, None), |(number, statement)| (number, Some(statement)));
        Ok((Self { file, path: path.to_owned(), number }, statement))
    }

    /// Replaces the statement, durably.
    pub(crate) fn write(&mut self, statement: &[u8]) -> Result<(), StoreError> {
        self.number += 1;
        let mut slot = Vec::with_capacity(SLOT);
        slot.extend_from_slice(&self.number.to_le_bytes());
        slot.extend_from_slice(&u32::try_from(statement.len()).unwrap_or(u32::MAX).to_le_bytes());
        slot.extend_from_slice(statement);
        slot.extend_from_slice(&crc32fast::hash(&slot).to_le_bytes());
        if slot.len() > SLOT {
            let source = std::io::Error::from(std::io::ErrorKind::FileTooLarge);
            return Err(source).at("write to", &self.path);
        }
        let at = (self.number % 2) * SLOT as u64;
        self.file.write_at(at, &slot).at("write to", &self.path)?;
        if planted::is_on(Bug::GuardUnsynced) {
            return Ok(());
        }
        self.file.sync().at("sync", &self.path)
    }
}

fn decode(slot: &[u8]) -> Option<(u64, Vec<u8>)> {
    let number = u64::from_le_bytes(slot.get(..8)?.try_into().ok()?);
    let len = u32::from_le_bytes(slot.get(8..HEAD)?.try_into().ok()?) as usize;
    let end = HEAD.checked_add(len)?;
    let crc = u32::from_le_bytes(slot.get(end..end + 4)?.try_into().ok()?);
    (number > 0 && crc32fast::hash(&slot[..end]) == crc).then(|| (number, slot[HEAD..end].to_vec()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::disk::MemoryDisk;

    #[test]
    fn a_torn_slot_leaves_the_statement_before() {
        let disk = MemoryDisk::new();
        let path = Path::new("/g/guard");
        disk.create_dir_all(path.parent().unwrap()).unwrap();
        let (mut guard, none) = VoteGuard::open(&disk, path).unwrap();
        assert_eq!(none, None);
        for i in 1..=5u8 {
            guard.write(&[i; 100]).unwrap();
        }
        assert!(guard.write(&[0; SLOT]).is_err());
        drop(guard);
        disk.flip(path, SLOT + 50, 1).unwrap();
        assert_eq!(VoteGuard::open(&disk, path).unwrap().1, Some(vec![4; 100]));
        disk.flip(path, 50, 1).unwrap();
        assert_eq!(VoteGuard::open(&disk, path).unwrap().1, None);
    }
}
