//! A copy of a chain's blocks, made while its node runs. State, pages and votes are left out: the first two are made
//! again from the blocks, and old votes are of no use.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use ledger_types::{ChainId, Height};

use crate::disk::{Disk, Held, RealDisk};
use crate::error::{AtPath, StoreError};
use crate::guard;
use crate::layout::{ChainDir, FORMAT};

/// An order of erasure takes 100 frames to be written anew; longer than this the disk does not work.
const LONGEST_ERASURE: Duration = Duration::from_secs(60);

/// What was copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backup {
    /// The chain.
    pub chain: ChainId,
    /// Every block up to this one is in the copy, perhaps more.
    pub height: Height,
    /// Bytes written.
    pub bytes: u64,
}

/// Copies the blocks of the chain in the data folder `data` into the new folder `to`. Started on the copy, a node has
/// these blocks, and gets the later ones from its peers.
///
/// # Errors
/// [`StoreError::NoChain`]; [`StoreError::Format`]; [`StoreError::Io`], also if `to` is there already.
pub fn backup(data: &Path, to: &Path) -> Result<Backup, StoreError> {
    let format = data.join("format");
    let found = fs::read_to_string(&format).map_err(|_| StoreError::NoChain(data.to_owned()))?;
    if found != FORMAT {
        let found = found.trim_end().to_owned();
        return Err(StoreError::Format { path: format, found, supported: FORMAT.trim_end() });
    }
    let chains = data.join("chains");
    let (chain, from) = only_chain(&chains)?.ok_or_else(|| StoreError::NoChain(data.to_owned()))?;
    let target = ChainDir::at(to.join("chains").join(chain.to_string()));
    fs::create_dir(to).at("create", to)?;
    fs::create_dir_all(target.segments()).at("create", target.path())?;
    let _held = hold(&from)?;
    // The guard first: it must not remember a block that comes after the copy of its segment.
    let guarded = fs::read(from.guard()).at("read", &from.guard())?;
    let height = guard::records(&guarded).into_iter().flatten().map(|g| g.height).max().unwrap_or(Height(0));
    write(&target.guard(), &guarded)?;
    let mut bytes = guarded.len() as u64;
    for name in names(&from.segments())? {
        bytes += copy_whole(&from.segments().join(&name), &target.segments().join(&name))?;
    }
    // Left by a crash: whoever opens the copy ends it.
    if from.erasing().exists() {
        bytes += copy_whole(&from.erasing(), &target.erasing())?;
    }
    if from.base().exists() {
        fs::create_dir_all(target.base()).at("create", &target.base())?;
        for name in names(&from.base())? {
            bytes += copy_whole(&from.base().join(&name), &target.base().join(&name))?;
        }
    }
    let genesis = fs::read(from.genesis()).at("read", &from.genesis())?;
    write(&to.join("format"), FORMAT.as_bytes())?;
    write(&to.join("lock"), &[])?;
    // Last: a folder without it is no chain.
    write(&target.genesis(), &genesis)?;
    for folder in [&target.segments(), target.path(), to] {
        File::open(folder).and_then(|f| f.sync_all()).at("sync", folder)?;
    }
    Ok(Backup { chain, height, bytes })
}

/// Keeps the node from replacing frames while they are copied; an erasure under way is waited for.
fn hold(from: &ChainDir) -> Result<Box<dyn Held>, StoreError> {
    let lock = from.erasing_lock();
    let deadline = Instant::now() + LONGEST_ERASURE;
    loop {
        match RealDisk.lock(&lock) {
            Err(e) if e.kind() == ErrorKind::WouldBlock && Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(50));
            }
            other => return other.at("lock", &lock),
        }
    }
}

fn only_chain(chains: &Path) -> Result<Option<(ChainId, ChainDir)>, StoreError> {
    let mut found = Vec::new();
    for name in names(chains)? {
        let dir = ChainDir::at(chains.join(&name));
        if let (Ok(chain), true) = (name.parse(), dir.genesis().exists()) {
            found.push((chain, dir));
        }
    }
    match found.len() {
        0 | 1 => Ok(found.pop()),
        _ => Err(StoreError::SeveralChains {
            dir: chains.to_owned(),
            found: found.into_iter().map(|(chain, _)| chain).collect(),
        }),
    }
}

/// The names in a folder, in order.
fn names(folder: &Path) -> Result<Vec<String>, StoreError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).at("list", folder)? {
        names.extend(entry.at("list", folder)?.file_name().into_string());
    }
    names.sort_unstable();
    Ok(names)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    File::create_new(path).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all())).at("write", path)
}

/// Copies a file; what is zero stays unwritten, because a segment's tail is allocated ahead.
fn copy_whole(from: &Path, to: &Path) -> Result<u64, StoreError> {
    let mut source = File::open(from).at("open", from)?;
    let mut target = File::create_new(to).at("create", to)?;
    let (mut buffer, mut length, mut written) = (vec![0; 1 << 20], 0, 0);
    loop {
        let read = source.read(&mut buffer).at("read", from)?;
        if read == 0 {
            break;
        }
        if buffer[..read].iter().any(|b| *b != 0) {
            target.seek(SeekFrom::Start(length)).and_then(|_| target.write_all(&buffer[..read])).at("write", to)?;
            written += read as u64;
        }
        length += read as u64;
    }
    target.set_len(length).and_then(|()| target.sync_all()).at("sync", to)?;
    Ok(written)
}
