//! The snapshots that a node has made: `snapshots/<height>-<chunk>`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger_types::{ChainId, Height};
use proofs::snapshot::ChunkName;

use super::SnapshotFolder;
use crate::disk::{Disk, RealDisk};
use crate::error::{AtPath, StoreError};
use crate::layout::ChainDir;

/// Where a chain's snapshots are.
#[derive(Clone)]
pub struct Shelf {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
}

impl Shelf {
    /// That of a chain in a data folder.
    pub fn of_chain(disk: Arc<dyn Disk>, data: &Path, chain: &ChainId) -> Self {
        let dir = ChainDir::at(data.join("chains").join(chain.to_string())).snapshots();
        Self { disk, dir }
    }

    /// The same on the real disk.
    pub fn real(data: &Path, chain: &ChainId) -> Self {
        Self::of_chain(Arc::new(RealDisk), data, chain)
    }

    /// The heights of whole snapshots, the newest first.
    pub fn heights(&self) -> Result<Vec<Height>, StoreError> {
        let mut found: Vec<Height> =
            self.begun()?.into_iter().filter(|h| self.at(*h).has(ChunkName::Manifest)).collect();
        found.sort_unstable_by_key(|height| std::cmp::Reverse(*height));
        Ok(found)
    }

    /// The snapshot of a height, whole or not.
    pub fn at(&self, height: Height) -> SnapshotFolder {
        SnapshotFolder::new(Arc::clone(&self.disk), &self.dir, format!("{:012}-", height.0))
    }

    /// Makes the folder.
    pub(crate) fn prepare(&self) -> Result<(), StoreError> {
        self.disk.create_dir_all(&self.dir).at("make", &self.dir)
    }

    /// Removes all but the newest `keep` whole snapshots; what was begun and not ended goes too.
    pub fn prune(&self, keep: usize) -> Result<(), StoreError> {
        let kept: Vec<Height> = self.heights()?.into_iter().take(keep).collect();
        for height in self.begun()? {
            if !kept.contains(&height) {
                self.at(height).clear()?;
            }
        }
        Ok(())
    }

    fn begun(&self) -> Result<Vec<Height>, StoreError> {
        if !self.disk.exists(&self.dir) {
            return Ok(Vec::new());
        }
        let names = self.disk.list(&self.dir).at("list", &self.dir)?;
        let mut heights: Vec<Height> =
            names.iter().filter_map(|name| name.split_once('-')?.0.parse().ok().map(Height)).collect();
        heights.sort_unstable();
        heights.dedup();
        Ok(heights)
    }
}
