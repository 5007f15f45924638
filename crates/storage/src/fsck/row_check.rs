//! Two stores, row by row.

use std::collections::VecDeque;

use crate::column_families::Column;
use crate::engine::{EngineError, KvRead};
use crate::rows::META_PAGES;

/// Rows fetched at once.
const STEP: usize = 4_096;

/// A difference: the key and what is wrong with it.
pub(super) type Difference = (Vec<u8>, &'static str);

/// Key and value.
type Row = (Vec<u8>, Vec<u8>);

/// The rows of a column in order.
struct Rows<'a> {
    store: &'a dyn KvRead,
    column: Column,
    buffer: VecDeque<Row>,
    from: Option<Vec<u8>>,
}

impl<'a> Rows<'a> {
    fn new(store: &'a dyn KvRead, column: Column) -> Self {
        Self { store, column, buffer: VecDeque::new(), from: Some(Vec::new()) }
    }

    fn next(&mut self) -> Result<Option<Row>, EngineError> {
        if self.buffer.is_empty()
            && let Some(from) = self.from.take()
        {
            let buffer = &mut self.buffer;
            self.store.scan(self.column, &from, &mut |key, value| {
                if (self.column, key) != (Column::Meta, META_PAGES) {
                    buffer.push_back((key.to_vec(), value.to_vec()));
                }
                buffer.len() < STEP
            })?;
            if self.buffer.len() == STEP {
                // The first key behind the last one.
                self.from = self.buffer.back().map(|(key, _)| [key.as_slice(), &[0]].concat());
            }
        }
        Ok(self.buffer.pop_front())
    }
}

/// Calls `tell` with each difference of a column; says how many rows are in order.
pub(super) fn compare(
    derived: &dyn KvRead,
    stored: &dyn KvRead,
    column: Column,
    tell: &mut dyn FnMut(Difference),
) -> Result<u64, EngineError> {
    let (mut ours, mut theirs) = (Rows::new(derived, column), Rows::new(stored, column));
    let (mut a, mut b) = (ours.next()?, theirs.next()?);
    let mut equal = 0;
    loop {
        match (&a, &b) {
            (None, None) => return Ok(equal),
            (Some((key, _)), other) if other.as_ref().is_none_or(|(there, _)| key < there) => {
                tell((key.clone(), "the row is missing"));
                a = ours.next()?;
            }
            (other, Some((key, _))) if other.as_ref().is_none_or(|(here, _)| key < here) => {
                tell((key.clone(), "the row does not belong here"));
                b = theirs.next()?;
            }
            (Some((key, value)), Some((_, found))) => {
                if value == found {
                    equal += 1;
                } else {
                    tell((key.clone(), "the row has another value"));
                }
                (a, b) = (ours.next()?, theirs.next()?);
            }
            _ => return Ok(equal),
        }
    }
}
