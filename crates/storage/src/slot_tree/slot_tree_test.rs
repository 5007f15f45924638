#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::disk::{Disk, MemoryDisk};

const CHAIN: ChainId = ChainId([3; 32]);

/// Leaves by slot: the model, and what pages are made from.
#[derive(Clone, Default)]
struct Model(BTreeMap<u64, Digest>);

impl LeafSource for Model {
    fn leaves(&self, page: u64) -> Result<[Digest; PAGE_LEAVES], StoreError> {
        let first = page << PAGE_LEVELS;
        Ok(std::array::from_fn(|n| self.0.get(&(first + n as u64)).copied().unwrap_or(Digest::ZERO)))
    }
}

struct NoSource;

impl LeafSource for NoSource {
    fn leaves(&self, page: u64) -> Result<[Digest; PAGE_LEAVES], StoreError> {
        Err(StoreError::Change(format!("page {page} was not to be rebuilt")))
    }
}

impl Model {
    /// The root by the definition: every level in full.
    fn root(&self, leaves: u64) -> Digest {
        let depth = dense_tree::depth(leaves);
        let mut level: Vec<Digest> =
            (0..1 << depth).map(|slot| self.0.get(&slot).copied().unwrap_or(Digest::ZERO)).collect();
        while level.len() > 1 {
            level = level.chunks(2).map(|pair| proofs::node_hash(&pair[0], &pair[1])).collect();
        }
        dense_tree::root(&CHAIN, leaves, &level[0])
    }
}

fn disk() -> MemoryDisk {
    let disk = MemoryDisk::new();
    disk.create_dir_all(Path::new("/c")).unwrap();
    disk
}

fn page_file(disk: &MemoryDisk) -> PageFile {
    PageFile::open(disk, Path::new("/c/pages")).unwrap()
}

fn leaf(slot: u64, height: u64) -> Digest {
    proofs::leaf_hash(&[slot.to_le_bytes(), height.to_le_bytes()].concat())
}

/// Blocks of (new leaves, picks of old slots to change).
fn blocks() -> impl Strategy<Value = Vec<(u64, Vec<u64>)>> {
    prop::collection::vec((0..90u64, prop::collection::vec(any::<u64>(), 0..6)), 1..14)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn roots_and_paths_of_every_height_are_those_of_the_whole_tree(blocks in blocks(), checkpoint in 1..6u64) {
        let file = page_file(&disk());
        let mut tree = SlotTree::empty(CHAIN, file.clone(), 1 << 20);
        let mut model = Model::default();
        let mut leaves = 0;
        let mut history = Vec::new();
        for (height, (new, changed)) in (1u64..).zip(blocks) {
            let mut updates: BTreeMap<u64, Digest> = changed.iter().filter(|_| leaves > 0)
                .map(|pick| pick % leaves).map(|slot| (slot, leaf(slot, height))).collect();
            updates.extend((leaves..leaves + new).map(|slot| (slot, leaf(slot, height))));
            leaves += new;
            let before = model.clone();
            model.0.extend(&updates);
            let updates: Vec<_> = updates.into_iter().collect();
            tree.apply(Height(height), leaves, &updates, &before).unwrap();
            prop_assert_eq!(tree.root(), model.root(leaves));
            history.push((Height(height), leaves, tree.root(), model.clone()));
            if height % checkpoint == 0 {
                file.write(&tree.take_dirty()).unwrap();
                tree.written(Height(height), 1);
            }
        }
        for (height, leaves, root, model_then) in history {
            for slot in (0..leaves).step_by(7).chain(leaves.checked_sub(1)) {
                let (found, siblings) = tree.path(slot, height, &model).unwrap().unwrap();
                prop_assert_eq!(found, leaves);
                prop_assert!(dense_tree::verify(&CHAIN, model_then.0[&slot], slot, leaves, &siblings, &root));
            }
            prop_assert_eq!(tree.path(leaves, height, &model).unwrap(), None);
        }
    }
}

