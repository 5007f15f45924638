//! The register's tree: a compact sparse Merkle map.
//!
//! A key's place is its hash, bit by bit from the most significant. A subtree without leaves is 32 zero bytes, a
//! subtree with one leaf is that leaf, SM3(0x00 | key hash | value hash), any other is SM3(0x01 | left | right). So
//! the root depends on the entries alone, not on the order or history of their writing.

mod arena;
mod part;
mod proof;

use ledger_types::{Canonical, Digest, RegistryKey, RegistryValue};

use crate::hash::{LEAF_PREFIX, NODE_PREFIX, prefixed_hashes};
use arena::{Arena, Link, Target};

pub use part::{Few, Part};
pub use proof::{SparseEnd, SparseProof, verify_absence, verify_inclusion};

/// The place of a register entry: SM3 of its storage key.
#[must_use]
pub fn key_hash(key: &RegistryKey) -> Digest {
    Digest(sm::sm3(&key.storage_key()))
}

/// SM3 of the canonical bytes of a register value.
#[must_use]
pub fn value_hash(value: &RegistryValue) -> Digest {
    Digest(sm::sm3(&value.to_canonical()))
}

/// The map in memory: about 200 bytes an entry. Writes only mark what they touch; [`SparseTree::root`] hashes it,
/// level by level.
#[derive(Clone, Default)]
pub struct SparseTree {
    arena: Arena,
    root: Link,
    len: usize,
}

/// Bit `depth` of a key, from the most significant.
fn bit(key: &Digest, depth: usize) -> usize {
    usize::from(key.0[depth / 8] >> (7 - depth % 8) & 1)
}

impl SparseTree {
    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// True without entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The value hash of a key.
    #[must_use]
    pub fn get(&self, key_hash: &Digest) -> Option<Digest> {
        let mut link = self.root;
        for depth in 0.. {
            match link.target() {
                Target::Empty => return None,
                Target::Leaf(leaf) => {
                    let leaf = self.arena.leaf(leaf);
                    return (leaf.key == *key_hash).then_some(leaf.value);
                }
                Target::Inner(node) => link = self.arena.inner(node).children[bit(key_hash, depth)],
            }
        }
        None
    }

    /// Writes an entry, new or not.
    pub fn insert(&mut self, key_hash: Digest, value_hash: Digest) {
        let (mut above, mut link) = (None, self.root);
        let mut depth = 0;
        while let Target::Inner(node) = link.target() {
            let node_ref = self.arena.inner_mut(node);
            node_ref.dirty = true;
            let side = bit(&key_hash, depth);
            (above, link) = (Some((node, side)), node_ref.children[side]);
            depth += 1;
        }
        let new = match link.target() {
            Target::Leaf(leaf) if self.arena.leaf(leaf).key == key_hash => {
                self.arena.rewrite_leaf(leaf, value_hash);
                return;
            }
            Target::Leaf(leaf) => {
                let (old, old_key) = (link, self.arena.leaf(leaf).key);
                let new = self.arena.new_leaf(key_hash, value_hash);
                self.split((old, old_key), (new, key_hash), depth)
            }
            _ => self.arena.new_leaf(key_hash, value_hash),
        };
        self.len += 1;
        self.attach(above, new);
    }

    /// The subtree at `depth` that holds two leaves.
    fn split(&mut self, old: (Link, Digest), new: (Link, Digest), depth: usize) -> Link {
        let mut fork = depth;
        while bit(&old.1, fork) == bit(&new.1, fork) {
            fork += 1; // Ends before 256: the keys differ.
        }
        let mut children = [old.0; 2];
        children[bit(&new.1, fork)] = new.0;
        let mut top = self.arena.new_inner(children);
        for level in (depth..fork).rev() {
            let mut children = [Link::EMPTY; 2];
            children[bit(&new.1, level)] = top;
            top = self.arena.new_inner(children);
        }
        top
    }

