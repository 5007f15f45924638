//! The state's trees, rebuilt from the auditor's own values.

use std::collections::BTreeSet;

use ledger_types::{ChainId, Digest};
use proofs::log_tree::Frontier;
use proofs::{SparseTree, StateRoots, dense_tree, node_hash, request_leaf, slot_leaf};

use crate::world::{Touched, World};

/// The slot tree, level by level. Level 0 holds the leaves.
#[derive(Debug, Default)]
struct SlotTree {
    levels: Vec<Vec<Digest>>,
    dirty: BTreeSet<usize>,
}

impl SlotTree {
    fn set(&mut self, index: usize, leaf: Digest) {
        if self.levels.is_empty() {
            self.levels.push(Vec::new());
        }
        place(&mut self.levels[0], index, leaf);
        self.dirty.insert(index);
    }

    /// Recomputes what is above changed leaves.
    fn root(&mut self, chain: &ChainId) -> Digest {
        let leaves = self.levels.first().map_or(0, Vec::len);
        let depth = dense_tree::depth(leaves as u64);
        let mut changed = std::mem::take(&mut self.dirty);
        for level in 0..depth {
            let below = level as usize;
            if self.levels.len() < below + 2 {
                self.levels.resize(below + 2, Vec::new());
            }
            let parents: BTreeSet<usize> = changed.iter().map(|index| index / 2).collect();
            for parent in &parents {
                let child = |index: usize| self.levels[below].get(index).copied().unwrap_or(dense_tree::empty(level));
                let node = node_hash(&child(2 * parent), &child(2 * parent + 1));
                place(&mut self.levels[below + 1], *parent, node);
            }
            changed = parents;
        }
        let top = self.levels.get(depth as usize).and_then(|level| level.first());
        dense_tree::root(chain, leaves as u64, top.unwrap_or(&dense_tree::empty(depth)))
    }
}

fn place(level: &mut Vec<Digest>, index: usize, value: Digest) {
    if index >= level.len() {
        level.resize(index + 1, Digest::ZERO);
    }
    level[index] = value;
}

/// All trees.
#[derive(Default)]
pub(crate) struct Trees {
    slots: SlotTree,
    requests: Frontier,
    register: SparseTree,
}

impl Trees {
    /// Takes over what a block touched.
    pub(crate) fn update(&mut self, world: &World, touched: &Touched) {
        for slot in touched.outputs.keys() {
            if let (Some(output), Ok(index)) = (world.output(*slot), usize::try_from(slot.0)) {
                self.slots.set(index, slot_leaf(output));
            }
        }
        for key in touched.register.keys() {
            let hash = proofs::sparse_tree::key_hash(key);
            match world.entry(key) {
                Some(value) => self.register.insert(hash, proofs::sparse_tree::value_hash(value)),
                None => self.register.remove(&hash),
            }
        }
        for entry in &touched.requests {
            self.requests.push(request_leaf(entry));
        }
    }

    /// The state root.
    pub(crate) fn root(&mut self, chain: &ChainId) -> Digest {
        let slots = self.slots.root(chain);
        StateRoots::new(slots, self.requests.root(), self.register.root()).combine(chain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf_of(number: usize) -> Digest {
        Digest([u8::try_from(number % 251).expect("below 251"); 32])
    }

    /// The whole tree at once.
    fn slow_root(chain: &ChainId, leaves: &[Digest]) -> Digest {
        let depth = dense_tree::depth(leaves.len() as u64);
        let mut level: Vec<Digest> = leaves.to_vec();
        level.resize(1 << depth, Digest::ZERO);
        while level.len() > 1 {
            level = level.chunks(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
        }
        dense_tree::root(chain, leaves.len() as u64, &level[0])
    }

    #[test]
    fn stepwise_growth_gives_the_root_of_the_whole() {
        let chain = ChainId([3; 32]);
        let mut tree = SlotTree::default();
        let mut leaves = Vec::new();
        assert_eq!(tree.root(&chain), slow_root(&chain, &leaves));
        for number in 0..300 {
            leaves.push(leaf_of(number));
            tree.set(number, leaf_of(number));
            if number % 7 == 0 {
                leaves[number / 2] = leaf_of(number + 100);
                tree.set(number / 2, leaf_of(number + 100));
            }
            if number % 13 == 0 || number > 250 {
                assert_eq!(tree.root(&chain), slow_root(&chain, &leaves), "{number}");
            }
        }
    }
}
