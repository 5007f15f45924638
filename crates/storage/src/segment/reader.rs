//! Reads frames at known places; used by many threads.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::frame_code::{self, StoredFrame};
use super::{Place, segment_path};
use crate::disk::{Disk, DiskFile};
use crate::error::{AtPath, StoreError, damaged};

/// Open segments, by number.
pub(crate) struct SegmentReader {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    files: Mutex<BTreeMap<u32, Arc<dyn DiskFile>>>,
    /// Held for writing while a frame is being replaced: nobody reads one that is half there.
    in_place: RwLock<()>,
}

impl SegmentReader {
    pub(crate) fn new(disk: Arc<dyn Disk>, dir: &Path) -> Self {
        Self { disk, dir: dir.to_owned(), files: Mutex::default(), in_place: RwLock::default() }
    }

    fn file(&self, number: u32) -> Result<Arc<dyn DiskFile>, StoreError> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = files.get(&number) {
            return Ok(Arc::clone(file));
        }
        let path = segment_path(&self.dir, number);
        let file: Arc<dyn DiskFile> = Arc::from(self.disk.open(&path).at("open", &path)?);
        files.insert(number, Arc::clone(&file));
        Ok(file)
    }

    pub(crate) fn disk(&self) -> Arc<dyn Disk> {
        Arc::clone(&self.disk)
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn path(&self, place: Place) -> PathBuf {
        segment_path(&self.dir, place.segment)
    }

    /// Keeps frames as they are while it is held.
    pub(crate) fn hold(&self) -> RwLockReadGuard<'_, ()> {
        self.in_place.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps others from reading while it is held.
    pub(crate) fn exclude(&self) -> RwLockWriteGuard<'_, ()> {
        self.in_place.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The frame at a place.
    pub(crate) fn read(&self, place: Place) -> Result<StoredFrame, StoreError> {
        let _held = self.hold();
        self.read_held(place)
    }

    /// Replaces a frame by one of the same length, durably. The caller excluded readers and can do it again after a crash.
    pub(crate) fn replace(&self, place: Place, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.path(place);
        let file = self.file(place.segment)?;
        file.write_at(place.offset, bytes).at("write to", &path)?;
        file.sync().at("sync", &path)
    }

    /// The frame at a place, for a caller that holds frames as they are.
    pub(crate) fn read_held(&self, place: Place) -> Result<StoredFrame, StoreError> {
        let path = self.path(place);
        let mut bytes = vec![0; place.len as usize];
        self.file(place.segment)?.read_at(place.offset, &mut bytes).at("read", &path)?;
        frame_code::decode(&bytes).map_err(|what| damaged(&path, place.offset, what))
    }
}
