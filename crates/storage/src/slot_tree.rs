//! The slot tree in pages. The lowest six levels of 64 leaves are a page (4 KiB, in memory while hot, in the file
//! `pages` otherwise); the levels above are in memory, 1 byte a leaf. Pages are a cache of the state's records: one
//! that is missing or damaged is made again from them.
//!
//! Replaced nodes of the last blocks are kept, so that paths can be given for those heights too.

mod page;
mod page_file;
mod undo;

use std::borrow::Cow;

use ledger_types::{ChainId, Digest, Height};
use proofs::dense_tree::{self, PAGE_LEVELS};

use crate::error::StoreError;

pub(crate) use page::{PAGE_BYTES, PAGE_LEAVES, Page};
pub(crate) use page_file::PageFile;
use undo::UndoRing;

/// Makes a page again from the records of its 64 slots: their leaves, zero where there is none.
pub(crate) trait LeafSource {
    fn leaves(&self, page: u64) -> Result<[Digest; PAGE_LEAVES], StoreError>;
}

/// The tree as of one height.
pub(crate) struct SlotTree {
    chain: ChainId,
    height: Height,
    leaves: u64,
    pages: Vec<Option<Box<Cached>>>,
    cached: usize,
    /// `upper[k]` is level `PAGE_LEVELS + k`; the lowest are the pages' roots.
    upper: Vec<Vec<Digest>>,
    file: PageFile,
    undo: UndoRing,
}

/// A page in memory.
#[derive(Clone)]
struct Cached {
    page: Page,
    /// Changed since it was last handed out to be written.
    dirty: bool,
    /// Looked at since the last sweep.
    used: bool,
}

/// A page as it stands at a checkpoint.
pub(crate) type PageImage = (u64, [u8; PAGE_BYTES]);

fn page_of(leaf: u64) -> usize {
    usize::try_from(leaf >> PAGE_LEVELS).expect("pages are counted in memory")
}

fn index(place: u64) -> usize {
    usize::try_from(place).expect("nodes are counted in memory")
}

impl SlotTree {
    /// The tree of a new chain.
    pub(crate) fn empty(chain: ChainId, file: PageFile, undo_nodes: usize) -> Self {
        Self {
            chain,
            height: Height(0),
            leaves: 0,
            pages: Vec::new(),
            cached: 0,
            upper: Vec::new(),
            file,
            undo: UndoRing::new(undo_nodes),
        }
    }

    /// The tree of `leaves` leaves at a height. Pages come from the file if they are whole, not newer than
    /// `pages_height` and not among `stale`; from the records otherwise. Says how many were made again.
    pub(crate) fn load(
        mut self,
        height: Height,
        leaves: u64,
        pages_height: Height,
        stale: &dyn Fn(u64) -> bool,
        source: &dyn LeafSource,
    ) -> Result<(Self, u64), StoreError> {
        let count = leaves.div_ceil(PAGE_LEAVES as u64);
        self.pages = Vec::new();
        self.pages.resize_with(index(count), || None);
        let mut roots = Vec::with_capacity(index(count));
        let mut rebuilt = 0;
        let mut stored = self.file.read_all(count)?;
        for id in 0..count {
            let page = stored.next_page()?.filter(|found| found.height <= pages_height && !stale(id));
            match page {
                Some(found) => roots.push(found.page.root()),
                None => {
                    let page = Page::of_leaves(&source.leaves(id)?);
                    roots.push(page.root());
                    self.pages[index(id)] = Some(Box::new(Cached { page, dirty: true, used: true }));
                    rebuilt += 1;
                }
            }
        }
        drop(stored);
        self.cached = index(rebuilt);
        self.file.set_trusted(pages_height);
        (self.height, self.leaves) = (height, leaves);
        self.build_upper(roots);
        Ok((self, rebuilt))
    }

    fn build_upper(&mut self, roots: Vec<Digest>) {
        self.upper = vec![roots];
        for level in PAGE_LEVELS..dense_tree::depth(self.leaves) {
            let below = self.upper.last().expect("one level was pushed");
            let pairs = below.chunks(2).map(|pair| (pair[0], pair.get(1).copied().unwrap_or(dense_tree::empty(level))));
            let above = proofs::node_hashes(pairs);
            self.upper.push(above);
        }
    }

    pub(crate) fn leaves(&self) -> u64 {
        self.leaves
    }

    /// How many pages there are.
    pub(crate) fn page_count(&self) -> u64 {
        self.pages.len() as u64
    }

    /// A page that is in memory.
    pub(crate) fn page(&self, id: u64) -> Option<&Page> {
        self.pages.get(index(id))?.as_ref().map(|cached| &cached.page)
    }

    /// The root, as headers' state roots use it.
    pub(crate) fn root(&self) -> Digest {
        let depth = dense_tree::depth(self.leaves);
        let top = self.upper.get((depth - PAGE_LEVELS) as usize).and_then(|level| level.first().copied());
        dense_tree::root(&self.chain, self.leaves, &top.unwrap_or(dense_tree::empty(depth)))
    }

    /// Sets leaves (by rising slot) and the number of leaves, as the block of `height` did.
    pub(crate) fn apply(
        &mut self,
        height: Height,
        leaves: u64,
        updates: &[(u64, Digest)],
        source: &dyn LeafSource,
    ) -> Result<(), StoreError> {
        let old_depth = dense_tree::depth(self.leaves);
        self.undo.begin(height, self.leaves);
        self.grow(leaves);
        let mut places: Vec<u64> = Vec::with_capacity(updates.len());
        for (slot, leaf) in updates {
            self.hold(page_of(*slot), source)?;
            self.set(0, *slot, *leaf);
            places.push(*slot);
        }
        for level in 0..dense_tree::depth(leaves) {
            if level == old_depth && self.leaves > 0 {
                // The old top becomes a left child even if nothing under it changed.
                places.insert(0, 0);
            }
            self.rise(level, &mut places);
        }
        (self.height, self.leaves) = (height, leaves);
        Ok(())
    }

