//! The frame that is being replaced: in the file `erasing` until it is whole in its segment.
//!
//! `"TXERASE1" | u32 segment | u64 offset | u32 length | bytes of the new frame | u32 CRC32 of all before`, little-endian.

use std::path::Path;

use crate::disk::{Disk, read_whole};
use crate::error::{AtPath, StoreError};
use crate::layout::ChainDir;
use crate::segment::{Place, segment_path};

const MAGIC: &[u8; 8] = b"TXERASE1";
const HEAD: usize = 24;

/// A frame and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Journal {
    pub(crate) place: Place,
    pub(crate) bytes: Vec<u8>,
}

impl Journal {
    fn encode(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend_from_slice(&self.place.segment.to_le_bytes());
        out.extend_from_slice(&self.place.offset.to_le_bytes());
        out.extend_from_slice(&self.place.len.to_le_bytes());
        out.extend_from_slice(&self.bytes);
        out.extend_from_slice(&crc32fast::hash(&out).to_le_bytes());
        out
    }

    /// What the bytes say, if they are whole: one that is not was never acted on.
    fn decode(bytes: &[u8]) -> Option<Self> {
        let (body, crc) = bytes.split_last_chunk::<4>()?;
        let (head, frame) = body.split_first_chunk::<HEAD>()?;
        if crc32fast::hash(body) != u32::from_le_bytes(*crc) || head[..8] != *MAGIC {
            return None;
        }
        let place = Place {
            segment: u32::from_le_bytes(head[8..12].try_into().ok()?),
            offset: u64::from_le_bytes(head[12..20].try_into().ok()?),
            len: u32::from_le_bytes(head[20..24].try_into().ok()?),
        };
        (frame.len() == place.len as usize).then(|| Self { place, bytes: frame.to_vec() })
    }

    /// Keeps it, durably.
    pub(crate) fn write(&self, disk: &dyn Disk, dir: &ChainDir) -> Result<(), StoreError> {
        let path = dir.erasing();
        let file = disk.create(&path).at("make", &path)?;
        file.set_len(0).at("empty", &path)?;
        file.write_at(0, &self.encode()).at("write to", &path)?;
        file.sync().at("sync", &path)?;
        disk.sync_dir(dir.path()).at("sync", dir.path())
    }

    /// It is done.
    pub(crate) fn remove(disk: &dyn Disk, dir: &ChainDir) -> Result<(), StoreError> {
        let path = dir.erasing();
        disk.remove(&path).at("remove", &path)?;
        disk.sync_dir(dir.path()).at("sync", dir.path())
    }

    /// What a crash left; none if nothing was to be replaced, or that had not begun.
    pub(crate) fn read(disk: &dyn Disk, path: &Path) -> Result<Option<Self>, StoreError> {
        if !disk.exists(path) {
            return Ok(None);
        }
        Ok(Self::decode(&read_whole(disk, path).at("read", path)?))
    }

    /// Ends what a crash cut off. Says whether there was anything.
    pub(crate) fn finish(disk: &dyn Disk, dir: &ChainDir) -> Result<bool, StoreError> {
        let path = dir.erasing();
        if !disk.exists(&path) {
            return Ok(false);
        }
        if let Some(Self { place, bytes }) = Self::read(disk, &path)? {
            let segment = segment_path(&dir.segments(), place.segment);
            let file = disk.open(&segment).at("open", &segment)?;
            file.write_at(place.offset, &bytes).at("write to", &segment)?;
            file.sync().at("sync", &segment)?;
        }
        Self::remove(disk, dir).map(|()| true)
    }
}
