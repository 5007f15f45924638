//! The headers in a file of their own: appended, checksummed, read again at the next start.
//!
//! `TCLIGHT1`, the chain id, then frames: `u32 length | u32 CRC-32 of the length | u32 CRC-32 of the payload | payload`, the
//! payload being the canonical bytes of a list of header entries. A frame is written and synced as a whole before the
//! next, so a damaged last frame was cut off by a crash and goes; one with a whole frame behind it was damaged later.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use ledger_types::{Canonical, ChainId, Height};
use proofs::HeaderEntry;

use super::LightError;

const MAGIC: &[u8; 8] = b"TCLIGHT1";
const FILE_HEAD: usize = 8 + 32;
const FRAME_HEAD: usize = 12;

/// Where the bytes are.
enum Bytes {
    Memory(Vec<u8>),
    File(PathBuf, File),
}

/// All entries, by height.
pub(super) struct HeaderLog {
    bytes: Bytes,
    len: u64,
    /// First height and place of each frame.
    frames: Vec<(Height, u64)>,
    next: Height,
}

impl HeaderLog {
    /// A log that ends with the process.
    pub(super) fn in_memory() -> Self {
        Self { bytes: Bytes::Memory(Vec::new()), len: 0, frames: Vec::new(), next: Height(1) }
    }

    /// Opens or makes the file in a folder, and hands every entry in it to `each`.
    pub(super) fn open(
        folder: &Path,
        chain: &ChainId,
        each: &mut dyn FnMut(&Path, &HeaderEntry) -> Result<(), LightError>,
    ) -> Result<Self, LightError> {
        let path = folder.join("headers.tcl");
        let io = |source| LightError::Io { path: path.clone(), source };
        std::fs::create_dir_all(folder).map_err(io)?;
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(io)?;
        file.try_lock().map_err(|_| LightError::InUse { path: path.clone() })?;
        let head = [MAGIC.as_slice(), &chain.0].concat();
        let mut log = Self { bytes: Bytes::File(path.clone(), file), len: 0, frames: Vec::new(), next: Height(1) };
        let found = log.read(0, FILE_HEAD)?;
        if found.len() < FILE_HEAD && head.starts_with(&found) {
            log.begin(&head, folder)?;
            return Ok(log);
        }
        if found != head {
            return Err(LightError::OtherFile { path });
        }
        log.len = FILE_HEAD as u64;
        log.load(&path, each)?;
        log.cut()?;
        Ok(log)
    }

    /// The bytes at a place, as many as there are.
    fn read(&self, at: u64, most: usize) -> Result<Vec<u8>, LightError> {
        match &self.bytes {
            Bytes::Memory(bytes) => {
                let start = usize::try_from(at).map_or(bytes.len(), |at| at.min(bytes.len()));
                Ok(bytes[start..start.saturating_add(most).min(bytes.len())].to_vec())
            }
            Bytes::File(path, file) => {
                let io = |source: io::Error| LightError::Io { path: path.clone(), source };
                let there = file.metadata().map_err(io)?.len().saturating_sub(at);
                let mut out = vec![0; most.min(usize::try_from(there).unwrap_or(usize::MAX))];
                file.read_exact_at(&mut out, at).map_err(io)?;
                Ok(out)
            }
        }
    }

    /// The payload of a whole frame at a place; none if there is no whole frame.
    fn frame(&self, at: u64) -> Result<Option<Vec<u8>>, LightError> {
        let head = self.read(at, FRAME_HEAD)?;
        let Some(length) = payload_length(&head) else { return Ok(None) };
        let mut frame = self.read(at, FRAME_HEAD.saturating_add(length))?;
        let whole = frame_at(&frame, 0).is_some();
        Ok(whole.then(|| frame.split_off(FRAME_HEAD)))
    }

