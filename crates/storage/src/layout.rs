//! Where things are: `<dir>/format`, `<dir>/lock`, and for each chain `<dir>/chains/<chain id>/…`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger_types::{ChainId, Genesis};

use crate::disk::{Disk, Held, read_whole, replace_whole};
use crate::error::{AtPath, StoreError, damaged};

/// What the version file says.
pub(crate) const FORMAT: &str = "taxchain-data 1\n";

/// The folder of one chain.
#[derive(Clone, Debug)]
pub(crate) struct ChainDir {
    path: PathBuf,
}

/// A locked data folder.
pub(crate) struct DataDir {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) path: PathBuf,
    _lock: Box<dyn Held>,
}

impl ChainDir {
    /// That of a chain whose data folder is not locked.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path }
    }
    /// That of a folder of segments.
    pub(crate) fn of_segments(segments: &Path) -> Self {
        Self { path: segments.parent().unwrap_or(segments).to_owned() }
    }
    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
    /// The genesis document. It is written last: a folder without it is no chain.
    pub(crate) fn genesis(&self) -> PathBuf {
        self.path.join("genesis.json")
    }
    /// Folder of the block segments.
    pub(crate) fn segments(&self) -> PathBuf {
        self.path.join("segments")
    }
    /// The guard.
    pub(crate) fn guard(&self) -> PathBuf {
        self.path.join("guard")
    }
    /// Pages of the slot tree.
    pub(crate) fn pages(&self) -> PathBuf {
        self.path.join("pages")
    }
    /// Folder of the state's engine.
    pub(crate) fn state(&self) -> PathBuf {
        self.path.join("state")
    }
    /// Folder of the votes of the height under way.
    pub(crate) fn votes(&self) -> PathBuf {
        self.path.join("votes")
    }
    /// The snapshot that the data begin with, if they do not begin with the genesis document.
    pub(crate) fn base(&self) -> PathBuf {
        self.path.join("base")
    }
    /// Folder of the snapshots that were made.
    pub(crate) fn snapshots(&self) -> PathBuf {
        self.path.join("snapshots")
    }
    /// A frame that is being replaced because of an erasure.
    pub(crate) fn erasing(&self) -> PathBuf {
        self.path.join("erasing")
    }
    /// Held while frames are being replaced, and while they are copied.
    pub(crate) fn erasing_lock(&self) -> PathBuf {
        self.path.join("erasing.lock")
    }
    /// Checksums of the state's files at the last checkpoint.
    pub(crate) fn sums(&self) -> PathBuf {
        self.path.join("checkpoint.sums")
    }
}

impl DataDir {
    /// Takes the folder for this store alone.
    pub(crate) fn lock(disk: Arc<dyn Disk>, path: &Path) -> Result<Self, StoreError> {
        let lock = match disk.lock(&path.join("lock")) {
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => return Err(StoreError::Locked(path.to_owned())),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(StoreError::NoChain(path.to_owned())),
            other => other.at("lock", path)?,
        };
        Ok(Self { disk, path: path.to_owned(), _lock: lock })
    }

    pub(crate) fn format_path(&self) -> PathBuf {
        self.path.join("format")
    }

    /// Writes the version into a new folder, or checks the one that is there.
    pub(crate) fn ensure_format(&self) -> Result<(), StoreError> {
        if self.disk.exists(&self.format_path()) {
            return self.check_format();
        }
        replace_whole(self.disk.as_ref(), &self.format_path(), FORMAT.as_bytes()).at("write", &self.format_path())
    }

    pub(crate) fn check_format(&self) -> Result<(), StoreError> {
        let path = self.format_path();
        if !self.disk.exists(&path) {
            return Err(StoreError::NoChain(self.path.clone()));
        }
        let found = read_whole(self.disk.as_ref(), &path).at("read", &path)?;
        if found == FORMAT.as_bytes() {
            return Ok(());
        }
        let found = String::from_utf8_lossy(&found).trim_end().to_owned();
        Err(StoreError::Format { path, found, supported: FORMAT.trim_end() })
    }

    pub(crate) fn chain(&self, chain: &ChainId) -> ChainDir {
        ChainDir { path: self.path.join("chains").join(chain.to_string()) }
    }

    /// The chain named, or the only one.
    pub(crate) fn find(&self, wanted: Option<ChainId>) -> Result<(ChainId, ChainDir), StoreError> {
        let chains = self.path.join("chains");
        let names = if self.disk.exists(&chains) { self.disk.list(&chains).at("list", &chains)? } else { Vec::new() };
        let mut found: Vec<ChainId> = names.iter().filter_map(|name| name.parse().ok()).collect();
        found.retain(|id| self.disk.exists(&self.chain(id).genesis()) && wanted.is_none_or(|w| w == *id));
        match found[..] {
            [] => Err(StoreError::NoChain(self.path.clone())),
            [only] => Ok((only, self.chain(&only))),
            _ => Err(StoreError::SeveralChains { dir: self.path.clone(), found }),
        }
    }
}

/// The one text of a genesis document on disk.
pub(crate) fn genesis_text(genesis: &Genesis) -> Result<Vec<u8>, StoreError> {
    let mut text = serde_json::to_vec_pretty(genesis).map_err(|e| StoreError::Genesis(e.to_string()))?;
    text.push(b'\n');
    Ok(text)
}

/// Reads a chain's genesis document and holds it against the folder's name.
pub(crate) fn read_genesis(disk: &dyn Disk, path: &Path, chain: &ChainId) -> Result<Genesis, StoreError> {
    let bytes = read_whole(disk, path).at("read", path)?;
    let genesis: Genesis = serde_json::from_slice(&bytes).map_err(|e| damaged(path, 0, e.to_string()))?;
    if genesis.chain_id() != *chain {
        return Err(damaged(path, 0, "it is the genesis document of another chain"));
    }
    if genesis_text(&genesis)? != bytes {
        return Err(damaged(path, 0, "it is not in the form that was written"));
    }
    Ok(genesis)
}
