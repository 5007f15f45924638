#![allow(clippy::unwrap_used)]

use ledger_types::{Canonical, Digest};
use proptest::prelude::*;

use super::*;
use crate::leaf_hash;

fn leaves(count: u64) -> Vec<Digest> {
    (0..count).map(|i| leaf_hash(&i.to_le_bytes())).collect()
}

/// RFC 6962, 2.1, word for word: split at the largest power of two below the size.
fn by_the_book(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest(sm::sm3(b"")),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at((leaves.len().div_ceil(2)).next_power_of_two());
            node_hash(&by_the_book(left), &by_the_book(right))
        }
    }
}

#[test]
fn roots_are_those_of_the_rfc_and_of_the_frontier() {
    let all = leaves(70);
    let mut frontier = Frontier::default();
    for size in 0..=all.len() {
        let expected = by_the_book(&all[..size]);
        assert_eq!(root(&all[..size]), expected, "{size} leaves");
        assert_eq!(frontier.root(), expected, "{size} leaves, one by one");
        assert_eq!(frontier.len(), size as u64);
        assert_eq!(Frontier::from_canonical(&frontier.to_canonical()).unwrap(), frontier);
        if size < all.len() {
            frontier.push(all[size]);
        }
    }
}

#[test]
fn a_leaf_is_not_a_node() {
    let two = leaves(2);
    let joined = [two[0].0, two[1].0].concat();
    assert_ne!(root(&[leaf_hash(&joined)]), root(&two));
}

#[test]
fn every_path_proves_its_own_leaf_and_place_only() {
    for size in 1..=33u64 {
        let all = leaves(size);
        let root = root(&all);
        for index in 0..size {
            let path = path(&all, index as usize).unwrap();
            assert!(verify(&all[index as usize], index, size, &path, &root), "{index} of {size}");
            assert_eq!(fold(&all[index as usize], index, &path), Some(root), "{index} of {size}");
            let steps = steps(&all, index as usize).unwrap();
            assert_eq!(climb(&all[index as usize], &steps), root, "{index} of {size}");
            for turned in 0..steps.len() {
                let mut steps = steps.clone();
                steps[turned] = match steps[turned] {
                    Step::Left(sibling) => Step::Right(sibling),
                    Step::Right(sibling) => Step::Left(sibling),
                };
                assert_ne!(climb(&all[index as usize], &steps), root);
            }
            for other in (0..size + 2).filter(|other| *other != index) {
                assert!(!verify(&all[index as usize], other, size, &path, &root), "{other} for {index} of {size}");
            }
            let mut longer = path.clone();
            longer.push(root);
            assert!(!verify(&all[index as usize], index, size, &longer, &root));
            if let Some(shorter) = path.len().checked_sub(1) {
                assert!(!verify(&all[index as usize], index, size, &path[..shorter], &root));
                assert_ne!(fold(&all[index as usize], index, &path[..shorter]), Some(root));
            }
        }
        assert_eq!(super::path(&all, size as usize), None);
    }
}

#[test]
fn a_path_that_no_tree_has_folds_to_nothing() {
    let leaf = leaf_hash(b"x");
    assert_eq!(fold(&leaf, 3, &[leaf]), None, "two one-bits need two siblings");
    assert_eq!(fold(&leaf, 0, &[leaf; 65]), None, "higher than 2^64 leaves");
    assert!(fold(&leaf, u64::MAX, &[leaf; 64]).is_some());
}

#[test]
fn frontier_bytes_that_are_cut_or_longer_are_refused() {
    let mut frontier = Frontier::default();
    leaves(5).into_iter().for_each(|leaf| frontier.push(leaf));
    let bytes = frontier.to_canonical();
    assert_eq!(bytes.len(), 8 + 2 * 32);
    assert!(Frontier::from_canonical(&bytes[..bytes.len() - 1]).is_err());
    let mut other = bytes.clone();
    other[0] = 4; // One peak: bytes are left over.
    assert!(Frontier::from_canonical(&other).is_err());
}

proptest! {
    #[test]
    fn a_changed_leaf_sibling_or_root_is_refused(size in 1u64..200, pick: prop::sample::Index, at: prop::sample::Index, bit in 0u8..8) {
        let all = leaves(size);
        let index = pick.index(size as usize);
        let (leaf, path, root) = (all[index], path(&all, index).unwrap(), root(&all));
        let mut digests: Vec<Digest> = [vec![leaf, root], path].concat();
        let place = at.index(digests.len() * 32);
        digests[place / 32].0[place % 32] ^= 1 << bit;
        prop_assert!(!verify(&digests[0], index as u64, size, &digests[2..], &digests[1]));
        prop_assert_ne!(fold(&digests[0], index as u64, &digests[2..]), Some(digests[1]));
    }
}
