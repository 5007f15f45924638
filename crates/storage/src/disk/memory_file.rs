//! Files of the disk in memory: what is in the cache, what is on the medium.

use std::io;

use super::DiskFile;
use super::memory::{Dice, MemoryDisk, Permit, apply, power_cut};

/// A change that is not synced.
#[derive(Clone)]
pub(super) enum Pending {
    Write { offset: usize, bytes: Vec<u8> },
    Len(usize),
}

#[derive(Default)]
pub(super) struct FileState {
    /// What readers see.
    pub(super) now: Vec<u8>,
    synced: Vec<u8>,
    pending: Vec<Pending>,
}

impl FileState {
    pub(super) fn durable(contents: Vec<u8>) -> Self {
        Self { now: contents.clone(), synced: contents, pending: Vec::new() }
    }

    /// Each unsynced change is kept whole, lost, or torn after some bytes.
    pub(super) fn after_crash(&self, dice: &mut Dice) -> Self {
        let mut contents = self.synced.clone();
        for change in &self.pending {
            let whole = match change {
                Pending::Write { bytes, .. } => bytes.len(),
                Pending::Len(_) => 0,
            };
            match dice.below(3) {
                0 => apply(&mut contents, change, whole),
                1 if whole > 0 => {
                    let kept = usize::try_from(dice.below(whole as u64)).unwrap_or(0);
                    apply(&mut contents, change, kept);
                }
                _ => {}
            }
        }
        Self::durable(contents)
    }

    pub(super) fn flip(&mut self, offset: usize, xor: u8) -> io::Result<()> {
        for contents in [&mut self.now, &mut self.synced] {
            *contents.get_mut(offset).ok_or(io::ErrorKind::UnexpectedEof)? ^= xor;
        }
        Ok(())
    }

    fn change(&mut self, change: Pending) {
        let whole = match &change {
            Pending::Write { bytes, .. } => bytes.len(),
            Pending::Len(_) => 0,
        };
        apply(&mut self.now, &change, whole);
        self.pending.push(change);
    }

    fn sync(&mut self) {
        for change in std::mem::take(&mut self.pending) {
            let whole = match &change {
                Pending::Write { bytes, .. } => bytes.len(),
                Pending::Len(_) => 0,
            };
            apply(&mut self.synced, &change, whole);
        }
    }
}

/// An open file of the disk in memory.
pub(super) struct MemoryFile {
    disk: MemoryDisk,
    id: usize,
}

impl MemoryFile {
    pub(super) fn new(disk: MemoryDisk, id: usize) -> Self {
        Self { disk, id }
    }

    fn change(&self, change: Pending) -> io::Result<()> {
        let mut inner = self.disk.lock_inner();
        let permit = inner.permit()?;
        inner.files[self.id].change(change);
        match permit {
            Permit::Go => Ok(()),
            Permit::ThenDie => Err(power_cut()),
        }
    }
}

fn place(offset: u64) -> io::Result<usize> {
    usize::try_from(offset).map_err(|_| io::ErrorKind::FileTooLarge.into())
}

impl DiskFile for MemoryFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let inner = self.disk.lock_inner();
        inner.alive()?;
        let start = place(offset)?;
        let found = inner.files[self.id].now.get(start..start + buffer.len());
        buffer.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.change(Pending::Write { offset: place(offset)?, bytes: bytes.to_vec() })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(Pending::Len(place(len)?))
    }

    fn size(&self) -> io::Result<u64> {
        let inner = self.disk.lock_inner();
        inner.alive()?;
        Ok(inner.files[self.id].now.len() as u64)
    }

    fn sync(&self) -> io::Result<()> {
        let mut inner = self.disk.lock_inner();
        if inner.permit()? == Permit::ThenDie {
            return Err(power_cut());
        }
        inner.files[self.id].sync();
        Ok(())
    }
}
