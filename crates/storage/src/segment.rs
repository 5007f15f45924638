//! Block segments: the truth. Files `segments/seg-000000`, …, allocated in advance, frames appended one behind the
//! other, zeros after the last. A frame links to the one before it by its checksum.
//!
//! Segment header, 64 bytes: `"TAXSEG\0\1" | 32 chain id | u32 number | u64 first height | u32 link | 4 zero | u32 CRC32`.
//! Frame: a head of 32 bytes (`frame_code.rs`) and the compressed canonical `BlockFrame`.

mod frame_code;
mod reader;
mod walk;
mod writer;

use std::path::{Path, PathBuf};

use borsh::{BorshDeserialize, BorshSerialize};
use ledger_types::{ChainId, Height};

pub(crate) use frame_code::{FrameCoder, StoredFrame};
pub(crate) use reader::SegmentReader;
pub(crate) use walk::{Leftover, Position, Walked, walk};
pub(crate) use writer::SegmentWriter;

/// Where a frame stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Place {
    /// The segment's number.
    pub(crate) segment: u32,
    /// Byte in it.
    pub(crate) offset: u64,
    /// Bytes with the head.
    pub(crate) len: u32,
}

/// The checksum of the frame before; of the chain's id before the first.
pub(crate) type Link = u32;

pub(crate) fn first_link(chain: &ChainId) -> Link {
    crc32fast::hash(&chain.0)
}

/// Bytes of the header of a segment.
pub(crate) const HEADER_BYTES: usize = 64;

const MAGIC: &[u8; 8] = b"TAXSEG\0\x01";

/// The header of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) chain: ChainId,
    pub(crate) number: u32,
    pub(crate) first: Height,
    pub(crate) link: Link,
}

impl SegmentHeader {
    fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut out = [0; HEADER_BYTES];
        out[..8].copy_from_slice(MAGIC);
        out[8..40].copy_from_slice(&self.chain.0);
        out[40..44].copy_from_slice(&self.number.to_le_bytes());
        out[44..52].copy_from_slice(&self.first.0.to_le_bytes());
        out[52..56].copy_from_slice(&self.link.to_le_bytes());
        let crc = crc32fast::hash(&out[..60]);
        out[60..].copy_from_slice(&crc.to_le_bytes());
        out
    }

    /// The header, if these are the bytes of one.
    fn decode(bytes: &[u8; HEADER_BYTES]) -> Option<Self> {
        let header = Self {
            chain: ChainId(bytes[8..40].try_into().ok()?),
            number: u32::from_le_bytes(bytes[40..44].try_into().ok()?),
            first: Height(u64::from_le_bytes(bytes[44..52].try_into().ok()?)),
            link: u32::from_le_bytes(bytes[52..56].try_into().ok()?),
        };
        (header.encode() == *bytes).then_some(header)
    }
}

pub(crate) fn segment_path(dir: &Path, number: u32) -> PathBuf {
    dir.join(format!("seg-{number:06}"))
}

/// The number in a segment's name.
pub(crate) fn segment_number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("seg-")?;
    (digits.len() == 6).then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
#[path = "segment/segment_test.rs"]
mod segment_test;
