//! The file `pages`: page `id` at byte `id * 4096`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger_types::Height;

use super::PageImage;
use super::page::{PAGE_BYTES, Page, StoredPage};
use crate::disk::{Disk, DiskFile};
use crate::error::{AtPath, StoreError};

/// Pages read at once while loading.
const STEP: u64 = 256;

/// The open file. Clones share it.
#[derive(Clone)]
pub(crate) struct PageFile {
    file: Arc<dyn DiskFile>,
    path: PathBuf,
    /// Pages stamped later are from a checkpoint that was not completed.
    trusted: Height,
}

/// All pages in order.
pub(crate) struct AllPages<'a> {
    file: &'a PageFile,
    count: u64,
    next: u64,
    size: u64,
    buffer: Vec<u8>,
    /// The first page in the buffer.
    first: u64,
}

impl PageFile {
    pub(crate) fn open(disk: &dyn Disk, path: &Path) -> Result<Self, StoreError> {
        let file = disk.create(path).at("open", path)?;
        Ok(Self { file: Arc::from(file), path: path.to_owned(), trusted: Height(0) })
    }

    pub(crate) fn set_trusted(&mut self, height: Height) {
        self.trusted = height;
    }

    fn size(&self) -> Result<u64, StoreError> {
        self.file.size().at("measure", &self.path)
    }

    /// A page, if it is there, whole and trusted.
    pub(crate) fn read(&self, id: u64) -> Result<Option<Page>, StoreError> {
        if (id + 1) * PAGE_BYTES as u64 > self.size()? {
            return Ok(None);
        }
        let mut bytes = [0; PAGE_BYTES];
        self.file.read_at(id * PAGE_BYTES as u64, &mut bytes).at("read", &self.path)?;
        Ok(Page::decode(&bytes, id).filter(|found| found.height <= self.trusted).map(|found| found.page))
    }

    /// All of the first `count` pages.
    pub(crate) fn read_all(&self, count: u64) -> Result<AllPages<'_>, StoreError> {
        Ok(AllPages { file: self, count, next: 0, size: self.size()?, buffer: Vec::new(), first: 0 })
    }

    /// Writes pages and makes them durable.
    pub(crate) fn write(&self, pages: &[PageImage]) -> Result<(), StoreError> {
        for (id, bytes) in pages {
            self.file.write_at(id * PAGE_BYTES as u64, bytes).at("write to", &self.path)?;
        }
        self.file.sync().at("sync", &self.path)
    }
}

impl AllPages<'_> {
    /// The next page, if it is there and whole.
    pub(crate) fn next_page(&mut self) -> Result<Option<StoredPage>, StoreError> {
        let id = self.next;
        self.next += 1;
        let end = (id + 1) * PAGE_BYTES as u64;
        if end > self.size {
            return Ok(None);
        }
        if self.buffer.is_empty() || id >= self.first + STEP {
            let step = STEP.min(self.count - id).min((self.size - id * PAGE_BYTES as u64) / PAGE_BYTES as u64);
            self.buffer.resize(usize::try_from(step).unwrap_or(0) * PAGE_BYTES, 0);
            self.first = id;
            self.file.file.read_at(id * PAGE_BYTES as u64, &mut self.buffer).at("read", &self.file.path)?;
        }
        let at = usize::try_from(id - self.first).unwrap_or(0) * PAGE_BYTES;
        Ok(self.buffer.get(at..at + PAGE_BYTES).and_then(|bytes| Page::decode(bytes, id)))
    }
}
