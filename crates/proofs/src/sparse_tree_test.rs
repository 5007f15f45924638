#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{leaf_hash, node_hash};

/// The definition, word for word.
fn naive(entries: &[(Digest, Digest)], depth: usize) -> Digest {
    match entries {
        [] => Digest::ZERO,
        [(key, value)] => leaf_hash(&[key.0, value.0].concat()),
        _ => {
            let (left, right): (Vec<_>, Vec<_>) = entries.iter().partition(|(key, _)| bit(key, depth) == 0);
            node_hash(&naive(&left, depth + 1), &naive(&right, depth + 1))
        }
    }
}

fn naive_root(map: &BTreeMap<Digest, Digest>) -> Digest {
    naive(&map.iter().map(|(k, v)| (*k, *v)).collect::<Vec<_>>(), 0)
}

/// Few different bytes, so that long shared prefixes are common; `tail` alone tells some keys apart at bit 255.
fn key() -> impl Strategy<Value = Digest> {
    (0u8..4, 0u8..3, 0u8..2).prop_map(|(head, middle, tail)| {
        let mut bytes = [0; 32];
        (bytes[0], bytes[9], bytes[31]) = (head << 6, middle, tail);
        Digest(bytes)
    })
}

#[derive(Clone, Debug)]
enum Step {
    Write(Digest, u8),
    Remove(Digest),
    Root,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (key(), any::<u8>()).prop_map(|(k, v)| Step::Write(k, v)),
        3 => key().prop_map(Step::Remove),
        1 => Just(Step::Root),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_history_gives_the_root_of_what_is_left(steps in prop::collection::vec(step(), 0..60)) {
        let (mut tree, mut map) = (SparseTree::default(), BTreeMap::new());
        for step in steps {
            match step {
                Step::Write(k, v) => {
                    tree.insert(k, Digest([v; 32]));
                    map.insert(k, Digest([v; 32]));
                }
                Step::Remove(k) => {
                    tree.remove(&k);
                    map.remove(&k);
                }
                Step::Root => prop_assert_eq!(tree.root(), naive_root(&map)),
            }
            prop_assert_eq!(tree.len(), map.len());
        }
        prop_assert_eq!(tree.root(), naive_root(&map));
        for k in map.keys() {
            prop_assert_eq!(tree.get(k), map.get(k).copied());
        }
    }

    #[test]
    fn proofs_tell_what_is_there_and_what_is_not(
        map in prop::collection::btree_map(key(), any::<[u8; 32]>().prop_map(Digest), 0..20),
        asked in key(),
    ) {
        let mut tree = SparseTree::default();
        map.iter().for_each(|(k, v)| tree.insert(*k, *v));
        let (proof, root) = (tree.prove(&asked), tree.root());
        let value = map.get(&asked).copied();
        prop_assert_eq!(verify_absence(&proof, &asked, &root), value.is_none());
        let claimed = value.unwrap_or(Digest([9; 32]));
        prop_assert_eq!(verify_inclusion(&proof, &asked, &claimed, &root), value.is_some());
        prop_assert!(!verify_inclusion(&proof, &asked, &Digest([0xee; 32]), &root));
        prop_assert!(!verify_absence(&proof, &asked, &Digest([1; 32])));
        let other_end = SparseProof { end: SparseEnd::Empty, ..proof.clone() };
        prop_assert!(!verify_inclusion(&other_end, &asked, &claimed, &root), "one form for one proof");
        let bytes = proof.to_canonical();
        prop_assert_eq!(SparseProof::from_canonical(&bytes).unwrap(), proof);
    }
}

fn spread(i: u64) -> Digest {
    Digest(sm::sm3(&i.to_le_bytes()))
}

#[test]
fn an_absence_proof_is_not_one_for_the_other_key_or_another_way() {
    let mut tree = SparseTree::default();
    (0..40).for_each(|i| tree.insert(spread(i), Digest([1; 32])));
    let root = tree.root();
    let (mut empties, mut others) = (0, 0);
    for missing in (100..200).map(spread) {
        let proof = tree.prove(&missing);
        assert!(verify_absence(&proof, &missing, &root));
        match proof.end {
            SparseEnd::Other { key_hash, .. } => {
                others += 1;
                assert!(!verify_absence(&proof, &key_hash, &root), "the other key is there");
                let mut far = missing;
                far.0[0] ^= 0x80;
                assert!(!verify_absence(&proof, &far, &root));
            }
            SparseEnd::Empty => empties += 1,
            SparseEnd::Found => unreachable!("not inserted"),
        }
        let endless = SparseProof { siblings: vec![Digest::ZERO; 300], end: proof.end };
        assert!(!verify_absence(&endless, &missing, &root));
        assert!(!verify_inclusion(&SparseProof { end: SparseEnd::Found, ..endless }, &missing, &root, &root));
    }
    assert!(empties > 0 && others > 0, "both kinds were met: {empties} and {others}");
}

#[test]
fn many_entries_come_and_go_without_growth() {
    let mut tree = SparseTree::default();
    (0..20_000).for_each(|i| tree.insert(spread(i), Digest([1; 32])));
    let full = tree.root();
    let places = tree.arena.places();
    for round in 0..3u64 {
        (0..5_000).for_each(|i| tree.remove(&spread(i)));
        assert_eq!(tree.len(), 15_000);
        assert_ne!(tree.root(), full);
        (0..5_000).rev().for_each(|i| tree.insert(spread(i), Digest([1; 32])));
        assert_eq!(tree.root(), full, "round {round}");
    }
    assert_eq!(tree.arena.places(), places, "freed places are used again");
}
