//! Carrying out orders of erasure (依法删除): contents leave the block files, everything that is proven from them stays.
//!
//! An erased frame takes the place of the whole one byte for byte: same file, same offset, same length, and the next
//! frame's link still fits (`segment/frame_code.rs`). So nothing that names a frame changes. The new bytes are in the file
//! `erasing` first, durably; a crash while they are being written is made good from there at the next start
//! ([`journal`]).
//!
//! What was carried out is noted nowhere: at each start all orders are gone through again, and what is gone is found gone.
//! So a folder that was put back from an older copy is put right too.

pub(crate) mod journal;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::{Arc, PoisonError};

use ledger_types::erasure::ERASURE_DEPTH;
use ledger_types::{Block, BlockFrame, Canonical, Erasure, ErasureId, Height, SectionSet, output::Origin};

use crate::disk::Disk;
use crate::error::{AtPath, StoreError, damaged};
use crate::layout::ChainDir;
use crate::published::{Shared, decode_frame};
use crate::reader::{Reader, Reading};
use crate::segment::{FrameCoder, Place};
use journal::Journal;

/// Carries orders out, one after the other. There is one of a store.
pub struct Eraser {
    shared: Arc<Shared>,
    reader: Reader,
    disk: Arc<dyn Disk>,
    dir: ChainDir,
    coder: FrameCoder,
    next: ErasureId,
}

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErasedStep {
    /// An order was carried out, or found so.
    Done {
        /// Which.
        order: ErasureId,
        /// Blocks that were written anew.
        blocks: u64,
        /// Sections that were still there.
        sections: u64,
    },
    /// There is nothing to do yet.
    Idle,
    /// A copy of the block files is being made: later.
    Busy,
}

/// What is to be erased of a block, by transaction and item.
type OfBlock = BTreeMap<(u16, u16), SectionSet>;

impl Eraser {
    pub(crate) fn new(shared: Arc<Shared>, reader: Reader) -> Self {
        let (disk, dir) = (shared.segments.disk(), ChainDir::of_segments(shared.segments.dir()));
        let next = ErasureId { height: Height(0), tx: 0 };
        Self { shared, reader, disk, dir, coder: FrameCoder::default(), next }
    }

    /// Carries out the next order that is due.
    ///
    /// # Errors
    /// [`StoreError`]; the order is tried again by the next call.
    pub fn step(&mut self) -> Result<ErasedStep, StoreError> {
        let state = self.reader.now();
        let Some((order, erasure)) = state.erasures(self.next, 1)?.pop() else { return Ok(ErasedStep::Idle) };
        if state.height().0 < order.height.0.saturating_add(ERASURE_DEPTH) {
            return Ok(ErasedStep::Idle);
        }
        let lock = self.dir.erasing_lock();
        let _held = match self.disk.lock(&lock) {
            Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(ErasedStep::Busy),
            other => other.at("lock", &lock)?,
        };
        let (mut blocks, mut sections) = (0, 0);
        for (height, parts) in self.parts(&state, &erasure)? {
            let erased = self.erase(&state, height, &parts)?;
            blocks += u64::from(erased > 0);
            sections += erased;
        }
        *self.shared.erased_to.write().unwrap_or_else(PoisonError::into_inner) = Some(order);
        self.next = match order.tx.checked_add(1) {
            Some(tx) => ErasureId { tx, ..order },
            None => ErasureId { height: order.height.next(), tx: 0 },
        };
        Ok(ErasedStep::Done { order, blocks, sections })
    }

    /// Where the contents of an order's invoices stand, as far as their blocks are kept here.
    fn parts(&self, state: &Reading, erasure: &Erasure) -> Result<BTreeMap<Height, OfBlock>, StoreError> {
        let mut parts: BTreeMap<Height, OfBlock> = BTreeMap::new();
        for slot in &erasure.slots {
            let record = state.output(*slot)?;
            let Some(Origin { height, tx, item }) = record.and_then(|record| record.invoice().map(|i| i.origin)) else {
                continue;
            };
            if height >= self.shared.first_block() {
                parts.entry(height).or_default().insert((tx, item), erasure.sections);
            }
        }
        Ok(parts)
    }

    /// Erases parts of a block. Says how many sections were still there.
    fn erase(&mut self, state: &Reading, height: Height, parts: &OfBlock) -> Result<u64, StoreError> {
        let Some(place) = state.at(height)?.and_then(|tip| tip.place) else { return Ok(0) };
        let stored = self.shared.segments.read(place)?;
        let bad = |what: String| damaged(&self.shared.segments.path(place), place.offset, what);
        let mut frame = decode_frame(&stored.raw).map_err(bad)?;
        let erased = erase_parts(&mut frame.block, parts);
        if erased > 0 {
            let bytes =
                self.coder.encode_erased(&stored, &frame.to_canonical(), place.len).map_err(StoreError::Change)?;
            self.replace(height, place, bytes)?;
        }
        Ok(erased)
    }

    fn replace(&self, height: Height, place: Place, bytes: Vec<u8>) -> Result<(), StoreError> {
        let journal = Journal { place, bytes };
        journal.write(self.disk.as_ref(), &self.dir)?;
        let excluded = self.shared.segments.exclude();
        self.shared.segments.replace(place, &journal.bytes)?;
        self.shared.frames.forget(height);
        drop(excluded);
        Journal::remove(self.disk.as_ref(), &self.dir)
    }
}

fn erase_parts(block: &mut Block, parts: &OfBlock) -> u64 {
    let of_tx = |(&(tx, item), sections): (&(u16, u16), &SectionSet)| {
        block.txs.get_mut(usize::from(tx)).map_or(0, |tx| tx.erase(item, *sections) as u64)
    };
    parts.iter().map(of_tx).sum()
}

/// The sections of a block that were erased: transaction, item, what of it.
pub(crate) fn erased_parts(frame: &BlockFrame) -> Vec<(Origin, SectionSet)> {
    let mut found = Vec::new();
    let height = frame.block.header.height;
    for (tx, transaction) in (0u16..).zip(&frame.block.txs).filter(|(_, transaction)| transaction.has_erased()) {
        let items = transaction.batch_items().len().max(1);
        for item in (0u16..).take(items) {
            let sections = transaction.sections_of(item).iter().filter(|section| section.is_erased());
            let kinds: Vec<_> = sections.map(ledger_types::Section::kind).collect();
            if !kinds.is_empty() {
                found.push((Origin { height, tx, item }, SectionSet::of(&kinds)));
            }
        }
    }
    found
}

#[cfg(test)]
#[path = "erasing/erasing_test.rs"]
mod erasing_test;
