//! What stands in the column families: keys big-endian, so that they sort like what they stand for.

use borsh::{BorshDeserialize, BorshSerialize};
use ledger_types::change_set::Cause;
use ledger_types::{
    AccountId, Canonical, Height, InvoiceCode, InvoiceNumber, OutputRecord, Owner, RegistryKey, RequestEntry,
    RequestId, RequestScope, Slot, TxId,
};
use proofs::log_tree::Frontier;

use crate::column_families::Column;
use crate::engine::{Batch, KvRead};
use crate::error::StoreError;
use crate::tip::Tip;

/// Key of [`MetaRow`].
pub(crate) const META_STATE: &[u8] = b"state";
/// Key of the height at which all pages were on disk (u64, big-endian).
pub(crate) const META_PAGES: &[u8] = b"pages";

/// What the state says of itself.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct MetaRow {
    /// Format version, 1.
    pub(crate) version: u16,
    /// All rows are as after this height.
    pub(crate) height: Height,
    /// Leaves of the slot tree.
    pub(crate) leaves: u64,
    /// The request log.
    pub(crate) log: Frontier,
}

impl MetaRow {
    pub(crate) const VERSION: u16 = 1;
}

/// An output with where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutputRow {
    pub(crate) height: Height,
    pub(crate) cause: Cause,
    pub(crate) record: OutputRecord,
}

/// Bytes before the record in a row of `out` and `his`.
pub(crate) const OUTPUT_HEAD: usize = 10;

/// A row that cannot be read.
pub(crate) fn bad_row(column: Column, key: &[u8], what: impl Into<String>) -> StoreError {
    let key = key.iter().map(|b| format!("{b:02x}")).collect();
    StoreError::Row { column: column.name(), key, what: what.into() }
}

/// `height | cause`, in front of the canonical record.
pub(crate) fn output_head(height: Height, cause: Cause) -> [u8; OUTPUT_HEAD] {
    let mut out = [0; OUTPUT_HEAD];
    out[..8].copy_from_slice(&height.0.to_be_bytes());
    out[8..].copy_from_slice(&cause.to_be_bytes());
    out
}

pub(crate) fn decode_output(column: Column, key: &[u8], value: &[u8]) -> Result<OutputRow, StoreError> {
    let (head, record) = value.split_at_checked(OUTPUT_HEAD).ok_or_else(|| bad_row(column, key, "too short"))?;
    Ok(OutputRow {
        height: Height(u64_at(head, 0)),
        cause: u16::from_be_bytes([head[8], head[9]]),
        record: OutputRecord::from_canonical(record).map_err(|e| bad_row(column, key, e.to_string()))?,
    })
}

/// Eight bytes at a place known to exist.
fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes[at..at + 8].iter().fold(0, |n, b| n << 8 | u64::from(*b))
}

pub(crate) fn slot_key(slot: Slot) -> [u8; 8] {
    slot.0.to_be_bytes()
}

/// The slot in the last eight bytes of a key.
pub(crate) fn slot_in(column: Column, key: &[u8]) -> Result<Slot, StoreError> {
    let tail = key.last_chunk().ok_or_else(|| bad_row(column, key, "no slot in it"))?;
    Ok(Slot(u64::from_be_bytes(*tail)))
}

pub(crate) fn history_key(slot: Slot, sequence: u32) -> [u8; 12] {
    let mut out = [0; 12];
    out[..8].copy_from_slice(&slot.0.to_be_bytes());
    out[8..].copy_from_slice(&sequence.to_be_bytes());
    out
}

pub(crate) fn request_key(id: RequestId, scope: RequestScope) -> [u8; 24] {
    let mut out = [0; 24];
    out[..16].copy_from_slice(&id.0);
    out[16..].copy_from_slice(&scope.0.to_be_bytes());
    out
}

pub(crate) fn request_value(entry: &RequestEntry) -> [u8; 44] {
    let mut out = [0; 44];
    out[..33].copy_from_slice(&entry.tx.0);
    out[33..41].copy_from_slice(&entry.height.0.to_be_bytes());
    out[41..43].copy_from_slice(&entry.index.to_be_bytes());
    out[43] = u8::from(entry.accepted);
    out
}

pub(crate) fn decode_request(id: RequestId, scope: RequestScope, value: &[u8]) -> Result<RequestEntry, StoreError> {
    let bad = || bad_row(Column::Requests, &request_key(id, scope), "not a request line");
    let value: &[u8; 44] = value.try_into().map_err(|_| bad())?;
    let tx = TxId(value[..33].try_into().map_err(|_| bad())?);
    let index = u16::from_be_bytes([value[41], value[42]]);
    Ok(RequestEntry { scope, id, tx, height: Height(u64_at(value, 33)), index, accepted: value[43] == 1 })
}

/// A line's row, and the row that finds its transaction.
pub(crate) fn put_request(batch: &mut Batch, line: &RequestEntry) {
    batch.put(Column::Requests, &request_key(line.id, line.scope), &request_value(line));
    batch.put(Column::Transactions, &transaction_key(&line.tx), &transaction_value(line.height, line.index));
}

/// Where the approval stands that a header of a snapshot came with.
pub(crate) fn approval_key(height: Height) -> Vec<u8> {
    [b"approval".as_slice(), &height.0.to_be_bytes()].concat()
}

/// The first 16 bytes of the hash; whoever reads compares the whole.
pub(crate) fn transaction_key(id: &TxId) -> [u8; 16] {
    id.0[1..17].try_into().expect("16 bytes of 33")
}

