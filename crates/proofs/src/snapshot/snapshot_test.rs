#![allow(clippy::unwrap_used)]

use ledger_types::{Canonical, ChainId, Digest, Height, RequestEntry, RequestId, RequestScope, TxId};

use super::*;
use crate::sparse_tree::Part;
use crate::{SparseTree, StateRoots, dense_tree, leaf_hash, log_tree, request_leaf};

const CHAIN: ChainId = ChainId([7; 32]);

/// A state with its trees as they are elsewhere made, and its chunks.
struct Made {
    manifest: Manifest,
    slots: Vec<Vec<Vec<u8>>>,
    lines: Vec<Vec<RequestEntry>>,
    register: Vec<Vec<Entry>>,
    roots: StateRoots,
}

fn line(n: u64) -> RequestEntry {
    let (scope, id, tx) = (RequestScope(n % 3), RequestId::new(n, [1; 10]), TxId([n as u8; 33]));
    RequestEntry { scope, id, tx, height: Height(n / 10 + 1), index: (n % 10) as u16, accepted: !n.is_multiple_of(7) }
}

fn made(slots: u64, lines: u64, entries: u64, bits: u8) -> Made {
    // Every fifth slot holds nothing.
    let records: Vec<Vec<u8>> =
        (0..slots).map(|n| if n % 5 == 3 { Vec::new() } else { n.to_le_bytes().to_vec() }).collect();
    let leaves: Vec<Digest> = records.iter().map(|r| if r.is_empty() { Digest::ZERO } else { leaf_hash(r) }).collect();
    let top = dense_tree::top_over(leaves, 0, dense_tree::depth(slots));
    let all: Vec<RequestEntry> = (0..lines).map(line).collect();
    let mut tree = SparseTree::default();
    let mut register: Vec<Vec<Entry>> = vec![Vec::new(); 1 << bits];
    for n in 0..entries {
        let (key, value) = (n.to_be_bytes().to_vec(), vec![n as u8; 3]);
        let hash = Digest(sm::sm3(&key));
        tree.insert(hash, Digest(sm::sm3(&value)));
        register[register_chunk(&hash, bits) as usize].push((key, value));
    }
    register.iter_mut().for_each(|chunk| chunk.sort_by_key(|(key, _)| sm::sm3(key)));
    let log = log_tree::root(&all.iter().map(request_leaf).collect::<Vec<_>>());
    let roots = StateRoots::new(dense_tree::root(&CHAIN, slots, &top), log, tree.root());
    let slots_in: Vec<Vec<Vec<u8>>> = records.chunks(1 << SLOT_LEVELS).map(<[_]>::to_vec).collect();
    let lines_in: Vec<Vec<RequestEntry>> = all.chunks(1 << LINE_LEVELS).map(<[_]>::to_vec).collect();
    let parts = (0..).zip(&register).map(|(n, chunk)| register_part(n, bits, chunk).unwrap()).collect::<Vec<Part>>();
    let manifest = Manifest {
        version: 1,
        chain: CHAIN,
        height: Height(9),
        slots,
        slot_roots: slots_in.iter().map(|chunk| slots_root(chunk, slots)).collect(),
        lines,
        line_roots: lines_in.iter().map(|chunk| lines_root(chunk)).collect(),
        register_bits: bits,
        register: parts,
        carried: Vec::new(),
    };
    Made { manifest, slots: slots_in, lines: lines_in, register, roots }
}

#[test]
fn chunks_fold_to_the_roots_of_the_trees_whatever_their_sizes() {
    for (slots, lines, entries, bits) in [
        (0, 0, 0, 0),
        (1, 1, 1, 2),
        (64, 10, 3, 1),
        (8_192, 8_192, 50, 3),
        (8_193, 8_191, 2, 4),
        (30_000, 20_000, 500, 5),
    ] {
        let made = made(slots, lines, entries, bits);
        assert_eq!(made.manifest.roots(), made.roots, "{slots} slots, {lines} lines, {entries} entries");
        let full = made.register.iter().filter(|chunk| !chunk.is_empty()).count();
        let headers = 1;
        assert_eq!(made.manifest.chunks().count(), headers + made.slots.len() + made.lines.len() + full);
    }
}

#[test]
fn a_chunk_that_is_changed_or_misplaced_is_refused_by_name() {
    let made = made(20_000, 20_000, 300, 4);
    let (m, slots) = (&made.manifest, ChunkName::Slots(1));
    assert_eq!(m.check_chunk(slots, &Chunk::Slots(made.slots[1].clone())), Ok(()));
    assert_eq!(m.check_chunk(slots, &Chunk::Slots(made.slots[0].clone())), Err(SnapshotFault::WrongChunk(slots)));
    let mut changed = made.slots[1].clone();
    changed[77][0] ^= 1;
    assert_eq!(m.check_chunk(slots, &Chunk::Slots(changed)), Err(SnapshotFault::WrongChunk(slots)));
    let short = made.slots[1][1..].to_vec();
    assert!(matches!(m.check_chunk(slots, &Chunk::Slots(short)), Err(SnapshotFault::Form(..))));
    assert_eq!(
        m.check_chunk(ChunkName::Slots(3), &Chunk::Slots(Vec::new())),
        Err(SnapshotFault::NoChunk(ChunkName::Slots(3)))
    );
    let lines = ChunkName::Lines(2);
    assert_eq!(m.check_chunk(lines, &Chunk::Lines(made.lines[2].clone())), Ok(()));
    let mut changed = made.lines[2].clone();
    changed[0].accepted = !changed[0].accepted;
    assert_eq!(m.check_chunk(lines, &Chunk::Lines(changed)), Err(SnapshotFault::WrongChunk(lines)));
    assert!(matches!(m.check_chunk(lines, &Chunk::Slots(made.slots[1].clone())), Err(SnapshotFault::Form(..))));

    let (name, entries) = (ChunkName::Register(3), made.register[3].clone());
    assert_eq!(m.check_chunk(name, &Chunk::Register(entries.clone())), Ok(()));
    let swapped = [entries[1].clone(), entries[0].clone()].into_iter().chain(entries[2..].to_vec()).collect();
    assert!(matches!(m.check_chunk(name, &Chunk::Register(swapped)), Err(SnapshotFault::Form(..))));
    assert!(matches!(
        m.check_chunk(name, &Chunk::Register(made.register[4].clone())),
        Err(SnapshotFault::Form(_, "it has an entry of another chunk"))
    ));
    let mut changed = entries;
    changed[0].1.push(1);
    assert_eq!(m.check_chunk(name, &Chunk::Register(changed)), Err(SnapshotFault::WrongChunk(name)));
}

#[test]
fn a_manifest_is_its_bytes() {
    let manifest = made(100, 100, 20, 2).manifest;
    let bytes = manifest.to_canonical();
    let again = Manifest::from_canonical(&bytes).unwrap();
    assert_eq!((again.id(), &again), (manifest.id(), &manifest));
    let other = Manifest { height: Height(10), ..manifest.clone() };
    assert_ne!(other.id(), manifest.id());
}
