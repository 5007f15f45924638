//! What travels at once.

use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use ledger_types::RequestEntry;

use crate::HeaderEntry;

/// Names a chunk of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum ChunkName {
    /// The manifest.
    Manifest = 0,
    /// Header entries, [`super::HEADERS`] a chunk from height 1 on, up to the one after the snapshot's height.
    Headers(u32) = 1,
    /// A range of slots.
    Slots(u32) = 2,
    /// A range of lines of the request log.
    Lines(u32) = 3,
    /// The register's entries whose hashes begin with these bits.
    Register(u32) = 4,
}

/// A storage key and a value's canonical bytes.
pub type Entry = (Vec<u8>, Vec<u8>);

/// A chunk's contents but for the manifest.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Chunk {
    /// Header entries in order.
    Headers(Vec<HeaderEntry>) = 1,
    /// Canonical records by rising slot; empty where a slot holds nothing.
    Slots(Vec<Vec<u8>>) = 2,
    /// Lines in order.
    Lines(Vec<RequestEntry>) = 3,
    /// Entries by rising hash of their keys.
    Register(Vec<Entry>) = 4,
}

impl Chunk {
    /// Whether it is of the kind that a name says.
    #[must_use]
    pub fn fits(&self, name: ChunkName) -> bool {
        matches!(
            (self, name),
            (Self::Headers(_), ChunkName::Headers(_))
                | (Self::Slots(_), ChunkName::Slots(_))
                | (Self::Lines(_), ChunkName::Lines(_))
                | (Self::Register(_), ChunkName::Register(_))
        )
    }
}

impl fmt::Display for ChunkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manifest => f.write_str("manifest"),
            Self::Headers(n) => write!(f, "headers-{n:06}"),
            Self::Slots(n) => write!(f, "slots-{n:06}"),
            Self::Lines(n) => write!(f, "lines-{n:06}"),
            Self::Register(n) => write!(f, "register-{n:06}"),
        }
    }
}
