//! The files of one snapshot.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger_types::Canonical;
use proofs::snapshot::{Chunk, ChunkName, Manifest};

use super::chunk_file;
use crate::disk::{Disk, read_whole, replace_whole};
use crate::error::{AtPath, StoreError, damaged};

/// A snapshot's files: one a chunk, their names behind a prefix that sets snapshots in one folder apart.
#[derive(Clone)]
pub struct SnapshotFolder {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    prefix: String,
}

impl SnapshotFolder {
    pub(crate) fn new(disk: Arc<dyn Disk>, dir: &Path, prefix: String) -> Self {
        Self { disk, dir: dir.to_owned(), prefix }
    }

    pub(crate) fn disk(&self) -> &Arc<dyn Disk> {
        &self.disk
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where a chunk is.
    pub fn path(&self, name: ChunkName) -> PathBuf {
        self.dir.join(format!("{}{name}", self.prefix))
    }

    /// Whether a chunk is there.
    pub fn has(&self, name: ChunkName) -> bool {
        self.disk.exists(&self.path(name))
    }

    /// A chunk's bytes as they travel; none if it is not there.
    pub fn bytes(&self, name: ChunkName) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.path(name);
        if !self.disk.exists(&path) {
            return Ok(None);
        }
        read_whole(self.disk.as_ref(), &path).at("read", &path).map(Some)
    }

    /// The same, if its checksum says that it is what was written.
    ///
    /// # Errors
    /// [`StoreError::Damaged`].
    pub fn sound_bytes(&self, name: ChunkName) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(bytes) = self.bytes(name)? else { return Ok(None) };
        chunk_file::decode(&bytes).map_err(|what| damaged(&self.path(name), 0, what))?;
        Ok(Some(bytes))
    }

    /// Writes a chunk's bytes as they came, durably.
    pub fn put(&self, name: ChunkName, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.path(name);
        replace_whole(self.disk.as_ref(), &path, bytes).at("write", &path)
    }

    /// The same with a chunk's contents.
    pub fn put_chunk(&self, name: ChunkName, chunk: &Chunk) -> Result<(), StoreError> {
        let bytes = chunk_file::encode(&chunk.to_canonical()).map_err(StoreError::Change)?;
        self.put(name, &bytes)
    }

    pub(crate) fn put_manifest(&self, manifest: &Manifest) -> Result<(), StoreError> {
        let bytes = chunk_file::encode(&manifest.to_canonical()).map_err(StoreError::Change)?;
        self.put(ChunkName::Manifest, &bytes)
    }

    /// A chunk; its root is not looked at.
    ///
    /// # Errors
    /// [`StoreError::Damaged`], also if it is missing.
    pub fn chunk(&self, name: ChunkName) -> Result<Chunk, StoreError> {
        let bytes = self.present(name)?;
        chunk_file::decode_chunk(name, &bytes).map_err(|e| damaged(&self.path(name), 0, e.to_string()))
    }

    /// The manifest; whether it is true is not looked at.
    ///
    /// # Errors
    /// As for a chunk.
    pub fn manifest(&self) -> Result<Manifest, StoreError> {
        let bytes = self.present(ChunkName::Manifest)?;
        chunk_file::decode_manifest(&bytes).map_err(|e| damaged(&self.path(ChunkName::Manifest), 0, e.to_string()))
    }

    fn present(&self, name: ChunkName) -> Result<Vec<u8>, StoreError> {
        self.bytes(name)?.ok_or_else(|| damaged(&self.path(name), 0, "it is missing"))
    }

    /// Removes a chunk, if it is there.
    pub fn remove(&self, name: ChunkName) -> Result<(), StoreError> {
        let path = self.path(name);
        if self.disk.exists(&path) {
            self.disk.remove(&path).at("remove", &path)?;
        }
        Ok(())
    }

    /// Removes all of the snapshot, its manifest first: without it there is none.
    pub fn clear(&self) -> Result<(), StoreError> {
        if !self.disk.exists(&self.dir) {
            return Ok(());
        }
        self.remove(ChunkName::Manifest)?;
        for name in self.disk.list(&self.dir).at("list", &self.dir)? {
            if name.starts_with(&self.prefix) {
                let path = self.dir.join(name);
                self.disk.remove(&path).at("remove", &path)?;
            }
        }
        Ok(())
    }

    /// Bytes of all its files.
    pub fn size(&self) -> Result<u64, StoreError> {
        let names = self.disk.list(&self.dir).at("list", &self.dir)?;
        names.iter().filter(|name| name.starts_with(&self.prefix)).try_fold(0, |sum, name| {
            let path = self.dir.join(name);
            Ok(sum + self.disk.open(&path).at("open", &path)?.size().at("measure", &path)?)
        })
    }

    /// Copies the snapshot, its manifest last.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if a chunk is missing or rotten; errors of either disk.
    pub fn copy_to(&self, to: &Self) -> Result<(), StoreError> {
        let manifest = self.manifest()?;
        to.disk.create_dir_all(&to.dir).at("make", &to.dir)?;
        for name in manifest.chunks().chain([ChunkName::Manifest]) {
            let bytes = self.sound_bytes(name)?.ok_or_else(|| damaged(&self.path(name), 0, "it is missing"))?;
            to.put(name, &bytes)?;
        }
        Ok(())
    }
}
