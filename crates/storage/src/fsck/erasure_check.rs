//! What was erased, held against the orders that stand in the register.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use ledger_types::output::Origin;
use ledger_types::{BlockFrame, Canonical, RegistryKey, RegistryValue, SectionSet};

use super::{FROM_A_COPY, RESTART, Report};
use crate::column_families::Column;
use crate::engine::KvRead;
use crate::erasing::{erased_parts, journal::Journal};
use crate::error::StoreError;
use crate::layout::{ChainDir, DataDir};
use crate::published::decode_frame;
use crate::rows;
use crate::segment::SegmentReader;

/// Erased sections as they were met, each with the file and the byte of its frame.
#[derive(Default)]
pub(super) struct Met(Vec<(Origin, SectionSet, PathBuf, u64)>);

impl Met {
    pub(super) fn note(&mut self, frame: &BlockFrame, path: &std::path::Path, offset: u64) {
        self.0.extend(erased_parts(frame).into_iter().map(|(at, which)| (at, which, path.to_owned(), offset)));
    }

    /// Whether each was ordered; counts them, and those that are ordered and still there.
    pub(super) fn hold_against_orders(
        &self,
        data: &DataDir,
        place: &ChainDir,
        state: &dyn KvRead,
        report: &mut Report,
    ) -> Result<(), StoreError> {
        let ordered = ordered(state)?;
        for (origin, which, path, offset) in &self.0 {
            let by_order = ordered.get(origin).copied().unwrap_or(SectionSet(0));
            report.erased += u64::from(which.0.count_ones());
            if which.0 & !by_order.0 != 0 {
                let what =
                    format!("transaction {} of height {} lacks sections that no order names", origin.tx, origin.height);
                report.add(path, format!("byte {offset}"), what, FROM_A_COPY);
            }
        }
        let segments = SegmentReader::new(Arc::clone(&data.disk), &place.segments());
        for (origin, which) in ordered {
            let Some(place) = rows::read_tip(state, origin.height)?.and_then(|tip| tip.place) else { continue };
            let frame = decode_frame(&segments.read(place)?.raw).map_err(StoreError::Change)?;
            let Some(tx) = frame.block.txs.get(usize::from(origin.tx)) else { continue };
            let left = tx.sections_of(origin.item).iter().filter(|s| which.has(s.kind()) && !s.is_erased());
            report.due += left.count() as u64;
        }
        Ok(())
    }
}

/// What all orders name, by where it stands.
fn ordered(state: &dyn KvRead) -> Result<BTreeMap<Origin, SectionSet>, StoreError> {
    let tag = RegistryKey::Erasure(ledger_types::ErasureId { height: ledger_types::Height(0), tx: 0 }).tag();
    let mut orders = Vec::new();
    state.scan(Column::Registry, &[tag], &mut |key, value| {
        let ours = key.first() == Some(&tag);
        if ours && let Ok(RegistryValue::Erasure(order)) = RegistryValue::from_canonical(value) {
            orders.push(order);
        }
        ours
    })?;
    let mut found: BTreeMap<Origin, SectionSet> = BTreeMap::new();
    for order in orders {
        for slot in order.slots {
            let key = rows::slot_key(slot);
            let Some(value) = state.get(Column::Outputs, &key)? else { continue };
            let row = rows::decode_output(Column::Outputs, &key, &value)?;
            if let Some(invoice) = row.record.invoice() {
                let which = found.entry(invoice.origin).or_insert(SectionSet(0));
                *which = which.with(order.sections);
            }
        }
    }
    Ok(found)
}

/// A frame that is half replaced would be called damaged: the next start ends what was begun.
pub(super) fn is_under_way(data: &DataDir, place: &ChainDir, report: &mut Report) -> Result<bool, StoreError> {
    let path = place.erasing();
    if !data.disk.exists(&path) {
        return Ok(false);
    }
    report.add(&path, "", "an erasure was cut off", RESTART);
    Ok(Journal::read(data.disk.as_ref(), &path)?.is_some())
}
