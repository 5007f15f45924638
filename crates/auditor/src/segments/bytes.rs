//! The heads of segments and frames.

use ledger_types::{ChainId, Height};

pub(super) const SEGMENT_HEADER: usize = 64;
pub(super) const FRAME_HEAD: usize = 32;

const SEGMENT_MAGIC: &[u8; 8] = b"TAXSEG\0\x01";
const FRAME_MAGIC: &[u8; 4] = b"TXF1";
/// Behind the magic: the payload is compressed with zstd.
const WHOLE: [u8; 4] = [1, 0, 0, 0];
/// The same, but contents were erased: the next frame's link stands before the compressed bytes, zeros behind them.
const ERASED: [u8; 4] = [2, 0, 0, 0];
/// No frame is larger, packed or not.
const MAX_FRAME: u32 = 1 << 28;

/// What a segment's header must say.
pub(super) struct SegmentHead {
    pub(super) chain: ChainId,
    pub(super) number: u32,
    pub(super) first: Height,
    pub(super) link: u32,
}

impl SegmentHead {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(SEGMENT_HEADER);
        out.extend_from_slice(SEGMENT_MAGIC);
        out.extend_from_slice(&self.chain.0);
        out.extend_from_slice(&self.number.to_le_bytes());
        out.extend_from_slice(&self.first.0.to_le_bytes());
        out.extend_from_slice(&self.link.to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        let crc = crc32fast::hash(&out);
        out.extend_from_slice(&crc.to_le_bytes());
        out
    }
}

/// A frame's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameHead {
    pub(super) height: Height,
    erased: bool,
    pub(super) raw: u32,
    pub(super) stored: u32,
    pub(super) link: u32,
    pub(super) crc: u32,
}

impl FrameHead {
    /// The head, if these may be the bytes of one.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (form, rest) = bytes.strip_prefix(FRAME_MAGIC)?.split_first_chunk()?;
        let erased = match *form {
            WHOLE => false,
            ERASED => true,
            _ => return None,
        };
        let number = |at: usize| Some(u32::from_le_bytes(rest.get(at..at + 4)?.try_into().ok()?));
        let height = u64::from_le_bytes(rest.get(..8)?.try_into().ok()?);
        let head = Self {
            height: Height(height),
            erased,
            raw: number(8)?,
            stored: number(12)?,
            link: number(16)?,
            crc: number(20)?,
        };
        (head.raw <= MAX_FRAME && head.stored <= MAX_FRAME).then_some(head)
    }

    /// The frame's canonical bytes, and the link that the next frame has.
    pub(super) fn unpack(&self, payload: &[u8]) -> Option<(Vec<u8>, u32)> {
        let (link, packed) = if self.erased { erased(payload)? } else { (self.crc, payload) };
        let mut raw = vec![0; self.raw as usize];
        let len = zstd_safe::decompress(raw.as_mut_slice(), packed).ok()?;
        (len == raw.len()).then_some((raw, link))
    }
}

/// Link and compressed bytes of an erased frame. What stands behind them must be zeros.
fn erased(payload: &[u8]) -> Option<(u32, &[u8])> {
    let (link, rest) = payload.split_first_chunk()?;
    let end = zstd_safe::find_frame_compressed_size(rest).ok()?;
    let padding = rest.get(end..)?;
    padding.iter().all(|byte| *byte == 0).then_some((u32::from_le_bytes(*link), &rest[..end]))
}

/// The checksum of a frame: its head up to the checksum, and its payload.
pub(super) fn checksum(head: &[u8], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&head[..FRAME_HEAD - 4]);
    hasher.update(payload);
    hasher.finalize()
}

/// Where a whole frame of a height above `above` begins in `bytes`.
pub(super) fn find_whole_frame(bytes: &[u8], above: Height) -> Option<usize> {
    let mut from = 0;
    while let Some(place) = bytes[from..].windows(FRAME_MAGIC.len()).position(|window| window == FRAME_MAGIC) {
        let at = from + place;
        let whole = FrameHead::decode(&bytes[at..]).filter(|head| head.height > above).is_some_and(|head| {
            let payload = at + FRAME_HEAD;
            let end = payload + head.stored as usize;
            bytes.get(payload..end).is_some_and(|body| checksum(&bytes[at..payload], body) == head.crc)
        });
        if whole {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// The frame that a journal of an erasure has for a place, if it is whole and about it.
pub(super) fn journaled(bytes: &[u8], segment: u32, offset: u64, len: usize) -> Option<Vec<u8>> {
    let (body, crc) = bytes.split_last_chunk::<4>()?;
    let mut head = b"TXERASE1".to_vec();
    head.extend_from_slice(&segment.to_le_bytes());
    head.extend_from_slice(&offset.to_le_bytes());
    head.extend_from_slice(&u32::try_from(len).ok()?.to_le_bytes());
    let frame = body.strip_prefix(head.as_slice())?;
    (crc32fast::hash(body) == u32::from_le_bytes(*crc) && frame.len() == len).then(|| frame.to_vec())
}