    /// Computes the parents of changed nodes of a level, all at once; leaves their places in `places`.
    fn rise(&mut self, level: u32, places: &mut Vec<u64>) {
        places.iter_mut().for_each(|place| *place >>= 1);
        places.dedup();
        let hashes = proofs::node_hashes(
            places.iter().map(|place| (self.node(level, place << 1), self.node(level, (place << 1) | 1))),
        );
        for (place, hash) in places.iter().zip(hashes) {
            self.set(level + 1, *place, hash);
        }
    }

    /// Makes room for more leaves: empty pages and levels.
    fn grow(&mut self, leaves: u64) {
        while (self.pages.len() as u64) < leaves.div_ceil(PAGE_LEAVES as u64) {
            self.pages.push(Some(Box::new(Cached { page: Page::empty(), dirty: true, used: true })));
            self.cached += 1;
        }
        let levels = (dense_tree::depth(leaves) - PAGE_LEVELS) as usize + 1;
        self.upper.resize_with(levels.max(self.upper.len()), Vec::new);
        let mut nodes = self.pages.len();
        for (level, row) in (PAGE_LEVELS..).zip(&mut self.upper) {
            row.resize(nodes.max(row.len()), dense_tree::empty(level));
            nodes = nodes.div_ceil(2);
        }
    }

    /// Brings a page into memory.
    fn hold(&mut self, id: usize, source: &dyn LeafSource) -> Result<(), StoreError> {
        if self.pages[id].is_none() {
            let page = self.file.read(id as u64)?;
            let page = page.map_or_else(|| Ok(Page::of_leaves(&source.leaves(id as u64)?)), Ok::<_, StoreError>)?;
            self.pages[id] = Some(Box::new(Cached { page, dirty: false, used: true }));
            self.cached += 1;
        }
        Ok(())
    }

    /// A node whose page is in memory; empty beyond the leaves.
    fn node(&self, level: u32, place: u64) -> Digest {
        let found = if level < PAGE_LEVELS {
            let page = self.pages.get(index(place >> (PAGE_LEVELS - level))).and_then(Option::as_ref);
            page.map(|cached| cached.page.node(level, place))
        } else {
            self.upper.get((level - PAGE_LEVELS) as usize).and_then(|row| row.get(index(place)).copied())
        };
        found.unwrap_or_else(|| dense_tree::empty(level))
    }

    fn set(&mut self, level: u32, place: u64, hash: Digest) {
        let old = self.node(level, place);
        self.undo.replaced(level, place, old);
        if level <= PAGE_LEVELS
            && let Some(cached) = &mut self.pages[index(place >> (PAGE_LEVELS - level))]
        {
            cached.page.set(level, place, hash);
            (cached.dirty, cached.used) = (true, true);
        }
        if level >= PAGE_LEVELS {
            self.upper[(level - PAGE_LEVELS) as usize][index(place)] = hash;
        }
    }

    /// How many leaves the tree had at a height and the siblings of a slot then, from the leaf up; `None` if the slot
    /// was not there yet or the height is too long ago.
    pub(crate) fn path(
        &self,
        slot: u64,
        height: Height,
        source: &dyn LeafSource,
    ) -> Result<Option<(u64, Vec<Digest>)>, StoreError> {
        let Some(leaves) = self.undo.leaves_at(height, self.height, self.leaves) else { return Ok(None) };
        if slot >= leaves {
            return Ok(None);
        }
        let page = match &self.pages[page_of(slot)] {
            Some(cached) => Cow::Borrowed(&cached.page),
            None => match self.file.read(slot >> PAGE_LEVELS)? {
                Some(page) => Cow::Owned(page),
                None => Cow::Owned(Page::of_leaves(&source.leaves(slot >> PAGE_LEVELS)?)),
            },
        };
        let siblings = (0..dense_tree::depth(leaves)).map(|level| {
            let place = (slot >> level) ^ 1;
            if place << level >= leaves {
                return dense_tree::empty(level);
            }
            self.undo
                .node_at(height, level, place)
                .unwrap_or_else(|| if level < PAGE_LEVELS { page.node(level, place) } else { self.node(level, place) })
        });
        Ok(Some((leaves, siblings.collect())))
    }

    /// The pages changed since the last call, stamped with the height: to be written.
    pub(crate) fn take_dirty(&mut self) -> Vec<PageImage> {
        let height = self.height;
        let dirty =
            (0..).zip(&mut self.pages).filter_map(|(id, cached)| Some((id, cached.as_mut().filter(|c| c.dirty)?)));
        dirty
            .map(|(id, cached)| {
                cached.dirty = false;
                (id, cached.page.encode(id, height))
            })
            .collect()
    }

    /// Once the pages taken are on disk: trusts the file up to `height` and lets go of pages beyond `keep` that were not
    /// used for longest.
    pub(crate) fn written(&mut self, height: Height, keep: usize) {
        self.file.set_trusted(height);
        for cached in self.pages.iter_mut() {
            if self.cached <= keep {
                return;
            }
            match cached {
                Some(found) if found.used || found.dirty => found.used = false,
                Some(_) => {
                    *cached = None;
                    self.cached -= 1;
                }
                None => {}
            }
        }
    }
}

#[cfg(test)]
#[path = "slot_tree/slot_tree_test.rs"]
mod slot_tree_test;
