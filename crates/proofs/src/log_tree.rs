//! RFC 6962 trees over SM3: lists that only grow, and lists that are complete (transactions, receipts, changes).
//!
//! Functions take leaf hashes ([`crate::leaf_hash`]), not leaf data.

mod frontier;
mod step;

use ledger_types::Digest;

use crate::hash::{node_hash, node_hashes};

pub use frontier::Frontier;
pub use step::{Step, climb, steps};

/// The root of no leaves: SM3 of nothing.
#[must_use]
pub fn empty_root() -> Digest {
    Digest(sm::sm3(b""))
}

/// The root over leaf hashes in order.
#[must_use]
pub fn root(leaves: &[Digest]) -> Digest {
    let mut level = leaves.to_vec();
    while level.len() > 1 {
        level = parents(&level);
    }
    level.first().copied().unwrap_or_else(empty_root)
}

/// The next level up; an odd last node rises as it is, which is RFC 6962's split at the largest power of two.
fn parents(level: &[Digest]) -> Vec<Digest> {
    let pairs = level.chunks_exact(2);
    let odd = pairs.remainder().first().copied();
    let mut out = node_hashes(pairs.map(|pair| (pair[0], pair[1])));
    out.extend(odd);
    out
}

/// The siblings from leaf `index` up to the root, or `None` if there is no such leaf.
#[must_use]
pub fn path(leaves: &[Digest], index: usize) -> Option<Vec<Digest>> {
    if index >= leaves.len() {
        return None;
    }
    let (mut level, mut place, mut out) = (leaves.to_vec(), index, Vec::new());
    while level.len() > 1 {
        out.extend(level.get(place ^ 1));
        level = parents(&level);
        place /= 2;
    }
    Some(out)
}

/// Whether `leaf` is leaf `index` of the `size` leaves under `root`.
#[must_use]
pub fn verify(leaf: &Digest, index: u64, size: u64, path: &[Digest], root: &Digest) -> bool {
    if index >= size {
        return false;
    }
    let (mut hash, mut place, mut last, mut siblings) = (*leaf, index, size - 1, path.iter());
    while last > 0 {
        if place & 1 == 1 || place < last {
            let Some(sibling) = siblings.next() else {
                return false;
            };
            hash = if place & 1 == 1 { node_hash(sibling, &hash) } else { node_hash(&hash, sibling) };
        }
        (place, last) = (place / 2, last / 2);
    }
    siblings.next().is_none() && hash == *root
}

/// The root that a path leads to from leaf `index`, where the number of leaves is not known.
///
/// Index and length of the path fix the shape: every one-bit of the index has a sibling on the left, and of the
/// zero-bits those lowest down have one on the right. `None` if the path is too short for the index or too long
/// for any tree.
///
/// This is a necessary condition on the place, not a proof of it: leaf 2 of three has the path of leaf 1 of two.
#[must_use]
pub fn fold(leaf: &Digest, index: u64, path: &[Digest]) -> Option<Digest> {
    let length = u32::try_from(path.len()).ok().filter(|length| *length <= u64::BITS)?;
    let mut on_the_right = length.checked_sub(index.count_ones())?;
    let (mut hash, mut place) = (*leaf, index);
    let mut siblings = path.iter();
    while place > 0 || on_the_right > 0 {
        if place & 1 == 1 {
            hash = node_hash(siblings.next()?, &hash);
        } else if on_the_right > 0 {
            hash = node_hash(&hash, siblings.next()?);
            on_the_right -= 1;
        }
        place /= 2;
    }
    Some(hash)
}

#[cfg(test)]
#[path = "log_tree_test.rs"]
mod log_tree_test;