/// `height | index`.
pub(crate) fn transaction_value(height: Height, index: u16) -> [u8; 10] {
    output_head(height, index)
}

pub(crate) fn decode_transaction(key: &[u8], value: &[u8]) -> Result<(Height, u16), StoreError> {
    let value: &[u8; 10] = value.try_into().map_err(|_| bad_row(Column::Transactions, key, "not a place"))?;
    Ok((Height(u64_at(value, 0)), u16::from_be_bytes([value[8], value[9]])))
}

pub(crate) fn number_key(code: InvoiceCode, number: InvoiceNumber) -> [u8; 12] {
    let mut out = [0; 12];
    out[..8].copy_from_slice(&code.value().to_be_bytes());
    out[8..].copy_from_slice(&number.value().to_be_bytes());
    out
}

/// Bytes of an owner in front of the slot.
pub(crate) const OWNER_PREFIX: usize = 33;

/// Kind and 32 bytes of an owner.
pub(crate) fn owner_prefix(owner: &Owner) -> [u8; OWNER_PREFIX] {
    let (tag, bytes) = match owner {
        Owner::Address(a) => (0, &a.0),
        Owner::TokenKey(a) => (1, &a.0),
        Owner::Condition(c) => (2, c),
    };
    let mut out = [tag; OWNER_PREFIX];
    out[1..].copy_from_slice(bytes);
    out
}

pub(crate) fn seller_prefix(seller: AccountId) -> [u8; 4] {
    seller.0.to_be_bytes()
}

pub(crate) fn height_key(height: Height) -> [u8; 8] {
    height.0.to_be_bytes()
}

const TIP_VERSION: u16 = 1;

/// `u16 version | Tip`, in Borsh.
pub(crate) fn tip_value(tip: &Tip) -> Vec<u8> {
    borsh::to_vec(&(TIP_VERSION, tip)).expect("writing to a vector cannot fail")
}

/// What is known of a height.
pub(crate) fn read_tip(state: &dyn KvRead, height: Height) -> Result<Option<Tip>, StoreError> {
    let key = height_key(height);
    let Some(value) = state.get(Column::Headers, &key)? else { return Ok(None) };
    let bad = |what: String| bad_row(Column::Headers, &key, what);
    let (version, tip) = <(u16, Tip)>::from_canonical(&value).map_err(|e| bad(e.to_string()))?;
    if version == TIP_VERSION { Ok(Some(tip)) } else { Err(bad(format!("version {version} is not known"))) }
}

/// What the state says of itself; none in an empty store.
pub(crate) fn read_meta(state: &dyn KvRead) -> Result<Option<MetaRow>, StoreError> {
    let Some(value) = state.get(Column::Meta, META_STATE)? else { return Ok(None) };
    let bad = |what: String| bad_row(Column::Meta, META_STATE, what);
    let row = MetaRow::from_canonical(&value).map_err(|e| bad(e.to_string()))?;
    if row.version == MetaRow::VERSION {
        Ok(Some(row))
    } else {
        Err(bad(format!("version {} is not known", row.version)))
    }
}

/// The height at which all pages were on disk.
pub(crate) fn read_pages_height(state: &dyn KvRead) -> Result<Height, StoreError> {
    let value = state.get(Column::Meta, META_PAGES)?.unwrap_or_else(|| vec![0; 8]);
    let bytes: [u8; 8] = value.as_slice().try_into().map_err(|_| bad_row(Column::Meta, META_PAGES, "not a height"))?;
    Ok(Height(u64::from_be_bytes(bytes)))
}

/// A timer's key from its storage key.
pub(crate) fn timer_key(key: &[u8]) -> Option<RegistryKey> {
    let body = key.get(1..17).filter(|_| key.len() == 17 && key[0] == timer_prefix())?;
    Some(RegistryKey::Timer { due_ms: u64_at(body, 0), number: u64_at(body, 8) })
}

/// The first byte of timers' keys.
pub(crate) fn timer_prefix() -> u8 {
    RegistryKey::Timer { due_ms: 0, number: 0 }.tag()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_like_what_they_stand_for() {
        assert!(history_key(Slot(1), 256) < history_key(Slot(1), 257));
        assert!(history_key(Slot(1), u32::MAX) < history_key(Slot(256), 0));
        let early = RequestId::new(1, [255; 10]);
        assert!(request_key(early, RequestScope(u64::MAX)) < request_key(RequestId::new(2, [0; 10]), RequestScope(0)));
        assert_eq!(slot_in(Column::Sellers, &[1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 1, 0]).unwrap(), Slot(256));
    }

    #[test]
    fn request_lines_and_timers_round_trip() {
        let entry = RequestEntry {
            scope: RequestScope(7 | RequestScope::BARE_KEY_BIT),
            id: RequestId::new(1_700_000_000_000, [9; 10]),
            tx: TxId([5; 33]),
            height: Height(1 << 40),
            index: 513,
            accepted: true,
        };
        assert_eq!(decode_request(entry.id, entry.scope, &request_value(&entry)).unwrap(), entry);
        assert!(matches!(decode_request(entry.id, entry.scope, &[0; 43]), Err(StoreError::Row { column: "req", .. })));
        let key = RegistryKey::Timer { due_ms: 12, number: 1 << 33 };
        assert_eq!(timer_key(&key.storage_key()), Some(key));
        assert_eq!(timer_key(&RegistryKey::Account(AccountId(1)).storage_key()), None);
    }
}
