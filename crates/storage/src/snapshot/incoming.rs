//! A snapshot on its way into an empty data folder. Until the genesis document stands beside it there is no chain.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger_types::{ChainId, Genesis};
use proofs::header_chain::Check;

use super::{Base, SnapshotFolder};
use crate::create;
use crate::disk::{Disk, RealDisk};
use crate::error::{AtPath, StoreError};
use crate::layout::DataDir;
use crate::options::Options;
use crate::recovery;
use crate::store::Store;

/// A data folder that waits for its snapshot, locked.
pub struct Incoming {
    data: DataDir,
    chain: ChainId,
    folder: SnapshotFolder,
}

impl Incoming {
    /// Begins, or goes on with what was stored of it before.
    ///
    /// # Errors
    /// [`StoreError::ChainExists`], [`StoreError::Locked`], and errors of the disk.
    pub fn open(disk: Arc<dyn Disk>, path: &Path, chain: ChainId) -> Result<Self, StoreError> {
        disk.create_dir_all(path).at("make", path)?;
        let data = DataDir::lock(disk, path)?;
        data.ensure_format()?;
        let dir = data.chain(&chain);
        if data.disk.exists(&dir.genesis()) {
            return Err(StoreError::ChainExists { dir: path.to_owned(), chain });
        }
        let folder = Base::folder(&data.disk, &dir);
        data.disk.create_dir_all(folder.dir()).at("make", folder.dir())?;
        Ok(Self { data, chain, folder })
    }

    /// The same on the real disk.
    pub fn real(path: &Path, chain: ChainId) -> Result<Self, StoreError> {
        Self::open(Arc::new(RealDisk), path, chain)
    }

    /// Where its chunks go.
    pub fn folder(&self) -> &SnapshotFolder {
        &self.folder
    }

    /// Forgets it: the chain begins with the genesis document.
    pub fn abandon(self) -> Result<(), StoreError> {
        self.folder.clear()
    }

    /// Checks everything that was stored, makes a chain of it and opens that. With [`Check::Form`] the signatures of
    /// the headers' certificates are taken for checked.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with the chunk that does not hold; the folder holds no chain then.
    pub fn finish(self, genesis: &Genesis, check: Check, options: Options) -> Result<Store, StoreError> {
        let verified = super::verify(&self.folder, genesis, check)?;
        let options = Options { chain: Some(self.chain), ..options };
        create::create_on_base(&self.data, genesis, &verified, &options)?;
        Ok(recovery::open(self.data, options)?.0)
    }

    /// A copy of a snapshot in a folder of its own, as [`SnapshotFolder::copy_to`] made it, to begin with.
    pub fn take_from(&self, path: &Path) -> Result<(), StoreError> {
        self.folder.clear()?;
        SnapshotFolder::new(Arc::clone(&self.data.disk), path, String::new()).copy_to(&self.folder)
    }
}

/// A folder of its own for a copy of a snapshot, on the real disk.
pub fn copy_folder(path: PathBuf) -> SnapshotFolder {
    SnapshotFolder::new(Arc::new(RealDisk), &path, String::new())
}
