//! Where the nodes of a sparse tree live: two vectors with lists of free places, and links of four bytes.

use ledger_types::Digest;

/// Points to nothing, a leaf or an inner node.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Link(u32);

/// What a link points to.
#[derive(Clone, Copy)]
pub(super) enum Target {
    Empty,
    Leaf(u32),
    Inner(u32),
}

impl Link {
    pub(super) const EMPTY: Self = Self(u32::MAX);
    const LEAF_BIT: u32 = 1 << 31;

    pub(super) fn target(self) -> Target {
        match self {
            Self::EMPTY => Target::Empty,
            Self(at) if at & Self::LEAF_BIT != 0 => Target::Leaf(at & !Self::LEAF_BIT),
            Self(at) => Target::Inner(at),
        }
    }
}

impl Default for Link {
    fn default() -> Self {
        Self::EMPTY
    }
}

#[derive(Clone)]
pub(super) struct Leaf {
    pub(super) key: Digest,
    pub(super) value: Digest,
    hash: Digest,
    pub(super) dirty: bool,
}

impl Leaf {
    /// What its hash is over.
    pub(super) fn pair(&self) -> (Digest, Digest) {
        (self.key, self.value)
    }
}

#[derive(Clone)]
pub(super) struct Inner {
    pub(super) children: [Link; 2],
    hash: Digest,
    pub(super) dirty: bool,
}

#[derive(Clone, Default)]
pub(super) struct Arena {
    leaves: Vec<Leaf>,
    inners: Vec<Inner>,
    free_leaves: Vec<u32>,
    free_inners: Vec<u32>,
}

impl Arena {
    pub(super) fn leaf(&self, at: u32) -> &Leaf {
        &self.leaves[at as usize]
    }

    pub(super) fn inner(&self, at: u32) -> &Inner {
        &self.inners[at as usize]
    }

    pub(super) fn inner_mut(&mut self, at: u32) -> &mut Inner {
        &mut self.inners[at as usize]
    }

    pub(super) fn rewrite_leaf(&mut self, at: u32, value: Digest) {
        let leaf = &mut self.leaves[at as usize];
        leaf.value = value;
        leaf.dirty = true;
    }

    pub(super) fn new_leaf(&mut self, key: Digest, value: Digest) -> Link {
        let at = place(&mut self.leaves, &mut self.free_leaves, Leaf { key, value, hash: Digest::ZERO, dirty: true });
        Link(at | Link::LEAF_BIT)
    }

    pub(super) fn new_inner(&mut self, children: [Link; 2]) -> Link {
        Link(place(&mut self.inners, &mut self.free_inners, Inner { children, hash: Digest::ZERO, dirty: true }))
    }

    pub(super) fn free_leaf(&mut self, at: u32) {
        self.free_leaves.push(at);
    }

    pub(super) fn free_inner(&mut self, at: u32) {
        self.free_inners.push(at);
    }

    pub(super) fn set_leaf_hash(&mut self, at: u32, hash: Digest) {
        let leaf = &mut self.leaves[at as usize];
        (leaf.hash, leaf.dirty) = (hash, false);
    }

    pub(super) fn set_inner_hash(&mut self, at: u32, hash: Digest) {
        let inner = &mut self.inners[at as usize];
        (inner.hash, inner.dirty) = (hash, false);
    }

    /// How many places there are, free ones included.
    #[cfg(test)]
    pub(super) fn places(&self) -> (usize, usize) {
        (self.leaves.len(), self.inners.len())
    }

    /// The hash of what is there; right only where nothing is dirty.
    pub(super) fn hash(&self, link: Link) -> Digest {
        match link.target() {
            Target::Empty => Digest::ZERO,
            Target::Leaf(at) => self.leaf(at).hash,
            Target::Inner(at) => self.inner(at).hash,
        }
    }

    pub(super) fn children_hashes(&self, at: u32) -> (Digest, Digest) {
        let [left, right] = self.inner(at).children;
        (self.hash(left), self.hash(right))
    }
}

/// Puts an item into a free place or a new one. Places stay below 2^31 - 1: there is no memory for more.
fn place<T>(items: &mut Vec<T>, free: &mut Vec<u32>, item: T) -> u32 {
    if let Some(at) = free.pop() {
        items[at as usize] = item;
        return at;
    }
    let at = u32::try_from(items.len()).ok().filter(|at| at | Link::LEAF_BIT != u32::MAX);
    items.push(item);
    at.filter(|at| at & Link::LEAF_BIT == 0).expect("fewer than 2^31 nodes fit in memory")
}