/// A tree of 1,000 leaves at height 5, its pages written, then changed at height 6 without writing.
fn written() -> (MemoryDisk, SlotTree, Model, Model) {
    let disk = disk();
    let file = page_file(&disk);
    let mut tree = SlotTree::empty(CHAIN, file.clone(), 1 << 20);
    let mut model = Model::default();
    model.0.extend((0..1_000).map(|slot| (slot, leaf(slot, 5))));
    let updates: Vec<_> = model.0.clone().into_iter().collect();
    tree.apply(Height(5), 1_000, &updates, &NoSource).unwrap();
    file.write(&tree.take_dirty()).unwrap();
    tree.written(Height(5), 100);
    let mut later = model.clone();
    let updates = [(3, leaf(3, 6)), (1_000, leaf(1_000, 6))];
    later.0.extend(updates);
    tree.apply(Height(6), 1_001, &updates, &NoSource).unwrap();
    (disk, tree, model, later)
}

#[test]
fn a_loaded_tree_reads_pages_and_rebuilds_only_what_is_missing_damaged_stale_or_newer() {
    let (disk, tree, model, later) = written();
    let load = |leaves: u64, at: u64, pages_at: u64, stale: &dyn Fn(u64) -> bool, source: &dyn LeafSource| {
        SlotTree::empty(CHAIN, page_file(&disk), 0).load(Height(at), leaves, Height(pages_at), stale, source)
    };
    let (found, rebuilt) = load(1_000, 5, 5, &|_| false, &NoSource).unwrap();
    assert_eq!((found.root(), rebuilt), (model.root(1_000), 0));
    let (found, rebuilt) = load(1_001, 6, 5, &|page| page == 0 || page == 15, &later).unwrap();
    assert_eq!((found.root(), rebuilt), (later.root(1_001), 2));
    assert_eq!(found.root(), tree.root());
    let (_, rebuilt) = load(1_000, 5, 4, &|_| false, &model).unwrap();
    assert_eq!(rebuilt, 16, "pages of an unfinished checkpoint are not trusted");
    disk.flip(Path::new("/c/pages"), 4096 * 7 + 4090, 1).unwrap();
    let (found, rebuilt) = load(1_000, 5, 5, &|_| false, &model).unwrap();
    assert_eq!((found.root(), rebuilt), (model.root(1_000), 1), "slack counts as damage");
    disk.open(Path::new("/c/pages")).unwrap().set_len(4096 * 3 + 100).unwrap();
    let (found, rebuilt) = load(1_000, 5, 5, &|_| false, &model).unwrap();
    assert_eq!((found.root(), rebuilt), (model.root(1_000), 13));
}

#[test]
fn only_changed_pages_are_written_and_used_or_dirty_ones_stay() {
    let (_, mut tree, _, later) = written();
    assert_eq!(tree.take_dirty().iter().map(|(id, _)| *id).collect::<Vec<_>>(), [0, 15]);
    assert!(tree.take_dirty().is_empty());
    tree.written(Height(5), 0);
    assert_eq!(tree.cached, 16, "all were used since the last sweep");
    tree.apply(Height(7), 1_001, &[(70, leaf(70, 7))], &NoSource).unwrap();
    tree.written(Height(5), 0);
    assert_eq!(tree.cached, 1);
    let (leaves, siblings) = tree.path(130, Height(7), &NoSource).unwrap().unwrap();
    assert!(dense_tree::verify(&CHAIN, later.0[&130], 130, leaves, &siblings, &tree.root()), "from the file");
}

#[test]
fn paths_of_heights_too_long_ago_are_refused() {
    let mut tree = SlotTree::empty(CHAIN, page_file(&disk()), 8);
    for height in 1..=20 {
        tree.apply(Height(height), 4, &[(0, leaf(0, height)), (3, leaf(3, height))], &NoSource).unwrap();
    }
    assert!(tree.path(0, Height(20), &NoSource).unwrap().is_some());
    assert!(tree.path(0, Height(19), &NoSource).unwrap().is_some());
    assert_eq!(tree.path(0, Height(10), &NoSource).unwrap(), None);
    assert_eq!(tree.path(0, Height(21), &NoSource).unwrap(), None);
}
