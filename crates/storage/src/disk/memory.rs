//! A disk in memory that loses, tears and refuses like a real one: for simulation and crash tests.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::memory_file::{FileState, MemoryFile, Pending};
use super::{Disk, DiskFile, Held};

/// A disk in memory. Clones share it.
#[derive(Clone, Default)]
pub struct MemoryDisk {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
pub(super) struct Inner {
    pub(super) files: Vec<FileState>,
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    /// Names given and taken since their folder was synced, in order.
    name_changes: Vec<(PathBuf, Option<usize>)>,
    dirs: BTreeSet<PathBuf>,
    locks: BTreeSet<PathBuf>,
    changes: u64,
    fault: Fault,
    dead: bool,
}

/// What goes wrong, at which change (counted from 1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Fault {
    #[default]
    None,
    /// This change fails, as on a full disk; later ones work.
    Refuse(u64),
    /// The power goes during this change; nothing works afterwards.
    PowerCut(u64),
}

/// What a change may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Permit {
    Go,
    /// It reaches the disk's cache, but the caller gets an error.
    ThenDie,
}

impl Inner {
    /// Counts a change and applies the planned fault.
    pub(super) fn permit(&mut self) -> io::Result<Permit> {
        self.alive()?;
        self.changes += 1;
        match self.fault {
            Fault::Refuse(at) if at == self.changes => Err(io::ErrorKind::StorageFull.into()),
            Fault::PowerCut(at) if at == self.changes => {
                self.dead = true;
                Ok(Permit::ThenDie)
            }
            _ => Ok(Permit::Go),
        }
    }

    pub(super) fn alive(&self) -> io::Result<()> {
        if self.dead { Err(power_cut()) } else { Ok(()) }
    }

    fn name(&mut self, path: &Path, file: Option<usize>) {
        match file {
            Some(id) => self.names.insert(path.to_owned(), id),
            None => self.names.remove(path),
        };
        self.name_changes.push((path.to_owned(), file));
    }

