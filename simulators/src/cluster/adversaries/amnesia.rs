//! Starts again and again without knowing what it signed.

use storage::{Disk, MemoryDisk};

use super::Adversary;

/// Removes its guard and its votes before each start.
pub(super) struct Amnesia;

impl Adversary for Amnesia {
    fn before_start(&mut self, disk: &MemoryDisk) {
        let votes = disk.paths().into_iter().filter(|path| path.components().any(|c| c.as_os_str() == "votes"));
        for path in votes {
            // Gone is gone: there is nobody to tell.
            drop(disk.remove(&path));
        }
    }

    fn restarts_every(&self) -> Option<u64> {
        Some(2_500)
    }
}
