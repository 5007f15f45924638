//! A chunk's bytes, on disk and on the way: `"TXSNAP1\0" | u32 raw length | u32 CRC32 of the rest | zstd of the canonical
//! chunk`, little-endian. What it says is proven by its root; the checksum tells a rotten disk from a lying peer.

use ledger_types::Canonical;
use proofs::snapshot::{Chunk, ChunkName, MAX_CHUNK_BYTES, Manifest, SnapshotFault};

const MAGIC: &[u8; 8] = b"TXSNAP1\0";
const HEAD: usize = 16;
/// Half the time of level 3 for a few percent.
const LEVEL: i32 = 1;

/// Longest chunk on its way.
pub const MAX_CHUNK_FILE_BYTES: usize = MAX_CHUNK_BYTES + (1 << 20);

/// The bytes of a chunk; why not, if it is too large.
pub(crate) fn encode(raw: &[u8]) -> Result<Vec<u8>, String> {
    let len = u32::try_from(raw.len()).ok().filter(|_| raw.len() <= MAX_CHUNK_BYTES);
    let len = len.ok_or_else(|| format!("a chunk of {} bytes is too large", raw.len()))?;
    let mut out = vec![0; HEAD + zstd_safe::compress_bound(raw.len())];
    let stored =
        zstd_safe::compress(&mut out[HEAD..], raw, LEVEL).map_err(|code| zstd_safe::get_error_name(code).to_owned())?;
    out.truncate(HEAD + stored);
    out[..8].copy_from_slice(MAGIC);
    out[8..12].copy_from_slice(&len.to_le_bytes());
    let crc = crc32fast::hash(&out[HEAD..]);
    out[12..16].copy_from_slice(&crc.to_le_bytes());
    Ok(out)
}

/// The canonical bytes in a chunk's, or what is wrong.
pub(crate) fn decode(bytes: &[u8]) -> Result<Vec<u8>, &'static str> {
    let (head, stored) = bytes.split_first_chunk::<HEAD>().ok_or("it ends early")?;
    if !head.starts_with(MAGIC) {
        return Err("it does not begin like a chunk");
    }
    let number = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let raw_len = number(8) as usize;
    if raw_len > MAX_CHUNK_BYTES || bytes.len() > MAX_CHUNK_FILE_BYTES {
        return Err("it is too large");
    }
    if crc32fast::hash(stored) != number(12) {
        return Err("its checksum is wrong");
    }
    let mut raw = vec![0; raw_len];
    match zstd_safe::decompress(raw.as_mut_slice(), stored) {
        Ok(len) if len == raw_len => Ok(raw),
        _ => Err("it does not decompress"),
    }
}

/// A chunk from its bytes, of the kind that its name says; its root is not looked at.
///
/// # Errors
/// [`SnapshotFault::Form`].
pub fn decode_chunk(name: ChunkName, bytes: &[u8]) -> Result<Chunk, SnapshotFault> {
    let raw = decode(bytes).map_err(|what| SnapshotFault::Form(name, what))?;
    let chunk = Chunk::from_canonical(&raw).map_err(|_| SnapshotFault::Form(name, "it is no chunk"))?;
    if chunk.fits(name) { Ok(chunk) } else { Err(SnapshotFault::Form(name, "it is of another kind")) }
}

/// A manifest from its bytes; whether it is true is not looked at.
///
/// # Errors
/// [`SnapshotFault::Form`].
pub fn decode_manifest(bytes: &[u8]) -> Result<Manifest, SnapshotFault> {
    let raw = decode(bytes).map_err(|what| SnapshotFault::Form(ChunkName::Manifest, what))?;
    Manifest::from_canonical(&raw).map_err(|_| SnapshotFault::Form(ChunkName::Manifest, "it is no manifest"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_comes_back_and_no_byte_of_it_can_change() {
        let chunk = Chunk::Slots(vec![vec![1, 2], Vec::new(), vec![3]]);
        let bytes = encode(&chunk.to_canonical()).unwrap();
        let name = ChunkName::Slots(0);
        assert_eq!(decode_chunk(name, &bytes).unwrap(), chunk);
        for at in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            assert!(decode_chunk(name, &bad).is_err(), "byte {at}");
            assert!(decode_chunk(name, &bytes[..at]).is_err(), "cut at {at}");
        }
        let other = ChunkName::Lines(0);
        assert_eq!(decode_chunk(other, &bytes), Err(SnapshotFault::Form(other, "it is of another kind")));
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_unpacked() {
        let mut bytes = encode(&[0; 100]).unwrap();
        bytes[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(decode(&bytes), Err("it is too large"));
        assert!(encode(&vec![0; MAX_CHUNK_BYTES + 1]).is_err());
    }
}
