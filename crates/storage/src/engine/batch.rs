//! Rows to write together. One buffer holds all keys and values: a block writes tens of thousands.

use std::ops::Range;

use crate::column_families::Column;

/// Rows to write and to remove, applied in order and as a whole. Rows of a column should come in the order of their
/// keys: an insert in order costs a tenth of a random one.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    rows: Vec<Row>,
}

#[derive(Clone, Debug)]
struct Row {
    column: Column,
    start: usize,
    key_end: usize,
    /// Equal to `key_end` for an empty value.
    end: usize,
    put: bool,
}

/// One row of a batch: column, key, and value unless it is removed.
pub type BatchRow<'a> = (Column, &'a [u8], Option<&'a [u8]>);

impl Batch {
    /// Writes a row whose key and value are given in parts.
    pub fn put_parts(&mut self, column: Column, key: &[&[u8]], value: &[&[u8]]) {
        let start = self.bytes.len();
        key.iter().for_each(|part| self.bytes.extend_from_slice(part));
        let key_end = self.bytes.len();
        value.iter().for_each(|part| self.bytes.extend_from_slice(part));
        self.rows.push(Row { column, start, key_end, end: self.bytes.len(), put: true });
    }

    /// Writes a row.
    pub fn put(&mut self, column: Column, key: &[u8], value: &[u8]) {
        self.put_parts(column, &[key], &[value]);
    }

    /// Removes a row; nothing happens if there is none.
    pub fn remove(&mut self, column: Column, key: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(key);
        let end = self.bytes.len();
        self.rows.push(Row { column, start, key_end: end, end, put: false });
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True without rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Bytes of keys and values.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Sorts the rows written since row `from` by column and key. Where a key comes twice, the later row stays later.
    pub fn sort_from(&mut self, from: usize) {
        let bytes = &self.bytes;
        self.rows[from..].sort_by(|a, b| (a.column, key(bytes, a)).cmp(&(b.column, key(bytes, b))));
    }

    /// The rows in order.
    pub fn rows(&self) -> impl Iterator<Item = BatchRow<'_>> {
        self.rows.iter().map(|row| {
            let part = |range: Range<usize>| &self.bytes[range];
            let value = row.put.then(|| part(row.key_end..row.end));
            (row.column, part(row.start..row.key_end), value)
        })
    }
}

fn key<'a>(bytes: &'a [u8], row: &Row) -> &'a [u8] {
    &bytes[row.start..row.key_end]
}
