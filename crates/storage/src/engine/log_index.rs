//! The log store's index: where each version of each row stands. A snapshot reads the versions up to its number.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::column_families::Column;

/// Where a value stands in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) len: u32,
}

/// What a batch (by its number) made of a row; removed without a place.
#[derive(Clone, Copy, Debug)]
struct Version {
    batch: u64,
    place: Option<Place>,
}

type Key = Vec<u8>;

#[derive(Default)]
pub(super) struct LogIndex {
    columns: [BTreeMap<Key, Vec<Version>>; Column::ALL.len()],
    /// The last batch.
    pub(super) batch: u64,
    /// How many live snapshots read as of a batch.
    snapshots: BTreeMap<u64, usize>,
}

impl LogIndex {
    /// Records what the batch after the last one makes of a row. [`LogIndex::batch`] counts it when it is complete.
    pub(super) fn set(&mut self, column: Column, key: &[u8], place: Option<Place>) {
        let batch = self.batch + 1;
        let oldest_read = self.snapshots.keys().next().copied().unwrap_or(self.batch).min(self.batch);
        let rows = &mut self.columns[column as usize];
        let versions = rows.entry(key.to_vec()).or_default();
        versions.retain(|v| v.batch != batch);
        versions.push(Version { batch, place });
        // Versions before the newest one that the oldest reader can see are never read again.
        let needed = versions.iter().rposition(|v| v.batch <= oldest_read).unwrap_or(0);
        versions.drain(..needed);
        if versions.iter().all(|v| v.place.is_none()) {
            rows.remove(key);
        }
    }

    /// A row as of a batch.
    pub(super) fn get(&self, column: Column, key: &[u8], as_of: u64) -> Option<Place> {
        visible(self.columns[column as usize].get(key)?, as_of)
    }

    /// Up to `most` rows from a bound, as of a batch; with the last key looked at when there may be more.
    pub(super) fn rows(
        &self,
        column: Column,
        from: Bound<&[u8]>,
        as_of: u64,
        most: usize,
    ) -> (Vec<(Key, Place)>, Option<Key>) {
        let mut found = Vec::new();
        for (key, versions) in self.columns[column as usize].range::<[u8], _>((from, Bound::Unbounded)) {
            if let Some(place) = visible(versions, as_of) {
                found.push((key.clone(), place));
                if found.len() == most {
                    return (found, Some(key.clone()));
                }
            }
        }
        (found, None)
    }

    pub(super) fn open_snapshot(&mut self) -> u64 {
        *self.snapshots.entry(self.batch).or_default() += 1;
        self.batch
    }

    pub(super) fn close_snapshot(&mut self, as_of: u64) {
        if let Some(count) = self.snapshots.get_mut(&as_of) {
            *count -= 1;
            if *count == 0 {
                self.snapshots.remove(&as_of);
            }
        }
    }

    /// Bytes of all values that can be read.
    pub(super) fn live_bytes(&self) -> u64 {
        let versions = self.columns.iter().flat_map(BTreeMap::values).flatten();
        versions.filter_map(|v| v.place).map(|p| u64::from(p.len)).sum()
    }
}

fn visible(versions: &[Version], as_of: u64) -> Option<Place> {
    versions.iter().rev().find(|v| v.batch <= as_of)?.place
}
