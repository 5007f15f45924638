//! What a chain's data begin with, where that is not the genesis document.

use std::sync::Arc;

use ledger_types::{CommitCertificate, Height};
use proofs::snapshot::{ChunkName, Manifest};

use super::SnapshotFolder;
use crate::disk::Disk;
use crate::error::StoreError;
use crate::layout::ChainDir;

/// The snapshot that a chain's data begin with.
#[derive(Clone, Debug)]
pub(crate) struct Base {
    /// Blocks up to this one are not kept.
    pub(crate) height: Height,
    /// Certificates that the newest of them carry.
    carried: Vec<CommitCertificate>,
}

impl Base {
    pub(crate) fn folder(disk: &Arc<dyn Disk>, dir: &ChainDir) -> SnapshotFolder {
        SnapshotFolder::new(Arc::clone(disk), &dir.base(), String::new())
    }

    /// Reads it; none in a folder that begins with the genesis document.
    pub(crate) fn read(disk: &Arc<dyn Disk>, dir: &ChainDir) -> Result<Option<Self>, StoreError> {
        let folder = Self::folder(disk, dir);
        if !folder.has(ChunkName::Manifest) {
            return Ok(None);
        }
        let Manifest { height, carried, .. } = folder.manifest()?;
        Ok(Some(Self { height, carried }))
    }

    /// The certificate that a block of it carries, for the newest ones.
    pub(crate) fn carried(&self, block: Height) -> Option<CommitCertificate> {
        self.carried.iter().find(|certificate| certificate.height.next() == block).cloned()
    }
}
