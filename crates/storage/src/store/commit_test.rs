#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use ledger::StateView;
use ledger_types::*;

use super::made_chain::{Made, Maker, genesis};
use super::*;
use crate::disk::MemoryDisk;
use crate::error::WrongBlock;
use crate::options::EngineKind;

fn options() -> Options {
    Options { engine: EngineKind::Log, segment_bytes: 6_000, background_checkpoints: false, ..Options::small() }
}

fn dir() -> &'static Path {
    Path::new("/data")
}

fn commit(store: &mut Store, made: Made) -> Result<crate::Committed, StoreError> {
    store.commit(made.block, made.certificate, made.outcome)
}

/// A store in memory with some blocks.
fn with_blocks(blocks: u64) -> (MemoryDisk, Store, Maker) {
    let disk = MemoryDisk::new();
    let mut store = Store::create_on(Arc::new(disk.clone()), dir(), &genesis(), options()).unwrap();
    let mut maker = Maker::new();
    for n in 0..blocks {
        let made = maker.block(&store.tip(), 3 + (n as usize % 4), 2);
        commit(&mut store, made).unwrap();
    }
    (disk, store, maker)
}

/// The state root by the slow way: every tree from the made chain's own outputs and the store's rows.
#[test]
fn the_state_root_is_that_of_the_trees_built_from_scratch() {
    let (_, store, maker) = with_blocks(30);
    let tip = store.tip();
    let chain = store.chain_id();
    let leaves: Vec<Digest> = maker.outputs.values().map(proofs::slot_leaf).collect();
    let depth = proofs::dense_tree::depth(leaves.len() as u64);
    let mut level = leaves.clone();
    level.resize(1 << depth, Digest::ZERO);
    while level.len() > 1 {
        level = level.chunks(2).map(|pair| proofs::node_hash(&pair[0], &pair[1])).collect();
    }
    assert_eq!(tip.roots.0[0], proofs::dense_tree::root(&chain, leaves.len() as u64, &level[0]));
    let mut lines = Vec::new();
    let mut register = proofs::SparseTree::default();
    for change in crate::create::genesis_changes(&genesis()).unwrap().registry() {
        register.insert(proofs::sparse_tree::key_hash(change.0), proofs::sparse_tree::value_hash(change.1.unwrap()));
    }
    for height in 1..=tip.height.0 {
        let frame = store.reader().frame(Height(height)).unwrap().unwrap();
        lines.extend(frame.changes.requests().map(proofs::request_leaf));
        for (key, value) in frame.changes.registry() {
            let key = proofs::sparse_tree::key_hash(key);
            match value {
                Some(value) => register.insert(key, proofs::sparse_tree::value_hash(value)),
                None => register.remove(&key),
            }
        }
    }
    assert_eq!(tip.roots.0[1], proofs::log_tree::root(&lines));
    assert_eq!(tip.roots.0[2], register.root());
    assert_eq!(tip.state_root, tip.roots.combine(&chain));
}

