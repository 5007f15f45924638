//! Turns a block's changes into rows: the state itself, and what queries look things up by.

use ledger_types::change_set::Cause;
use ledger_types::{Canonical, Change, ChangeSet, ClaimState, Height, OutputRecord, Owner, Slot};

use crate::column_families::Column;
use crate::engine::{Batch, KvRead};
use crate::error::StoreError;
use crate::rows::{self, OutputRow};

/// An output as changed, with what it replaces.
struct Written<'a> {
    slot: Slot,
    cause: Cause,
    record: &'a OutputRecord,
    /// The row in bytes and in words.
    before: Option<(Vec<u8>, OutputRow)>,
}

/// The rows of a block over the state `before` it. Rows come by column and key.
pub(crate) fn project(
    before: &dyn KvRead,
    leaves_before: u64,
    height: Height,
    changes: &ChangeSet,
) -> Result<Batch, StoreError> {
    let outputs = written_outputs(before, leaves_before, changes)?;
    let mut batch = Batch::default();
    for o in &outputs {
        let head = rows::output_head(height, o.cause);
        batch.put_parts(Column::Outputs, &[&rows::slot_key(o.slot)], &[&head, &o.record.to_canonical()]);
    }
    for o in &outputs {
        if let Some((bytes, row)) = &o.before {
            batch.put(Column::History, &rows::history_key(o.slot, row.record.sequence), bytes);
        }
    }
    for (key, value) in changes.registry() {
        match value {
            Some(value) => batch.put(Column::Registry, &key.storage_key(), &value.to_canonical()),
            None => batch.remove(Column::Registry, &key.storage_key()),
        }
    }
    let unsorted = batch.len();
    for request in changes.requests() {
        rows::put_request(&mut batch, request);
    }
    for output in &outputs {
        index_rows(&mut batch, output);
    }
    batch.sort_from(unsorted);
    Ok(batch)
}

fn written_outputs<'a>(
    before: &dyn KvRead,
    leaves_before: u64,
    changes: &'a ChangeSet,
) -> Result<Vec<Written<'a>>, StoreError> {
    let mut outputs: Vec<Written<'a>> = Vec::with_capacity(changes.changes.len());
    for change in &changes.changes {
        if let Change::Output { cause, slot, record } = change {
            outputs.push(Written { slot: *slot, cause: *cause, record, before: None });
        }
    }
    let old = outputs.partition_point(|o| o.slot.0 < leaves_before);
    let keys: Vec<Vec<u8>> = outputs[..old].iter().map(|o| rows::slot_key(o.slot).to_vec()).collect();
    let found = before.get_sorted(Column::Outputs, &keys)?;
    for ((output, key), value) in outputs.iter_mut().zip(keys).zip(found) {
        if let Some(value) = value {
            let row = rows::decode_output(Column::Outputs, &key, &value)?;
            output.before = Some((value, row));
        }
    }
    Ok(outputs)
}

/// Rows by number, owner and seller.
fn index_rows(batch: &mut Batch, output: &Written<'_>) {
    let slot = rows::slot_key(output.slot);
    let old = output.before.as_ref().map(|(_, row)| holders(&row.record)).unwrap_or_default();
    let new = holders(output.record);
    for gone in old.iter().flatten().filter(|owner| !new.contains(&Some(**owner))) {
        batch.remove(Column::Owners, &[rows::owner_prefix(gone).as_slice(), &slot].concat());
    }
    for come in new.iter().flatten().filter(|owner| !old.contains(&Some(**owner))) {
        batch.put_parts(Column::Owners, &[&rows::owner_prefix(come), &slot], &[]);
    }
    if output.before.is_none() {
        issue_rows(batch, &slot, output.record);
    }
}

/// What an invoice has from its first row on.
fn issue_rows(batch: &mut Batch, slot: &[u8; 8], record: &OutputRecord) {
    if let Some(invoice) = record.invoice() {
        batch.put(Column::Numbers, &rows::number_key(invoice.code, invoice.number), slot);
        batch.put_parts(Column::Sellers, &[&rows::seller_prefix(invoice.seller), slot], &[]);
    }
}

/// Rows by number, owner and seller of an output whose past is not known.
pub(crate) fn first_index_rows(batch: &mut Batch, slot: Slot, record: &OutputRecord) {
    let slot = rows::slot_key(slot);
    for owner in holders(record).iter().flatten() {
        batch.put_parts(Column::Owners, &[&rows::owner_prefix(owner), &slot], &[]);
    }
    issue_rows(batch, &slot, record);
}

/// Under whom an output is found: its owner, or both sides of an offer. Not under an order token: whoever holds one
/// knows its invoice, and the rows would be a third of all.
pub(crate) fn holders(record: &OutputRecord) -> [Option<Owner>; 2] {
    if let Some(ClaimState::Offered { from, to, .. }) = record.invoice().map(|invoice| invoice.claim) {
        return [Some(Owner::Address(from)), Some(Owner::Address(to))];
    }
    match record.owner {
        Owner::TokenKey(_) => [None, None],
        owner => [Some(owner), None],
    }
}