    /// Removes an entry; nothing happens if there is none.
    pub fn remove(&mut self, key_hash: &Digest) {
        let (mut path, mut link) = (Vec::new(), self.root);
        while let Target::Inner(node) = link.target() {
            let side = bit(key_hash, path.len());
            path.push((node, side));
            link = self.arena.inner(node).children[side];
        }
        let Target::Leaf(leaf) = link.target() else { return };
        if self.arena.leaf(leaf).key != *key_hash {
            return;
        }
        self.arena.free_leaf(leaf);
        self.len -= 1;
        let lifted = self.lift(&mut path);
        for (node, _) in &path {
            self.arena.inner_mut(*node).dirty = true;
        }
        self.attach(path.last().copied(), lifted);
    }

    /// Takes away the nodes that would stand above a single leaf; what then belongs under the last of `path`.
    fn lift(&mut self, path: &mut Vec<(u32, usize)>) -> Link {
        let mut rest = Link::EMPTY;
        while let Some((node, side)) = path.last().copied() {
            let sibling = self.arena.inner(node).children[1 - side];
            let alone = match (rest.target(), sibling.target()) {
                (Target::Empty, Target::Leaf(_)) => sibling,
                (Target::Leaf(_), Target::Empty) => rest,
                _ => break,
            };
            rest = alone;
            self.arena.free_inner(node);
            path.pop();
        }
        rest
    }

    fn attach(&mut self, above: Option<(u32, usize)>, link: Link) {
        match above {
            Some((node, side)) => self.arena.inner_mut(node).children[side] = link,
            None => self.root = link,
        }
    }

    /// The root over all entries; 32 zero bytes without any. Hashes what changed since the last call.
    pub fn root(&mut self) -> Digest {
        let (leaves, levels) = self.stale();
        let hashes = prefixed_hashes(LEAF_PREFIX, leaves.iter().map(|at| self.arena.leaf(*at).pair()));
        for (at, hash) in leaves.into_iter().zip(hashes) {
            self.arena.set_leaf_hash(at, hash);
        }
        for level in levels.into_iter().rev() {
            let hashes = prefixed_hashes(NODE_PREFIX, level.iter().map(|at| self.arena.children_hashes(*at)));
            for (at, hash) in level.into_iter().zip(hashes) {
                self.arena.set_inner_hash(at, hash);
            }
        }
        self.arena.hash(self.root)
    }

    /// Leaves without a hash, and inner nodes without one by depth.
    fn stale(&self) -> (Vec<u32>, Vec<Vec<u32>>) {
        let (mut leaves, mut levels, mut level) = (Vec::new(), Vec::new(), vec![self.root]);
        while !level.is_empty() {
            let (mut nodes, mut below) = (Vec::new(), Vec::new());
            for link in level {
                match link.target() {
                    Target::Leaf(at) if self.arena.leaf(at).dirty => leaves.push(at),
                    Target::Inner(at) if self.arena.inner(at).dirty => {
                        nodes.push(at);
                        below.extend(self.arena.inner(at).children);
                    }
                    _ => {}
                }
            }
            levels.push(nodes);
            level = below;
        }
        (leaves, levels)
    }

    /// Shows that a key has its value, or that it has none.
    pub fn prove(&mut self, key_hash: &Digest) -> SparseProof {
        self.root();
        let (mut siblings, mut link) = (Vec::new(), self.root);
        while let Target::Inner(node) = link.target() {
            let side = bit(key_hash, siblings.len());
            let children = self.arena.inner(node).children;
            siblings.push(self.arena.hash(children[1 - side]));
            link = children[side];
        }
        let end = match link.target() {
            Target::Leaf(at) if self.arena.leaf(at).key == *key_hash => SparseEnd::Found,
            Target::Leaf(at) => {
                let (key_hash, value_hash) = self.arena.leaf(at).pair();
                SparseEnd::Other { key_hash, value_hash }
            }
            _ => SparseEnd::Empty,
        };
        SparseProof { siblings, end }
    }
}

#[cfg(test)]
#[path = "sparse_tree_test.rs"]
mod sparse_tree_test;