#[test]
fn a_block_that_does_not_follow_is_refused_and_the_right_one_still_fits() {
    let (_, mut store, mut maker) = with_blocks(3);
    let tip = store.tip();
    let good = maker.block(&tip, 2, 1);
    let expect = |store: &mut Store, made: Made, wanted: WrongBlock| match commit(store, made) {
        Err(StoreError::WrongBlock(found)) => assert_eq!(found, wanted),
        other => panic!("{other:?}"),
    };
    let change = |f: &dyn Fn(&mut Made)| {
        let mut made = good.clone();
        f(&mut made);
        made
    };
    let far = change(&|m| m.block.header.height = Height(9));
    expect(&mut store, far, WrongBlock::Height { expected: Height(4), found: Height(9) });
    let twin = change(&|m| m.block.header.chain_id = ChainId([1; 32]));
    expect(&mut store, twin, WrongBlock::Chain(ChainId([1; 32])));
    let other = BlockId([1; 33]);
    let orphan = change(&|m| m.block.header.parent = other);
    expect(&mut store, orphan, WrongBlock::Parent { expected: tip.block_id, found: other });
    let wrong = |which, expected| WrongBlock::Root { which, expected, found: Digest([8; 32]) };
    let state = change(&|m| m.block.header.state_root = Digest([8; 32]));
    expect(&mut store, state, wrong("state root", tip.state_root));
    let receipts = change(&|m| m.block.header.receipts_root = Digest([8; 32]));
    expect(&mut store, receipts, wrong("receipts root", tip.receipts_root));
    let changes = change(&|m| m.block.header.changes_root = Digest([8; 32]));
    expect(&mut store, changes, wrong("changes root", tip.changes_root));
    expect(&mut store, change(&|m| m.certificate.block_id = other), WrongBlock::Certificate);
    expect(&mut store, change(&|m| m.block.header.proposer = 1), WrongBlock::Certificate);
    let fewer = change(&|m| m.outcome.receipts.truncate(1));
    expect(&mut store, fewer, WrongBlock::Receipts { receipts: 1, txs: good.block.txs.len() });
    let unsorted = change(&|m| m.outcome.changes.changes.swap(0, 1));
    assert!(matches!(commit(&mut store, unsorted), Err(StoreError::Change(_))));
    let beyond = change(&|m| m.outcome.changes.changes.retain(|c| !matches!(c, Change::Registry { .. })));
    assert!(matches!(commit(&mut store, beyond), Err(StoreError::Change(_))), "slots beyond the counters");
    assert_eq!(store.tip(), tip, "nothing was written");
    assert_eq!(commit(&mut store, good).unwrap().height, Height(4));
}

#[test]
fn a_view_stays_at_its_height_while_blocks_are_committed() {
    let (_, mut store, mut maker) = with_blocks(4);
    let (old, before) = (store.view(), maker.outputs.clone());
    let counters = old.registry(&RegistryKey::Counters).unwrap();
    for _ in 0..5 {
        let made = maker.block(&store.tip(), 2, 4);
        commit(&mut store, made).unwrap();
    }
    let new = store.view();
    for slot in (0..40).map(Slot) {
        assert_eq!(old.output(slot).unwrap(), before.get(&slot).copied());
        assert_eq!(new.output(slot).unwrap(), maker.outputs.get(&slot).copied());
    }
    assert_eq!(old.registry(&RegistryKey::Counters).unwrap(), counters);
    assert_ne!(new.registry(&RegistryKey::Counters).unwrap(), counters);
    assert_eq!((old.height(), new.height()), (Height(4), Height(9)));
    let frame = store.reader().frame(Height(9)).unwrap().unwrap();
    let line = *frame.changes.requests().next().unwrap();
    assert_eq!(new.request(line.scope, line.id).unwrap(), Some(line));
    assert_eq!(old.request(line.scope, line.id).unwrap(), None);
    assert_eq!(new.request(RequestScope(99), line.id).unwrap(), None, "ids belong to their scope");
}

#[test]
fn timers_come_by_time_up_to_now_and_no_more_than_asked_for() {
    let (_, mut store, mut maker) = with_blocks(4);
    for _ in 0..30 {
        let made = maker.block(&store.tip(), 1, 6);
        commit(&mut store, made).unwrap();
    }
    let view = store.view();
    let all = view.due_timers(u64::MAX, 10_000).unwrap();
    let due = |timer: &RegistryKey| match timer {
        RegistryKey::Timer { due_ms, .. } => *due_ms,
        other => panic!("{other:?}"),
    };
    assert!(all.len() > 4 && all.is_sorted_by_key(|(key, _)| key.clone()));
    let now = due(&all[all.len() / 2].0);
    let expected: Vec<_> = all.iter().filter(|(key, _)| due(key) <= now).cloned().collect();
    assert_eq!(view.due_timers(now, 10_000).unwrap(), expected);
    assert_eq!(view.due_timers(now, 2).unwrap(), expected[..2]);
    assert!(view.due_timers(0, 10).unwrap().is_empty() && view.due_timers(now, 0).unwrap().is_empty());
}

