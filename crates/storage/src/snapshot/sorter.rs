//! Sorts more rows than memory holds: by buckets in one file, each sorted by itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::disk::{Disk, DiskFile};
use crate::error::{AtPath, StoreError};

/// How many buckets there are.
pub(crate) const BUCKETS: usize = 256;
/// Bytes of a bucket that are written at once.
const PART: usize = 32 << 10;

/// A run of a bucket in the file.
type Run = (u64, usize);

/// Rows by bucket, on their way to disk.
pub(crate) struct Sorter {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    file: Box<dyn DiskFile>,
    end: u64,
    open: Vec<Vec<u8>>,
    runs: Vec<Vec<Run>>,
}

impl Sorter {
    /// Begins with an empty file, which is removed at the end.
    pub(crate) fn new(disk: Arc<dyn Disk>, path: &Path) -> Result<Self, StoreError> {
        let file = disk.create(path).at("make", path)?;
        file.set_len(0).at("empty", path)?;
        let (open, runs) = (vec![Vec::new(); BUCKETS], vec![Vec::new(); BUCKETS]);
        Ok(Self { disk, path: path.to_owned(), file, end: 0, open, runs })
    }

    /// Puts a row into a bucket.
    pub(crate) fn put(&mut self, bucket: usize, row: &[u8]) -> Result<(), StoreError> {
        let open = &mut self.open[bucket.min(BUCKETS - 1)];
        let len = u32::try_from(row.len()).map_err(|_| StoreError::Change("a row is too long".to_owned()))?;
        open.extend_from_slice(&len.to_le_bytes());
        open.extend_from_slice(row);
        if open.len() < PART {
            return Ok(());
        }
        let part = std::mem::take(open);
        self.file.write_at(self.end, &part).at("write to", &self.path)?;
        self.runs[bucket.min(BUCKETS - 1)].push((self.end, part.len()));
        self.end += part.len() as u64;
        Ok(())
    }

    /// The rows of a bucket, in the order in which they came.
    pub(crate) fn take(&mut self, bucket: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut bytes = Vec::new();
        for (at, len) in std::mem::take(&mut self.runs[bucket]) {
            let from = bytes.len();
            bytes.resize(from + len, 0);
            self.file.read_at(at, &mut bytes[from..]).at("read", &self.path)?;
        }
        bytes.append(&mut self.open[bucket]);
        let (mut rows, mut rest) = (Vec::new(), bytes.as_slice());
        while let Some((len, tail)) = rest.split_first_chunk::<4>() {
            let Some((row, tail)) = tail.split_at_checked(u32::from_le_bytes(*len) as usize) else { break };
            rows.push(row.to_vec());
            rest = tail;
        }
        Ok(rows)
    }
}

impl Drop for Sorter {
    fn drop(&mut self) {
        // Left behind it is only in the way, and the next one empties it.
        self.disk.remove(&self.path).ok();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::disk::MemoryDisk;

    #[test]
    fn every_row_comes_out_of_its_bucket_once_and_the_file_goes() {
        let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::new());
        disk.create_dir_all(Path::new("/s")).unwrap();
        let mut sorter = Sorter::new(Arc::clone(&disk), Path::new("/s/sort")).unwrap();
        for n in 0..20_000_u32 {
            sorter.put(n as usize % 3, &n.to_le_bytes().repeat(n as usize % 5)).unwrap();
        }
        for bucket in 0..3 {
            let rows = sorter.take(bucket).unwrap();
            let wanted: Vec<_> = (0..20_000_u32)
                .filter(|n| *n as usize % 3 == bucket)
                .map(|n| n.to_le_bytes().repeat(n as usize % 5))
                .collect();
            assert!(rows == wanted, "bucket {bucket}");
        }
        assert!(sorter.take(3).unwrap().is_empty());
        drop(sorter);
        assert!(!disk.exists(Path::new("/s/sort")));
    }
}
