//! Makes the state again from the snapshot that a chain's data begin with.

use ledger_types::change_set::SYSTEM_CAUSE;
use ledger_types::{Canonical, Genesis, Height, OutputRecord, RequestEntry, Slot};
use proofs::log_tree::Frontier;
use proofs::snapshot::{Chunk, ChunkName, LINE_LEVELS, Manifest, SLOT_LEVELS};
use proofs::{HeaderEntry, StateRoots, request_leaf};

use super::SnapshotFolder;
use crate::column_families::Column;
use crate::create::genesis_tip;
use crate::engine::{Batch, KvEngine};
use crate::error::{StoreError, damaged};
use crate::project::first_index_rows;
use crate::rows::{self, MetaRow};
use crate::tip::Tip;

/// A state under way. Rows are written over and over alike: cut short, it is begun anew on what is there.
struct Applying<'a> {
    folder: &'a SnapshotFolder,
    engine: &'a dyn KvEngine,
    manifest: Manifest,
    log: Frontier,
    /// The newest header entry, whose roots after it the next one tells.
    before: Option<HeaderEntry>,
}

/// Writes all rows of the state; its height comes last. The roots are checked by whoever loads it.
///
/// # Errors
/// [`StoreError::Damaged`] if the snapshot's files are not what was written.
pub(crate) fn apply(folder: &SnapshotFolder, genesis: &Genesis, engine: &dyn KvEngine) -> Result<(), StoreError> {
    let manifest = folder.manifest()?;
    let mut work = Applying { folder, engine, manifest, log: Frontier::default(), before: None };
    let mut first = Batch::default();
    first.put(Column::Headers, &rows::height_key(Height(0)), &rows::tip_value(&genesis_tip(genesis)?));
    engine.write(&first)?;
    let names: Vec<ChunkName> = work.manifest.chunks().collect();
    for name in names {
        let batch = match (name, folder.chunk(name)?) {
            (_, Chunk::Headers(entries)) => work.headers(name, entries)?,
            (ChunkName::Slots(n), Chunk::Slots(records)) => work.slots(name, u64::from(n) << SLOT_LEVELS, &records)?,
            (ChunkName::Lines(n), Chunk::Lines(lines)) => work.lines(name, u64::from(n) << LINE_LEVELS, &lines)?,
            (_, Chunk::Register(entries)) => register(entries),
            _ => return Err(work.wrong(name, "it is of another kind")),
        };
        engine.write(&batch)?;
    }
    work.finish()
}

impl Applying<'_> {
    fn wrong(&self, name: ChunkName, what: &str) -> StoreError {
        damaged(&self.folder.path(name), 0, what)
    }

    fn headers(&mut self, name: ChunkName, entries: Vec<HeaderEntry>) -> Result<Batch, StoreError> {
        let mut batch = Batch::default();
        for entry in entries {
            if let Some(before) = self.before.replace(entry.clone()) {
                let next = &entry.header;
                if next.parent != before.header.block_id() {
                    return Err(self.wrong(name, "a header does not follow the one before"));
                }
                let height = before.header.height;
                let own = if height == self.manifest.height { self.manifest.roots() } else { StateRoots::UNKNOWN };
                let tip = Tip {
                    height,
                    time: before.header.time,
                    block_id: next.parent,
                    header: Some(before.header),
                    certificate: Some(before.certificate),
                    roots: own,
                    state_root: next.state_root,
                    receipts_root: next.receipts_root,
                    changes_root: next.changes_root,
                    place: None,
                };
                batch.put(Column::Headers, &rows::height_key(height), &rows::tip_value(&tip));
            }
            if let Some(approval) = &entry.approval
                && entry.header.height <= self.manifest.height
            {
                batch.put(Column::Meta, &rows::approval_key(entry.header.height), &approval.to_canonical());
            }
        }
        batch.sort_from(0);
        Ok(batch)
    }

    fn slots(&self, name: ChunkName, first: u64, records: &[Vec<u8>]) -> Result<Batch, StoreError> {
        let mut batch = Batch::default();
        let head = rows::output_head(self.manifest.height, SYSTEM_CAUSE);
        let full = || (first..).map(Slot).zip(records).filter(|(_, record)| !record.is_empty());
        for (slot, record) in full() {
            batch.put_parts(Column::Outputs, &[&rows::slot_key(slot)], &[&head, record]);
        }
        let unsorted = batch.len();
        for (slot, record) in full() {
            let record = OutputRecord::from_canonical(record).map_err(|e| self.wrong(name, &e.to_string()))?;
            first_index_rows(&mut batch, slot, &record);
        }
        batch.sort_from(unsorted);
        Ok(batch)
    }

    fn lines(&mut self, name: ChunkName, first: u64, lines: &[RequestEntry]) -> Result<Batch, StoreError> {
        if self.log.len() != first {
            return Err(self.wrong(name, "it does not follow the lines before"));
        }
        let mut batch = Batch::default();
        for line in lines {
            self.log.push(request_leaf(line));
            rows::put_request(&mut batch, line);
        }
        batch.sort_from(0);
        Ok(batch)
    }

    fn finish(self) -> Result<(), StoreError> {
        let Manifest { height, slots, .. } = self.manifest;
        if self.before.is_none_or(|last| last.header.height != height.next()) {
            return Err(damaged(
                &self.folder.path(ChunkName::Manifest),
                0,
                "the headers do not reach the one after it",
            ));
        }
        let meta = MetaRow { version: MetaRow::VERSION, height, leaves: slots, log: self.log };
        let mut batch = Batch::default();
        batch.put(Column::Meta, rows::META_PAGES, &height.0.to_be_bytes());
        batch.put(Column::Meta, rows::META_STATE, &meta.to_canonical());
        Ok(self.engine.write(&batch)?)
    }
}

fn register(entries: Vec<proofs::snapshot::Entry>) -> Batch {
    let mut batch = Batch::default();
    for (key, value) in entries {
        batch.put(Column::Registry, &key, &value);
    }
    batch.sort_from(0);
    batch
}
