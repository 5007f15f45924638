//! Pages of the slot tree against the derived tree of the same height.

use ledger_types::Height;

use super::state_check::StateCheck;
use super::{REMOVE_PAGES, RESTART, Report};
use crate::disk::read_whole;
use crate::error::{AtPath, StoreError};
use crate::layout::{ChainDir, DataDir};
use crate::slot_tree::{PAGE_BYTES, Page, SlotTree};

/// Checks the file at the height at which all its pages were written.
pub(super) fn check(
    data: &DataDir,
    place: &ChainDir,
    derived: &SlotTree,
    height: Height,
    stored: &StateCheck,
    report: &mut Report,
) -> Result<(), StoreError> {
    let path = place.pages();
    if !data.disk.exists(&path) {
        report.add(&path, "", "it is missing", RESTART);
        return Ok(());
    }
    let bytes = read_whole(data.disk.as_ref(), &path).at("read", &path)?;
    let count = derived.page_count();
    if bytes.len() % PAGE_BYTES != 0 {
        report.add(&path, format!("byte {}", bytes.len()), "it does not end with a whole page", REMOVE_PAGES);
    }
    for (id, stored_page) in (0..).zip(bytes.chunks_exact(PAGE_BYTES)) {
        let Some(page) = Page::decode(stored_page, id) else {
            // Behind the last page of the checkpoint there may be holes of an unfinished one.
            if id < count || stored_page.iter().any(|b| *b != 0) {
                report.add(&path, format!("page {id}"), "its checksum is wrong", REMOVE_PAGES);
            }
            continue;
        };
        let unfinished = page.height > height;
        if unfinished && stored.closed {
            report.add(&path, format!("page {id}"), "it is newer than the last checkpoint", REMOVE_PAGES);
        } else if !unfinished && derived.page(id) != Some(&page.page) {
            report.add(&path, format!("page {id}"), "it is not the page of the records", REMOVE_PAGES);
        }
    }
    let found = (bytes.len() / PAGE_BYTES) as u64;
    if found < count {
        report.add(&path, format!("page {found}"), format!("{} pages are missing", count - found), REMOVE_PAGES);
    }
    Ok(())
}
