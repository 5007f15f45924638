//! The one list of column families. `rows.rs` says what stands in them.

/// A column family of the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Column {
    /// Slot -> height, cause and record, as of the tip.
    Outputs = 0,
    /// Slot | sequence -> height, cause and record that was replaced.
    History = 1,
    /// Register key -> value.
    Registry = 2,
    /// Request id | scope -> transaction, height, place, verdict.
    Requests = 3,
    /// First 16 bytes of a transaction's hash -> height, place.
    Transactions = 4,
    /// Invoice code | number -> slot.
    Numbers = 5,
    /// Owner | slot: who holds what.
    Owners = 6,
    /// Seller | slot: who issued what.
    Sellers = 7,
    /// Height -> place in the segments, header, certificate, roots.
    Headers = 8,
    /// The height of the state itself, and of the pages.
    Meta = 9,
}

/// How a column family is read, which decides its filters and blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tuning {
    /// Uncompressed bytes of a data block: small where single rows are read.
    pub(crate) block_bytes: usize,
    /// Keys that are often absent: a filter answers without reading.
    pub(crate) filter: bool,
}

impl Column {
    /// All of them, by number.
    pub const ALL: [Self; 10] = [
        Self::Outputs,
        Self::History,
        Self::Registry,
        Self::Requests,
        Self::Transactions,
        Self::Numbers,
        Self::Owners,
        Self::Sellers,
        Self::Headers,
        Self::Meta,
    ];

    /// Its name on disk, for ever.
    pub fn name(self) -> &'static str {
        match self {
            Self::Outputs => "out",
            Self::History => "his",
            Self::Registry => "reg",
            Self::Requests => "req",
            Self::Transactions => "txi",
            Self::Numbers => "num",
            Self::Owners => "own",
            Self::Sellers => "sel",
            Self::Headers => "hdr",
            Self::Meta => "meta",
        }
    }

    pub(crate) fn tuning(self) -> Tuning {
        let (block_bytes, filter) = match self {
            Self::Outputs => (4 << 10, false),
            Self::Registry | Self::Requests | Self::Transactions => (8 << 10, true),
            _ => (16 << 10, false),
        };
        Tuning { block_bytes, filter }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_places_in_the_list_and_names_differ() {
        for (place, column) in Column::ALL.into_iter().enumerate() {
            assert_eq!(column as usize, place);
            assert!(Column::ALL.iter().all(|c| *c == column || c.name() != column.name()), "{}", column.name());
        }
    }
}
