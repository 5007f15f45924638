//! The guard: both records, the bytes between, and the block they name.

use ledger_types::Height;

use super::{FROM_A_COPY, RESTART, Report};
use crate::disk::read_whole;
use crate::error::{AtPath, StoreError};
use crate::guard::{Guarded, records, slack_is_zero};
use crate::layout::{ChainDir, DataDir};
use crate::tip::Tip;

/// What the guard says.
#[derive(Default)]
pub(super) struct Found {
    /// The newest record.
    pub(super) newest: Option<Guarded>,
    older: Option<Guarded>,
}

pub(super) fn read(data: &DataDir, place: &ChainDir, report: &mut Report) -> Result<Found, StoreError> {
    let path = place.guard();
    if !data.disk.exists(&path) {
        report.add(&path, "", "it is missing", FROM_A_COPY);
        return Ok(Found::default());
    }
    let bytes = read_whole(data.disk.as_ref(), &path).at("read", &path)?;
    let found = records(&bytes);
    let mut known: Vec<Guarded> = found.iter().flatten().copied().collect();
    known.sort_by_key(|record| record.height);
    let newest = known.pop();
    // At height 0 only the first record was ever written.
    let fresh = newest.is_some_and(|record| record.height == Height(0)) && bytes[512..].iter().all(|b| *b == 0);
    for (slot, record) in found.iter().enumerate() {
        if record.is_none() && !(fresh && slot == 1) {
            let remedy = if newest.is_some() { RESTART } else { FROM_A_COPY };
            report.add(&path, format!("byte {}", slot * 512), "the record is damaged", remedy);
        }
    }
    if !slack_is_zero(&bytes) {
        report.add(&path, "", "bytes outside the records are not zero", RESTART);
    }
    Ok(Found { newest, older: known.pop() })
}

/// The guard must name the last block, and the one before in its older record.
pub(super) fn hold_against(found: &Found, place: &ChainDir, tip: &Tip, report: &mut Report) {
    let Some(newest) = found.newest else { return };
    let path = place.guard();
    if newest.height > tip.height {
        let what = format!("it remembers height {}, the segments end at {}", newest.height, tip.height);
        report.add(&path, "", what, FROM_A_COPY);
    } else if newest.height.next() < tip.height {
        let what = format!("it remembers height {} only, the segments end at {}", newest.height, tip.height);
        report.add(&path, "", what, RESTART);
    } else if newest.height == tip.height && (newest.block != tip.block_id || newest.state_root != tip.state_root) {
        report.add(&path, "", format!("it names another block at height {}", tip.height), FROM_A_COPY);
    }
    if found.older.is_some_and(|older| older.height.next() != newest.height) {
        report.add(&path, "", "its records are not of neighbouring heights", RESTART);
    }
}
