//! Reads frames at known places; used by many threads.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::frame_code::{self, StoredFrame};
use super::{Place, segment_path};
use crate::disk::{Disk, DiskFile};
use crate::error::{AtPath, StoreError, damaged};

/// Open segments, by number.
pub(crate) struct SegmentReader {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    files: Mutex<BTreeMap<u32, Arc<dyn DiskFile>>>,
}

impl SegmentReader {
    pub(crate) fn new(disk: Arc<dyn Disk>, dir: &Path) -> Self {
        Self { disk, dir: dir.to_owned(), files: Mutex::default() }
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

    pub(crate) fn path(&self, place: Place) -> PathBuf {
        segment_path(&self.dir, place.segment)
    }

    /// The frame at a place.
    pub(crate) fn read(&self, place: Place) -> Result<StoredFrame, StoreError> {
        let path = self.path(place);
        let mut bytes = vec![0; place.len as usize];
        self.file(place.segment)?.read_at(place.offset, &mut bytes).at("read", &path)?;
        frame_code::decode(&bytes).map_err(|what| damaged(&path, place.offset, what))
    }
}
