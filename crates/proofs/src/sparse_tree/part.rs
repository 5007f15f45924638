//! Subtrees of the map, hashed apart and put together again.

use borsh::{BorshDeserialize, BorshSerialize};
use ledger_types::Digest;

use super::bit;
use crate::hash::{LEAF_PREFIX, node_hash};

/// How many entries a subtree has, as far as the shape of the tree depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Few {
    /// None.
    None = 0,
    /// One: the subtree is its leaf.
    One = 1,
    /// More.
    More = 2,
}

/// A subtree: its hash, and what kind of node that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Part {
    /// Its entries.
    pub few: Few,
    /// Its hash; zero without entries.
    pub hash: Digest,
}

impl Part {
    /// Nothing.
    pub const EMPTY: Self = Self { few: Few::None, hash: Digest::ZERO };

    /// The subtree at `depth` over hashes of keys and values, by rising key; keys agree in their first `depth` bits and
    /// differ from each other.
    #[must_use]
    pub fn over(entries: &[(Digest, Digest)], depth: usize) -> Self {
        match entries {
            [] => Self::EMPTY,
            [(key, value)] => Self { few: Few::One, hash: Digest(sm::sm3_node(LEAF_PREFIX, &key.0, &value.0)) },
            _ => {
                let (left, right) = entries.split_at(entries.partition_point(|(key, _)| bit(key, depth) == 0));
                Self::above(Self::over(left, depth + 1), Self::over(right, depth + 1))
            }
        }
    }

    /// The subtree over two neighbours.
    #[must_use]
    pub fn above(left: Self, right: Self) -> Self {
        match (left.few, right.few) {
            (_, Few::None) if left.few != Few::More => left,
            (Few::None, _) if right.few != Few::More => right,
            _ => Self { few: Few::More, hash: node_hash(&left.hash, &right.hash) },
        }
    }

    /// The whole map over all subtrees of a depth, in order; their number is a power of two.
    #[must_use]
    pub fn join(mut row: Vec<Self>) -> Self {
        while row.len() > 1 {
            row = row.chunks(2).map(|pair| Self::above(pair[0], pair.get(1).copied().unwrap_or(Self::EMPTY))).collect();
        }
        row.first().copied().unwrap_or(Self::EMPTY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SparseTree;

    #[test]
    fn subtrees_put_together_are_the_tree_at_every_depth_and_size() {
        for size in [0_u64, 1, 2, 3, 5, 40, 300] {
            let mut entries: Vec<_> =
                (0..size).map(|n| (Digest(sm::sm3(&n.to_le_bytes())), Digest([n as u8; 32]))).collect();
            entries.sort();
            let mut tree = SparseTree::default();
            entries.iter().for_each(|(key, value)| tree.insert(*key, *value));
            for depth in 0..6 {
                let of = |prefix: usize| {
                    let mine = |e: &&(Digest, Digest)| usize::from(e.0.0[0]) >> (8 - depth) == prefix;
                    Part::over(&entries.iter().filter(mine).copied().collect::<Vec<_>>(), depth)
                };
                let joined = Part::join((0..1 << depth).map(of).collect());
                assert_eq!(joined.hash, tree.root(), "{size} entries at depth {depth}");
            }
        }
    }

    #[test]
    fn two_entries_on_one_side_stand_under_a_node_and_one_does_not() {
        let (one, more) =
            (Part { few: Few::One, hash: Digest([1; 32]) }, Part { few: Few::More, hash: Digest([2; 32]) });
        assert_eq!(Part::above(one, Part::EMPTY), one);
        assert_eq!(Part::above(Part::EMPTY, one), one);
        assert_eq!(Part::above(Part::EMPTY, more).hash, node_hash(&Digest::ZERO, &more.hash));
        assert_eq!(Part::above(more, Part::EMPTY).hash, node_hash(&more.hash, &Digest::ZERO));
    }
}
