//! One page: 64 leaves and the six levels above them.
//!
//! On disk, 4,096 bytes: 127 nodes (64 leaves, 32, 16, 8, 4, 2, the root), `u64 page | u64 height | 12 zero | u32 CRC32`.

use ledger_types::{Digest, Height};
use proofs::dense_tree::PAGE_LEVELS;

/// Leaves of a page.
pub(crate) const PAGE_LEAVES: usize = 1 << PAGE_LEVELS;
/// Bytes of a page on disk.
pub(crate) const PAGE_BYTES: usize = 4096;

const NODES: usize = 2 * PAGE_LEAVES - 1;
const NODE_BYTES: usize = 32 * NODES;

/// The nodes of a page, level by level from the leaves.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Page {
    nodes: [Digest; NODES],
}

/// A page as read from disk: its checksum and number were right.
#[derive(Clone)]
pub(crate) struct StoredPage {
    pub(crate) page: Page,
    /// The height at which it was taken.
    pub(crate) height: Height,
}

/// Where the nodes of a level begin.
fn start(level: u32) -> usize {
    2 * PAGE_LEAVES - ((2 * PAGE_LEAVES) >> level)
}

impl Page {
    /// A page without leaves.
    pub(crate) fn empty() -> Self {
        Self::of_leaves(&[Digest::ZERO; PAGE_LEAVES])
    }

    /// Hashes a page's levels.
    pub(crate) fn of_leaves(leaves: &[Digest; PAGE_LEAVES]) -> Self {
        let mut nodes = [Digest::ZERO; NODES];
        nodes[..PAGE_LEAVES].copy_from_slice(leaves);
        for level in 1..=PAGE_LEVELS {
            let below = nodes[start(level - 1)..start(level)].to_vec();
            let hashes = proofs::node_hashes(below.chunks_exact(2).map(|pair| (pair[0], pair[1])));
            nodes[start(level)..start(level) + hashes.len()].copy_from_slice(&hashes);
        }
        Self { nodes }
    }

    fn at(level: u32, place: u64) -> usize {
        let width = PAGE_LEAVES as u64 >> level;
        start(level) + usize::try_from(place % width).expect("less than 64")
    }

    /// The node of a level (0 to 6); `place` counts over the whole tree.
    pub(crate) fn node(&self, level: u32, place: u64) -> Digest {
        self.nodes[Self::at(level, place)]
    }

    pub(crate) fn set(&mut self, level: u32, place: u64, hash: Digest) {
        self.nodes[Self::at(level, place)] = hash;
    }

    pub(crate) fn root(&self) -> Digest {
        self.nodes[NODES - 1]
    }

    /// The bytes on disk.
    pub(crate) fn encode(&self, id: u64, height: Height) -> [u8; PAGE_BYTES] {
        let mut out = [0; PAGE_BYTES];
        for (place, node) in out.chunks_exact_mut(32).zip(&self.nodes) {
            place.copy_from_slice(&node.0);
        }
        out[NODE_BYTES..NODE_BYTES + 8].copy_from_slice(&id.to_le_bytes());
        out[NODE_BYTES + 8..NODE_BYTES + 16].copy_from_slice(&height.0.to_le_bytes());
        let crc = crc32fast::hash(&out[..PAGE_BYTES - 4]);
        out[PAGE_BYTES - 4..].copy_from_slice(&crc.to_le_bytes());
        out
    }

    /// The page, if these are the bytes of page `id`.
    pub(crate) fn decode(bytes: &[u8], id: u64) -> Option<StoredPage> {
        let (body, crc) = bytes.split_last_chunk::<4>()?;
        if bytes.len() != PAGE_BYTES || crc32fast::hash(body).to_le_bytes() != *crc {
            return None;
        }
        let number = |at: usize| Some(u64::from_le_bytes(body.get(at..at + 8)?.try_into().ok()?));
        let mut nodes = [Digest::ZERO; NODES];
        for (node, place) in nodes.iter_mut().zip(body.chunks_exact(32)) {
            node.0.copy_from_slice(place);
        }
        let height = Height(number(NODE_BYTES + 8)?);
        (number(NODE_BYTES)? == id).then_some(StoredPage { page: Self { nodes }, height })
    }
}

const _: () = assert!(NODE_BYTES + 8 + 8 + 12 + 4 == PAGE_BYTES);

/// The node over nothing is the page's as well as the tree's.
#[cfg(test)]
#[test]
fn an_empty_page_has_the_empty_root() {
    assert_eq!(Page::empty().root(), proofs::dense_tree::empty(PAGE_LEVELS));
    assert_eq!(Page::empty().node(3, 5), proofs::dense_tree::empty(3));
}
