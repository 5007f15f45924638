//! RocksDB's MANIFEST, checked before RocksDB reads it: a flipped type byte in it sends RocksDB 11.8 into an endless
//! loop instead of an error.
//!
//! The file is in RocksDB's log format: blocks of 32 KiB, records of `u32 masked CRC32C of type and payload | u16 length
//! | u8 type | payload`, none across blocks, zeros behind the last of a block that has less than 7 bytes left.

use std::fs;
use std::path::Path;

use super::EngineError;

const BLOCK: usize = 32 << 10;
const HEAD: usize = 7;

/// CRC-32C (Castagnoli), a byte at a time: a MANIFEST has a few KiB.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { c >> 1 ^ 0x82f6_3b78 } else { c >> 1 })
    })
}

/// As RocksDB stores a checksum.
fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

/// Where the first record stands that is not whole. The last may be cut off: a crash does that, and RocksDB copes.
pub(super) fn first_damage(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < bytes.len() {
        let left = BLOCK - at % BLOCK;
        if left < HEAD {
            at += left;
            continue;
        }
        let head = bytes.get(at..at + HEAD)?;
        let len = usize::from(u16::from_le_bytes([head[4], head[5]]));
        if HEAD + len > left || !(1..=4).contains(&head[6]) {
            return Some(at);
        }
        let covered = bytes.get(at + 6..at + HEAD + len)?;
        if masked(crc32c(covered)).to_le_bytes() != head[..4] {
            return Some(at);
        }
        at += HEAD + len;
    }
    None
}

/// Checks the MANIFEST that CURRENT names. Nothing is said of a folder without either: that is RocksDB's to tell.
pub(super) fn check(dir: &Path) -> Result<(), EngineError> {
    let Ok(current) = fs::read_to_string(dir.join("CURRENT")) else { return Ok(()) };
    let file = dir.join(current.trim_end());
    let Ok(bytes) = fs::read(&file) else { return Ok(()) };
    match first_damage(&bytes) {
        Some(offset) => Err(EngineError::Manifest { file, offset: offset as u64 }),
        None => Ok(()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::engine::RocksEngine;
    use crate::options::Options;

    #[test]
    fn crc32c_is_castagnolis() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }

    fn record_end(bytes: &[u8], start: usize) -> usize {
        start + HEAD + usize::from(u16::from_le_bytes([bytes[start + 4], bytes[start + 5]]))
    }

    #[test]
    fn every_flipped_bit_of_a_manifest_is_found_before_rocksdb_sees_it() {
        let folder = tempfile::tempdir().unwrap();
        drop(RocksEngine::open(folder.path(), &Options::small()).unwrap());
        let name = fs::read_to_string(folder.path().join("CURRENT")).unwrap();
        let file = folder.path().join(name.trim_end());
        let sound = fs::read(&file).unwrap();
        assert!(sound.len() > 500 && first_damage(&sound).is_none());
        let next = |start: &usize| Some(record_end(&sound, *start)).filter(|end| *end < sound.len());
        let starts: Vec<usize> = std::iter::successors(Some(0), next).collect();
        for bit in 0..sound.len() * 8 {
            let mut bytes = sound.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            // A length that points beyond the end looks like a cut-off record, as it does to RocksDB.
            let start = *starts.iter().rfind(|start| **start <= bit / 8).unwrap();
            let cut_off = record_end(&bytes, start) > bytes.len();
            let found = first_damage(&bytes);
            assert!(found == Some(start) || (found.is_none() && cut_off), "{bit}");
        }
        let mut bytes = sound;
        let kind = HEAD + usize::from(u16::from_le_bytes([bytes[4], bytes[5]])) + 6;
        bytes[kind] = 5;
        fs::write(&file, bytes).unwrap();
        let opened = RocksEngine::open(folder.path(), &Options::small());
        assert!(matches!(opened.err(), Some(EngineError::Manifest { .. })));
    }
}