    fn id(&self, path: &Path) -> io::Result<usize> {
        self.names.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

pub(super) fn power_cut() -> io::Error {
    io::Error::other("the power is off")
}

fn finish(permit: Permit) -> io::Result<()> {
    match permit {
        Permit::Go => Ok(()),
        Permit::ThenDie => Err(power_cut()),
    }
}

impl MemoryDisk {
    /// An empty disk.
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn lock_inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The files there are, by name.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.lock_inner().names.keys().cloned().collect()
    }

    /// How many changes (writes, cuts, syncs, names) there were.
    pub fn changes(&self) -> u64 {
        self.lock_inner().changes
    }

    /// Lets change number `at` (counted from 1 over the disk's life) fail as on a full disk.
    pub fn refuse_change(&self, at: u64) {
        self.lock_inner().fault = Fault::Refuse(at);
    }

    /// Lets the power go during change number `at`: it fails, and so does everything afterwards.
    pub fn cut_power_at(&self, at: u64) {
        self.lock_inner().fault = Fault::PowerCut(at);
    }

    /// What a machine finds after a power cut now: of all that was not synced, each change is kept, lost or torn as
    /// `seed` decides.
    pub fn after_crash(&self, seed: u64) -> Self {
        let inner = self.lock_inner();
        let mut dice = Dice(seed);
        let kept = usize::try_from(dice.below(inner.name_changes.len() as u64 + 1)).unwrap_or(0);
        let mut names = inner.durable_names.clone();
        for (path, file) in &inner.name_changes[..kept] {
            match file {
                Some(id) => names.insert(path.clone(), *id),
                None => names.remove(path),
            };
        }
        let files: Vec<FileState> = inner.files.iter().map(|f| f.after_crash(&mut dice)).collect();
        let new = Inner { files, durable_names: names.clone(), names, dirs: inner.dirs.clone(), ..Inner::default() };
        Self { inner: Arc::new(Mutex::new(new)) }
    }

    /// A copy of everything as it is, synced or not: what a killed process leaves behind.
    pub fn after_kill(&self) -> Self {
        let inner = self.lock_inner();
        let files = inner.files.iter().map(|f| FileState::durable(f.now.clone())).collect();
        let names = inner.names.clone();
        let new = Inner { files, durable_names: names.clone(), names, dirs: inner.dirs.clone(), ..Inner::default() };
        Self { inner: Arc::new(Mutex::new(new)) }
    }

    /// Changes one stored byte by `xor`, behind everybody's back.
    pub fn flip(&self, path: &Path, offset: usize, xor: u8) -> io::Result<()> {
        let mut inner = self.lock_inner();
        let id = inner.id(path)?;
        inner.files[id].flip(offset, xor)
    }
}

/// Splitmix64: the same seed, the same accidents.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

impl Disk for MemoryDisk {
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        let mut inner = self.lock_inner();
        inner.alive()?;
        inner.dirs.extend(path.ancestors().map(Path::to_owned));
        Ok(())
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut inner = self.lock_inner();
        inner.alive()?;
        if let Ok(id) = inner.id(path) {
            return Ok(Box::new(MemoryFile::new(self.clone(), id)));
        }
        if !path.parent().is_some_and(|dir| inner.dirs.contains(dir)) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let permit = inner.permit()?;
        let id = inner.files.len();
        inner.files.push(FileState::default());
        inner.name(path, Some(id));
        finish(permit)?;
        Ok(Box::new(MemoryFile::new(self.clone(), id)))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let inner = self.lock_inner();
        inner.alive()?;
        let id = inner.id(path)?;
        Ok(Box::new(MemoryFile::new(self.clone(), id)))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let inner = self.lock_inner();
        inner.alive()?;
        if !inner.dirs.contains(dir) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let all = inner.names.keys().chain(&inner.dirs).filter(|p| p.parent() == Some(dir));
        let names: BTreeSet<String> = all.filter_map(|p| p.file_name()?.to_str().map(str::to_owned)).collect();
        Ok(names.into_iter().collect())
    }

    fn exists(&self, path: &Path) -> bool {
        let inner = self.lock_inner();
        inner.names.contains_key(path) || inner.dirs.contains(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut inner = self.lock_inner();
        let id = inner.id(from)?;
        let permit = inner.permit()?;
        inner.name(to, Some(id));
        inner.name(from, None);
        finish(permit)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut inner = self.lock_inner();
        inner.id(path)?;
        let permit = inner.permit()?;
        inner.name(path, None);
        finish(permit)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut inner = self.lock_inner();
        if inner.permit()? == Permit::ThenDie {
            return Err(power_cut());
        }
        let (synced, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut inner.name_changes).into_iter().partition(|(path, _)| path.parent() == Some(dir));
        inner.name_changes = rest;
        for (path, file) in synced {
            match file {
                Some(id) => inner.durable_names.insert(path, id),
                None => inner.durable_names.remove(&path),
            };
        }
        Ok(())
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Held>> {
        let mut inner = self.lock_inner();
        inner.alive()?;
        if !inner.locks.insert(path.to_owned()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(MemoryLock { disk: self.clone(), path: path.to_owned() }))
    }
}

struct MemoryLock {
    disk: MemoryDisk,
    path: PathBuf,
}

impl Held for MemoryLock {}

impl Drop for MemoryLock {
    fn drop(&mut self) {
        self.disk.lock_inner().locks.remove(&self.path);
    }
}

/// Applies a change to file contents.
pub(super) fn apply(contents: &mut Vec<u8>, change: &Pending, bytes_kept: usize) {
    match change {
        Pending::Write { offset, bytes } => {
            let end = offset + bytes_kept;
            if contents.len() < end {
                contents.resize(end, 0);
            }
            contents[*offset..end].copy_from_slice(&bytes[..bytes_kept]);
        }
        Pending::Len(len) => contents.resize(*len, 0),
    }
}

#[cfg(test)]
#[path = "memory_test.rs"]
mod memory_test;
