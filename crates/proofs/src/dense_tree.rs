//! The slot tree: binary, dense by slot, its leaves replaceable. Kept by storage in pages of 64 leaves.

use std::sync::LazyLock;

use ledger_types::{ChainId, Digest, Purpose, domain_hash};

use crate::hash::{node_hash, node_hashes};

/// Levels of a page: 64 leaves.
pub const PAGE_LEVELS: u32 = 6;

/// Highest level with an empty node: 2^48 slots are a matter of millennia.
pub const MAX_LEVEL: u32 = 48;

const EMPTY_NODES: usize = MAX_LEVEL as usize + 1;

/// The node of a level with nothing under it: 32 zero bytes at level 0, two of the level below otherwise.
///
/// Levels above [`MAX_LEVEL`] are computed from there.
#[must_use]
pub fn empty(level: u32) -> Digest {
    static TABLE: LazyLock<[Digest; EMPTY_NODES]> = LazyLock::new(|| {
        let mut table = [Digest::ZERO; EMPTY_NODES];
        for level in 1..table.len() {
            table[level] = node_hash(&table[level - 1], &table[level - 1]);
        }
        table
    });
    let known = level.min(MAX_LEVEL);
    (known..level).fold(TABLE[known as usize], |node, _| node_hash(&node, &node))
}

/// The level of the top over so many leaves: the smallest `d >= 6` with `2^d >= leaves`.
#[must_use]
pub fn depth(leaves: u64) -> u32 {
    (u64::BITS - leaves.saturating_sub(1).leading_zeros()).max(PAGE_LEVELS)
}

/// The root: the node at [`depth`] hashed with the number of leaves, so that the top's level is not open to doubt.
#[must_use]
pub fn root(chain: &ChainId, leaves: u64, top: &Digest) -> Digest {
    let mut body = [0; 40];
    body[..8].copy_from_slice(&leaves.to_le_bytes());
    body[8..].copy_from_slice(&top.0);
    domain_hash(Purpose::DenseTree, chain, &body)
}

/// The node that `siblings` (from the leaf up) lead to from leaf `index`.
#[must_use]
pub fn fold(leaf: Digest, index: u64, siblings: &[Digest]) -> Digest {
    let mut place = index;
    siblings.iter().fold(leaf, |hash, sibling| {
        let on_the_right = place & 1 == 1;
        place >>= 1;
        if on_the_right { node_hash(sibling, &hash) } else { node_hash(&hash, sibling) }
    })
}

/// The node `levels` above a row of nodes of level `from` that begin at a multiple of its width; what is missing on the
/// right is empty.
#[must_use]
pub fn top_over(mut row: Vec<Digest>, from: u32, levels: u32) -> Digest {
    for level in from..from + levels {
        let pairs = row.chunks(2).map(|pair| (pair[0], pair.get(1).copied().unwrap_or_else(|| empty(level))));
        row = node_hashes(pairs);
    }
    row.first().copied().unwrap_or_else(|| empty(from + levels))
}

/// Whether `leaf` is leaf `index` of the `leaves` leaves under `root`.
#[must_use]
pub fn verify(chain: &ChainId, leaf: Digest, index: u64, leaves: u64, siblings: &[Digest], root: &Digest) -> bool {
    index < leaves
        && siblings.len() as u64 == u64::from(depth(leaves))
        && self::root(chain, leaves, &fold(leaf, index, siblings)) == *root
}

#[cfg(test)]
#[path = "dense_tree_test.rs"]
mod dense_tree_test;
