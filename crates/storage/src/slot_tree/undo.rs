//! What blocks replaced in the slot tree, so that paths can be given for the heights before them.

use std::collections::VecDeque;

use ledger_types::{Digest, Height, limits};

/// The nodes that one block replaced.
struct Undo {
    /// The block.
    height: Height,
    /// Leaves before it.
    leaves: u64,
    /// By level and place.
    nodes: Vec<((u32, u64), Digest)>,
}

/// The last blocks, oldest first.
pub(super) struct UndoRing {
    blocks: VecDeque<Undo>,
    nodes: usize,
    most_nodes: usize,
}

impl UndoRing {
    pub(super) fn new(most_nodes: usize) -> Self {
        Self { blocks: VecDeque::new(), nodes: 0, most_nodes }
    }

    /// Begins a block; `leaves` is their number before it.
    pub(super) fn begin(&mut self, height: Height, leaves: u64) {
        let most = usize::try_from(limits::PROOF_HEIGHTS).unwrap_or(usize::MAX);
        while self.blocks.len() > 1 && (self.nodes > self.most_nodes || self.blocks.len() >= most) {
            self.nodes -= self.blocks.pop_front().map_or(0, |gone| gone.nodes.len());
        }
        self.blocks.push_back(Undo { height, leaves, nodes: Vec::new() });
    }

    /// Keeps a node that the block replaces. Nodes with nothing under them are known anyway. Called once a node, by
    /// rising level and place.
    pub(super) fn replaced(&mut self, level: u32, place: u64, old: Digest) {
        if let Some(block) = self.blocks.back_mut()
            && place << level < block.leaves
        {
            block.nodes.push(((level, place), old));
            self.nodes += 1;
        }
    }

    /// How many leaves there were at a height; `None` if that is not known any more.
    pub(super) fn leaves_at(&self, height: Height, newest: Height, leaves: u64) -> Option<u64> {
        if height == newest {
            return Some(leaves);
        }
        self.blocks.iter().find(|block| block.height == height.next()).map(|block| block.leaves)
    }

    /// The node as it was at a height, if a later block replaced it.
    pub(super) fn node_at(&self, height: Height, level: u32, place: u64) -> Option<Digest> {
        let later = self.blocks.iter().skip_while(|block| block.height <= height);
        later
            .filter_map(|block| {
                let at = block.nodes.binary_search_by_key(&(level, place), |(key, _)| *key).ok()?;
                Some(block.nodes[at].1)
            })
            .next()
    }
}
