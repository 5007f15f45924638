//! Change sets: the typed, complete list of what a block changed. Any projection is rebuilt from these alone.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::ids::Slot;
use crate::output::OutputRecord;
use crate::registry::{RegistryKey, RegistryValue};
use crate::request::RequestEntry;

/// What caused a change: a transaction's place in the block, or `SYSTEM` for begin-block tasks.
pub type Cause = u16;

/// The cause of begin-block changes.
pub const SYSTEM_CAUSE: Cause = u16::MAX;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
// Outputs are by far the most frequent changes: a box each would cost more than the room it saves.
#[allow(clippy::large_enum_variant)]
pub enum Change {
    /// An output was made (`sequence` 0) or stepped on.
    Output {
        /// By what.
        cause: Cause,
        /// Where.
        slot: Slot,
        /// The record from now on.
        record: OutputRecord,
    } = 0,
    /// A register entry was written, or removed (`None`).
    Registry {
        /// By what (the last one in the block).
        cause: Cause,
        /// Which entry.
        key: RegistryKey,
        /// Its value from now on.
        value: Option<Box<RegistryValue>>,
    } = 1,
    /// A line was added to the request log.
    Request(RequestEntry) = 2,
}

/// All changes of a block: outputs by slot (one a slot: the last), register entries by key (one a key: the last),
/// request lines in transaction order.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct ChangeSet {
    /// The changes, in the order above.
    pub changes: Vec<Change>,
}

impl ChangeSet {
    /// Outputs made or stepped on, by slot.
    pub fn outputs(&self) -> impl Iterator<Item = (Slot, &OutputRecord)> {
        self.changes.iter().filter_map(|c| match c {
            Change::Output { slot, record, .. } => Some((*slot, record)),
            _ => None,
        })
    }

    /// Register entries written or removed, by key.
    pub fn registry(&self) -> impl Iterator<Item = (&RegistryKey, Option<&RegistryValue>)> {
        self.changes.iter().filter_map(|c| match c {
            Change::Registry { key, value, .. } => Some((key, value.as_deref())),
            _ => None,
        })
    }

    /// Request lines, in order.
    pub fn requests(&self) -> impl Iterator<Item = &RequestEntry> {
        self.changes.iter().filter_map(|c| match c {
            Change::Request(r) => Some(r),
            _ => None,
        })
    }
}
