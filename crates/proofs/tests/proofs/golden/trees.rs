//! Roots and paths of small trees.

use ledger_types::{
    AccountId, Canonical, ChainId, Digest, Height, InvoiceCode, RegistryKey, RegistryValue, RequestEntry, RequestId,
    RequestScope, RuleBook, Slot, TxId,
    registry::{Counters, OrderFate},
};
use proofs::snapshot::{Chunk, Entry, Manifest, lines_root, register_chunk, register_part, slots_root};
use proofs::{
    SparseTree, StateRoots, dense_tree, leaf_hash, log_tree, node_hash, request_leaf, rule_books_root, sparse_tree,
};
use serde_json::{Value, json};

use super::golden;

const CHAIN: ChainId = ChainId([0xc4; 32]);

#[test]
fn hashes_and_log_trees() {
    let leaves: Vec<Digest> = (0..9u8).map(|i| leaf_hash(&[i])).collect();
    let trees: Vec<Value> = (0..=leaves.len())
        .map(|size| {
            let paths: Vec<_> = (0..size).map(|i| log_tree::path(&leaves[..size], i).unwrap()).collect();
            json!({ "size": size, "root": log_tree::root(&leaves[..size]), "paths": paths })
        })
        .collect();
    let mut frontier = log_tree::Frontier::default();
    leaves.iter().for_each(|leaf| frontier.push(*leaf));
    let vectors = json!({
        "about": "leaf i is SM3(00 | i) with i as one byte; paths from the leaf up",
        "leaf_of_0": leaves[0],
        "node_of_leaves_0_and_1": node_hash(&leaves[0], &leaves[1]),
        "trees": trees,
        "frontier_of_9": hex::encode(frontier.to_canonical()),
    });
    golden("log_tree.json", &vectors);
}

#[test]
fn dense_trees() {
    let empty: Vec<Digest> = (0..=dense_tree::MAX_LEVEL).map(dense_tree::empty).collect();
    let leaf = leaf_hash(b"slot 5");
    let siblings = &empty[..6];
    let top = dense_tree::fold(leaf, 5, siblings);
    let root = dense_tree::root(&CHAIN, 6, &top);
    assert!(dense_tree::verify(&CHAIN, leaf, 5, 6, siblings, &root));
    let depths: Vec<_> = [0u64, 1, 64, 65, 128, 129, 1_000_000].map(|n| json!([n, dense_tree::depth(n)])).to_vec();
    let vectors = json!({
        "about": "one leaf SM3(00 | 'slot 5') at slot 5 of 6, the others empty",
        "chain_id": CHAIN,
        "empty_by_level": empty,
        "depth_of_leaves": depths,
        "leaf": leaf,
        "top": top,
        "root": root,
    });
    golden("dense_tree.json", &vectors);
}

#[test]
fn sparse_trees() {
    let counters = Counters {
        account: AccountId(9),
        slot: Slot(100),
        application: ledger_types::ApplicationId(3),
        form: ledger_types::FormId(1),
        timer: 12,
    };
    let order = |n| RegistryKey::Order { seller: AccountId(n), order_ref: Digest([n as u8; 32]) };
    let mut entries = vec![(RegistryKey::Counters, RegistryValue::Counters(counters))];
    entries.extend((1..5).map(|n| (order(n), RegistryValue::Order(OrderFate::Issued(Slot(n.into()))))));
    let mut tree = SparseTree::default();
    let steps: Vec<Value> = entries
        .iter()
        .map(|(key, value)| {
            let (key_hash, value_hash) = (sparse_tree::key_hash(key), sparse_tree::value_hash(value));
            tree.insert(key_hash, value_hash);
            json!({
                "storage_key": hex::encode(key.storage_key()),
                "value": hex::encode(value.to_canonical()),
                "key_hash": key_hash,
                "value_hash": value_hash,
                "root_with_it": tree.root(),
            })
        })
        .collect();
    let (here, gone) = (sparse_tree::key_hash(&order(2)), sparse_tree::key_hash(&order(5)));
    let (inclusion, absence) = (tree.prove(&here), tree.prove(&gone));
    assert!(sparse_tree::verify_absence(&absence, &gone, &tree.root()));
    let vectors = json!({
        "empty_root": SparseTree::default().root(),
        "entries": steps,
        "inclusion_of_entry_2": hex::encode(inclusion.to_canonical()),
        "absent_key_hash": gone,
        "absence": hex::encode(absence.to_canonical()),
    });
    golden("sparse_tree.json", &vectors);
}

#[test]
fn snapshots() {
    let records: Vec<Vec<u8>> = vec![vec![1, 2, 3], Vec::new(), vec![4]];
    let line = RequestEntry {
        scope: RequestScope(2),
        id: RequestId::new(1_700_000_000_000, [9; 10]),
        tx: TxId([5; 33]),
        height: Height(3),
        index: 1,
        accepted: true,
    };
    let mut all: Vec<Entry> = (0..3).map(|n| (vec![n], vec![n, 11])).collect();
    all.sort_by_key(|(key, _)| sm::sm3(key));
    let of = |n| all.iter().filter(|(key, _)| register_chunk(&Digest(sm::sm3(key)), 1) == n).cloned().collect();
    let entries: [Vec<Entry>; 2] = [0, 1].map(of);
    let parts = (0..).zip(&entries).map(|(n, chunk)| register_part(n, 1, chunk).unwrap()).collect();
    let manifest = Manifest {
        version: Manifest::VERSION,
        chain: CHAIN,
        height: Height(3),
        slots: 3,
        slot_roots: vec![slots_root(&records, 3)],
        lines: 1,
        line_roots: vec![lines_root(&[line])],
        register_bits: 1,
        register: parts,
        carried: Vec::new(),
    };
    let vectors = json!({
        "about": "three slots, the second empty; one line; three entries of the register in two chunks by one bit; certificates left out",
        "chain_id": CHAIN,
        "manifest": hex::encode(manifest.to_canonical()),
        "id": manifest.id(),
        "roots": manifest.roots().0,
        "state_root": manifest.roots().combine(&CHAIN),
        "slots": hex::encode(Chunk::Slots(records).to_canonical()),
        "lines": hex::encode(Chunk::Lines(vec![line]).to_canonical()),
        "register_0": hex::encode(Chunk::Register(entries[0].clone()).to_canonical()),
        "register_1": hex::encode(Chunk::Register(entries[1].clone()).to_canonical()),
    });
    golden("snapshot.json", &vectors);
}

#[test]
fn state_roots() {
    let roots = StateRoots::new(Digest([1; 32]), Digest([2; 32]), Digest([3; 32]));
    let entry = RequestEntry {
        scope: RequestScope(7),
        id: RequestId::new(1_793_462_400_000, [1; 10]),
        tx: TxId([1; 33]),
        height: Height(3),
        index: 2,
        accepted: true,
    };
    let code: InvoiceCode = "144032609110".parse().unwrap();
    let books = [RuleBook::standard(code.area(), 1, 0), RuleBook::standard(ledger_types::Area(4404), 2, 5)];
    let vectors = json!({
        "chain_id": CHAIN,
        "roots": roots.0,
        "state_root": roots.combine(&CHAIN),
        "request_line": entry,
        "request_leaf": request_leaf(&entry),
        "rule_book_digests": books.each_ref().map(|book| book.digest(&CHAIN)),
        "rule_books_root": rule_books_root(&CHAIN, &books),
        "rule_books_root_without_any": rule_books_root(&CHAIN, &[]),
    });
    golden("state_root.json", &vectors);
}
