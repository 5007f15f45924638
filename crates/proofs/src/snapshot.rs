//! The state after one block, in chunks that are each proven by themselves.
//!
//! A manifest lists the roots of the chunks: subtrees of the slot tree, of the request log and of the register. Folded
//! together they are the roots of the state's trees, and so the state root that the next header commits to. Who has
//! followed the headers up to that one can check the manifest, and by it each chunk before anything of it is stored.

mod chunk;
mod fault;
mod manifest;

pub use chunk::{Chunk, ChunkName, Entry};
pub use fault::SnapshotFault;
pub use manifest::{Manifest, lines_root, register_chunk, register_part, slots_root};

/// Levels of the slot tree in a chunk: 8,192 slots.
pub const SLOT_LEVELS: u32 = 13;
/// Levels of the request log in a chunk: 8,192 lines.
pub const LINE_LEVELS: u32 = 13;
/// Most bits of the register's chunks: 65,536 chunks.
pub const MAX_REGISTER_BITS: u8 = 16;
/// Header entries in a chunk, but for the last.
pub const HEADERS: u64 = 512;
/// How many of the newest blocks' carried certificates come with it: who proposes next depends on them.
pub const CARRIED: u64 = 8;
/// Most bytes of a chunk's canonical form.
pub const MAX_CHUNK_BYTES: usize = 16 << 20;

/// How many chunks of `2^levels` so many leaves fill.
#[must_use]
pub fn chunks_of(leaves: u64, levels: u32) -> u64 {
    leaves.div_ceil(1 << levels)
}

#[cfg(test)]
#[path = "snapshot/snapshot_test.rs"]
mod snapshot_test;
