//! A frame's bytes.
//!
//! `"TXF1" | u8 1 = zstd | 3 zero | u64 height | u32 raw length | u32 stored length | u32 link | u32 CRC32 of all this
//! and the payload | payload`, little-endian.
//!
//! A frame of which contents were erased keeps its place and length: its second number is 2, and the payload is `u32 link that
//! the next frame has | zstd | zeros`. That link is the checksum that the frame had at first.

use ledger_types::Height;

use super::Link;

pub(crate) const HEAD_BYTES: usize = 32;
/// No frame is larger: blocks are limited to 8 MiB, change sets and receipts to a few times that.
pub(crate) const MAX_FRAME_BYTES: u32 = 1 << 28;

const MAGIC: &[u8; 4] = b"TXF1";
const ZSTD: u8 = 1;
const ZSTD_ERASED: u8 = 2;
/// Bytes before the compressed frame of which contents were erased.
const LINK_BYTES: usize = 4;
/// Tried in turn until an erased frame fits where the whole one stood: the first does, but for a few tiny blocks.
const ERASED_LEVELS: [i32; 4] = [LEVEL, 9, 19, 22];
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
    code: u8,
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
    /// Its own: what the next frame has as its link.
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
        let raw_len = raw_len(raw)?;
        let mut out = vec![0; HEAD_BYTES + zstd_safe::compress_bound(raw.len())];
        let stored = self
            .compressor
            .compress(&mut out[HEAD_BYTES..], raw, LEVEL)
            .map_err(|code| zstd_safe::get_error_name(code).to_owned())?;
        out.truncate(HEAD_BYTES + stored);
        let stored = u32::try_from(stored).map_err(|_| "a frame is too large".to_owned())?;
        let crc = head(&mut out, ZSTD, height, [raw_len, stored, link]);
        Ok((out, crc))
    }

    /// The bytes of a frame of which contents were erased, in place of one that had `len` bytes; why not, if they do not fit.
    pub(crate) fn encode_erased(&mut self, before: &StoredFrame, raw: &[u8], len: u32) -> Result<Vec<u8>, String> {
        let (raw_len, room) = (raw_len(raw)?, (len as usize).saturating_sub(HEAD_BYTES + LINK_BYTES));
        for level in ERASED_LEVELS {
            let mut compressed = vec![0; zstd_safe::compress_bound(raw.len())];
            let stored = self
                .compressor
                .compress(compressed.as_mut_slice(), raw, level)
                .map_err(|code| zstd_safe::get_error_name(code).to_owned())?;
            if stored > room {
                continue;
            }
            let mut out = vec![0; HEAD_BYTES];
            out.extend_from_slice(&before.crc.to_le_bytes());
            out.extend_from_slice(&compressed[..stored]);
            out.resize(len as usize, 0);
            head(&mut out, ZSTD_ERASED, before.height, [raw_len, len - HEAD_BYTES as u32, before.link]);
            return Ok(out);
        }
        Err(format!("an erased frame of {} bytes does not fit into {room}", raw.len()))
    }
}

fn raw_len(raw: &[u8]) -> Result<u32, String> {
    let len = u32::try_from(raw.len()).ok().filter(|len| *len <= MAX_FRAME_BYTES);
    len.ok_or_else(|| format!("a frame of {} bytes is too large", raw.len()))
}

/// Writes a frame's head before its payload; its checksum.
fn head(out: &mut [u8], code: u8, height: Height, [raw, stored, link]: [u32; 3]) -> u32 {
    out[..4].copy_from_slice(MAGIC);
    out[4] = code;
    out[8..16].copy_from_slice(&height.0.to_le_bytes());
    out[16..20].copy_from_slice(&raw.to_le_bytes());
    out[20..24].copy_from_slice(&stored.to_le_bytes());
    out[24..28].copy_from_slice(&link.to_le_bytes());
    let crc = checksum(out);
    out[28..32].copy_from_slice(&crc.to_le_bytes());
    crc
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
        let code = bytes[4];
        // An erased frame is as long as the whole one was.
        let longest = match code {
            ZSTD => raw,
            ZSTD_ERASED => MAX_FRAME_BYTES,
            _ => return None,
        };
        let known = bytes[..4] == *MAGIC && bytes[5..8] == [0; 3];
        (known && raw <= MAX_FRAME_BYTES && u64::from(stored) <= zstd_safe::compress_bound(longest as usize) as u64)
            .then(|| Self {
                height: Height(u64::from(number(8)) | u64::from(number(12)) << 32),
                code,
                raw,
                stored,
                link: number(24),
                crc: number(28),
            })
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
    let (crc, compressed) = match head.code {
        ZSTD_ERASED => erased_payload(&bytes[HEAD_BYTES..]).ok_or("the erased frame is not in form")?,
        _ => (head.crc, &bytes[HEAD_BYTES..]),
    };
    let mut raw = vec![0; head.raw as usize];
    match zstd_safe::decompress(raw.as_mut_slice(), compressed) {
        Ok(len) if len == raw.len() => Ok(StoredFrame { height: head.height, link: head.link, crc, raw }),
        _ => Err("the frame does not decompress"),
    }
}

/// The link and the compressed bytes in the payload of an erased frame; nothing but zeros stands behind them.
fn erased_payload(payload: &[u8]) -> Option<(Link, &[u8])> {
    let (link, rest) = payload.split_first_chunk::<LINK_BYTES>()?;
    let len = zstd_safe::find_frame_compressed_size(rest).ok()?;
    let (compressed, zeros) = rest.split_at_checked(len)?;
    zeros.iter().all(|byte| *byte == 0).then(|| (u32::from_le_bytes(*link), compressed))
}
