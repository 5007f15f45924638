//! The right edge of a growing log: enough to append and to know the root.

use std::io::{self, Read, Write};

use borsh::{BorshDeserialize, BorshSerialize};
use ledger_types::Digest;

use super::empty_root;
use crate::hash::node_hash;

/// The roots of the perfect subtrees of a log, largest first: one for each one-bit of its length.
///
/// Canonical bytes: the length as `u64`, then the roots; their number follows from the length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    len: u64,
    peaks: Vec<Digest>,
}

impl Frontier {
    /// Appends a leaf hash.
    pub fn push(&mut self, leaf: Digest) {
        let merges = self.len.trailing_ones();
        let mut hash = leaf;
        for _ in 0..merges {
            let left = self.peaks.pop().expect("a peak for each one-bit of the length");
            hash = node_hash(&left, &hash);
        }
        self.peaks.push(hash);
        self.len += 1;
    }

    /// How many leaves there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// True without leaves.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The RFC 6962 root of all leaves.
    #[must_use]
    pub fn root(&self) -> Digest {
        let mut peaks = self.peaks.iter().rev();
        match peaks.next() {
            None => empty_root(),
            Some(smallest) => peaks.fold(*smallest, |right, left| node_hash(left, &right)),
        }
    }
}

impl BorshSerialize for Frontier {
    fn serialize<W: Write>(&self, writer: &mut W) -> io::Result<()> {
        self.len.serialize(writer)?;
        self.peaks.iter().try_for_each(|peak| peak.serialize(writer))
    }
}

impl BorshDeserialize for Frontier {
    fn deserialize_reader<R: Read>(reader: &mut R) -> io::Result<Self> {
        let len = u64::deserialize_reader(reader)?;
        let peaks = (0..len.count_ones()).map(|_| Digest::deserialize_reader(reader)).collect::<io::Result<_>>()?;
        Ok(Self { len, peaks })
    }
}