/// A failed write: full disk at every change of a commit with its checkpoint.
#[test]
fn a_failed_write_stops_the_store_and_a_restart_goes_on() {
    let mut stopped = 0;
    for at in 1..30 {
        let disk = MemoryDisk::new();
        let options = Options { checkpoint_txs: 1, ..options() };
        let mut store = Store::create_on(Arc::new(disk.clone()), dir(), &genesis(), options.clone()).unwrap();
        let mut maker = Maker::new();
        let made = maker.block(&store.tip(), 5, 0);
        commit(&mut store, made).unwrap();
        disk.refuse_change(disk.changes() + at);
        let made = maker.block(&store.tip(), 5, 3);
        let Err(first) = commit(&mut store, made.clone()) else { continue };
        stopped += 1;
        for again in [commit(&mut store, made.clone()).err(), store.checkpoint().err()] {
            match again {
                Some(StoreError::Poisoned { cause }) => assert_eq!(cause, first.to_string()),
                other => panic!("{other:?}"),
            }
        }
        assert!(matches!(store.close(), Err(StoreError::Poisoned { .. })));
        let (mut store, _) = Store::open_on(Arc::new(disk), dir(), options).unwrap();
        if store.tip().height == Height(1) {
            commit(&mut store, made).unwrap();
        }
        assert_eq!(store.tip().height, Height(2));
    }
    assert!(stopped >= 8, "{stopped}");
}

#[test]
fn a_folder_is_one_stores_alone_and_holds_a_chain_once() {
    let (disk, store, _) = with_blocks(1);
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let open = |options| Store::open_on(Arc::clone(&shared), dir(), options).map(|(store, _)| store.chain_id());
    assert!(matches!(open(options()), Err(StoreError::Locked(_))));
    let chain = store.chain_id();
    drop(store);
    let again = Store::create_on(Arc::clone(&shared), dir(), &genesis(), options());
    assert!(matches!(again.err(), Some(StoreError::ChainExists { .. })));
    let second = Genesis { name: "second".to_owned(), ..genesis() };
    drop(Store::create_on(Arc::clone(&shared), dir(), &second, options()).unwrap());
    assert!(matches!(open(options()), Err(StoreError::SeveralChains { found, .. }) if found.len() == 2));
    assert_eq!(open(Options { chain: Some(chain), ..options() }).unwrap(), chain);
    let unknown = Options { chain: Some(ChainId([5; 32])), ..options() };
    assert!(matches!(open(unknown), Err(StoreError::NoChain(_))));
    disk.flip(Path::new("/data/format"), 14, 3).unwrap();
    assert!(matches!(open(options()), Err(StoreError::Format { .. })));
    let nowhere = tempfile::tempdir().unwrap();
    assert!(matches!(Store::open(nowhere.path(), options()).err(), Some(StoreError::NoChain(_))));
    assert!(matches!(Store::open(&nowhere.path().join("none"), options()).err(), Some(StoreError::NoChain(_))));
}

#[test]
fn a_chain_that_lost_its_genesis_document_is_not_made_anew_over_its_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(folder.path(), &genesis(), options()).unwrap();
    let document = folder.path().join("chains").join(store.chain_id().to_string()).join("genesis.json");
    drop(store);
    std::fs::remove_file(&document).unwrap();
    let refused = Store::create(folder.path(), &genesis(), options()).err();
    assert!(matches!(refused, Some(StoreError::Damaged { file, .. }) if file == document));
}

#[test]
fn a_genesis_document_that_makes_no_chain_is_refused_before_anything_is_written() {
    let disk = MemoryDisk::new();
    let empty = Genesis { accounts: Vec::new(), ..genesis() };
    let refused = Store::create_on(Arc::new(disk.clone()), dir(), &empty, options());
    assert!(matches!(refused.err(), Some(StoreError::Genesis(_))));
    assert_eq!(disk.changes(), 0);
}
