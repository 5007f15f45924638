//! A frame's bytes.
//!
//! `"TXF1" | u8 1 = zstd | 3 zero | u64 height | u32 raw length | u32 stored length | u32 link | u32 CRC32 of all this
//! and the payload | payload`, little-endian.

use ledger_types::Height;

use super::Link;

pub(crate) const HEAD_BYTES: usize = 32;
/// No frame is larger: blocks are limited to 8 MiB, change sets and receipts to a few times that.
pub(crate) const MAX_FRAME_BYTES: u32 = 1 << 28;

const MAGIC: &[u8; 4] = b"TXF1";
const ZSTD: u8 = 1;
/// Measured: 193 of 420 bytes a transaction at 1 µs; level 3 costs twice for 1 byte.
const LEVEL: i32 = 1;

/// Makes frames; keeps the compressor's memory between them.
pub(crate) struct FrameCoder {
    compressor: zstd_safe::CCtx<'static>,
}

/// The head of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameHead {
    pub(crate) height: Height,
    pub(crate) raw: u32,
    pub(crate) stored: u32,
    pub(crate) link: Link,
    pub(crate) crc: u32,
}

/// A frame as read: its checksum was right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredFrame {
    pub(crate) height: Height,
    /// The checksum of the frame before.
    pub(crate) link: Link,
    /// Its own.
    pub(crate) crc: u32,
    /// The canonical `BlockFrame`.
    pub(crate) raw: Vec<u8>,
}

impl Default for FrameCoder {
    fn default() -> Self {
        Self { compressor: zstd_safe::CCtx::create() }
    }
}

impl FrameCoder {
    /// The bytes of a frame and its checksum; why not, if it is too large.
    pub(crate) fn encode(&mut self, height: Height, link: Link, raw: &[u8]) -> Result<(Vec<u8>, u32), String> {
        let raw_len = u32::try_from(raw.len()).ok().filter(|len| *len <= MAX_FRAME_BYTES);
        let raw_len = raw_len.ok_or_else(|| format!("a frame of {} bytes is too large", raw.len()))?;
        let mut out = vec![0; HEAD_BYTES + zstd_safe::compress_bound(raw.len())];
        let stored = self
            .compressor
            .compress(&mut out[HEAD_BYTES..], raw, LEVEL)
            .map_err(|code| zstd_safe::get_error_name(code).to_owned())?;
        out.truncate(HEAD_BYTES + stored);
        let stored = u32::try_from(stored).map_err(|_| "a frame is too large".to_owned())?;
        out[..4].copy_from_slice(MAGIC);
        out[4] = ZSTD;
        out[8..16].copy_from_slice(&height.0.to_le_bytes());
        out[16..20].copy_from_slice(&raw_len.to_le_bytes());
        out[20..24].copy_from_slice(&stored.to_le_bytes());
        out[24..28].copy_from_slice(&link.to_le_bytes());
        let crc = checksum(&out);
        out[28..32].copy_from_slice(&crc.to_le_bytes());
        Ok((out, crc))
    }
}

fn checksum(frame: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&frame[..28]);
    hasher.update(&frame[HEAD_BYTES..]);
    hasher.finalize()
}

impl FrameHead {
    /// The head, if these may be the bytes of one; the checksum is not looked at.
    pub(crate) fn decode(bytes: &[u8; HEAD_BYTES]) -> Option<Self> {
        let number = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let (raw, stored) = (number(16), number(20));
        let known = bytes[..8] == [MAGIC.as_slice(), &[ZSTD, 0, 0, 0]].concat();
        (known && raw <= MAX_FRAME_BYTES && u64::from(stored) <= zstd_safe::compress_bound(raw as usize) as u64).then(
            || Self {
                height: Height(u64::from(number(8)) | u64::from(number(12)) << 32),
                raw,
                stored,
                link: number(24),
                crc: number(28),
            },
        )
    }

    /// Bytes of the whole frame.
    pub(crate) fn len(&self) -> u64 {
        HEAD_BYTES as u64 + u64::from(self.stored)
    }
}

/// The frame, or what is wrong with the bytes.
pub(crate) fn decode(bytes: &[u8]) -> Result<StoredFrame, &'static str> {
    let head_bytes = bytes.first_chunk().ok_or("the frame ends early")?;
    let head = FrameHead::decode(head_bytes).ok_or("no frame begins here")?;
    if bytes.len() as u64 != head.len() {
        return Err("the frame has another length");
    }
    if checksum(bytes) != head.crc {
        return Err("the frame's checksum is wrong");
    }
    let mut raw = vec![0; head.raw as usize];
    match zstd_safe::decompress(raw.as_mut_slice(), &bytes[HEAD_BYTES..]) {
        Ok(len) if len == raw.len() => Ok(StoredFrame { height: head.height, link: head.link, crc: head.crc, raw }),
        _ => Err("the frame does not decompress"),
    }
}