    fn begin(&mut self, head: &[u8], folder: &Path) -> Result<(), LightError> {
        let Bytes::File(path, file) = &self.bytes else { return Ok(()) };
        let io = |source| LightError::Io { path: path.clone(), source };
        file.set_len(0).map_err(io)?;
        file.write_all_at(head, 0).and_then(|()| file.sync_all()).map_err(io)?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)?;
        self.len = head.len() as u64;
        Ok(())
    }

    fn load(
        &mut self,
        path: &Path,
        each: &mut dyn FnMut(&Path, &HeaderEntry) -> Result<(), LightError>,
    ) -> Result<(), LightError> {
        let damaged = |offset| LightError::Damaged { path: path.to_owned(), offset };
        loop {
            let at = self.len;
            let Some(payload) = self.frame(at)? else {
                let rest = self.read(at, usize::MAX)?;
                let whole_behind = (1..rest.len()).any(|later| frame_at(&rest, later).is_some());
                return if whole_behind { Err(damaged(at)) } else { Ok(()) };
            };
            let entries = Vec::<HeaderEntry>::from_canonical(&payload).map_err(|_| damaged(at))?;
            for entry in &entries {
                each(path, entry)?;
            }
            self.note(at, payload.len(), entries.len());
        }
    }

    fn note(&mut self, at: u64, payload: usize, entries: usize) {
        self.frames.push((self.next, at));
        self.next = Height(self.next.0 + entries as u64);
        self.len = at + (FRAME_HEAD + payload) as u64;
    }

    /// What is behind the last whole frame goes.
    fn cut(&self) -> Result<(), LightError> {
        let Bytes::File(path, file) = &self.bytes else { return Ok(()) };
        let io = |source| LightError::Io { path: path.clone(), source };
        if file.metadata().map_err(io)?.len() > self.len {
            file.set_len(self.len).and_then(|()| file.sync_all()).map_err(io)?;
        }
        Ok(())
    }

    /// The newest height stored.
    pub(super) fn height(&self) -> Height {
        Height(self.next.0 - 1)
    }

    /// Appends entries as one frame; they are on disk when this returns.
    pub(super) fn append(&mut self, entries: &[HeaderEntry]) -> Result<(), LightError> {
        if entries.is_empty() {
            return Ok(());
        }
        let payload = entries.to_vec().to_canonical();
        let frame = [&frame_head(&payload)[..], &payload].concat();
        let at = self.len;
        match &mut self.bytes {
            Bytes::Memory(bytes) => bytes.extend_from_slice(&frame),
            Bytes::File(path, file) => {
                let written = file.set_len(at).and_then(|()| file.write_all_at(&frame, at));
                written
                    .and_then(|()| file.sync_data())
                    .map_err(|source| LightError::Io { path: path.clone(), source })?;
            }
        }
        self.note(at, payload.len(), entries.len());
        Ok(())
    }

    /// The entry of a height, if it is stored.
    pub(super) fn entry(&self, height: Height) -> Result<Option<HeaderEntry>, LightError> {
        if height >= self.next {
            return Ok(None);
        }
        let after = self.frames.partition_point(|(first, _)| *first <= height);
        let Some((first, at)) = after.checked_sub(1).map(|place| self.frames[place]) else { return Ok(None) };
        let payload = self.frame(at)?;
        let entries = payload.and_then(|payload| Vec::<HeaderEntry>::from_canonical(&payload).ok());
        let place = usize::try_from(height.0 - first.0).unwrap_or(usize::MAX);
        let found = entries.and_then(|mut list| (place < list.len()).then(|| list.swap_remove(place)));
        match (found, &self.bytes) {
            (None, Bytes::File(path, _)) => Err(LightError::Damaged { path: path.clone(), offset: at }),
            (found, _) => Ok(found),
        }
    }
}

fn frame_head(payload: &[u8]) -> [u8; FRAME_HEAD] {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes();
    let mut head = [0; FRAME_HEAD];
    head[..4].copy_from_slice(&length);
    head[4..8].copy_from_slice(&crc32fast::hash(&length).to_le_bytes());
    head[8..].copy_from_slice(&crc32fast::hash(payload).to_le_bytes());
    head
}

/// The length that a frame's head gives, if its own checksum holds.
fn payload_length(head: &[u8]) -> Option<usize> {
    let length: [u8; 4] = head.get(..4)?.try_into().ok()?;
    let holds = head.get(4..8)? == crc32fast::hash(&length).to_le_bytes();
    holds.then_some(u32::from_le_bytes(length) as usize)
}

/// The payload of a whole frame at a place.
fn frame_at(content: &[u8], at: usize) -> Option<&[u8]> {
    let head = content.get(at..at.checked_add(FRAME_HEAD)?)?;
    let start = at + FRAME_HEAD;
    let payload = content.get(start..start.checked_add(payload_length(head)?)?)?;
    (!payload.is_empty() && frame_head(payload) == head).then_some(payload)
}

#[cfg(test)]
#[path = "header_log_test.rs"]
mod header_log_test;
