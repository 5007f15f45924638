#![allow(clippy::unwrap_used)]

use super::*;

const CHAIN: ChainId = ChainId([7; 32]);

/// All levels from the leaves up to the top, empty places filled with zeros.
fn levels(leaves: &[Digest]) -> Vec<Vec<Digest>> {
    let mut level = leaves.to_vec();
    level.resize(1 << depth(leaves.len() as u64), Digest::ZERO);
    let mut out = vec![level];
    while out[out.len() - 1].len() > 1 {
        out.push(out[out.len() - 1].chunks(2).map(|pair| node_hash(&pair[0], &pair[1])).collect());
    }
    out
}

fn siblings(levels: &[Vec<Digest>], index: usize) -> Vec<Digest> {
    levels[..levels.len() - 1].iter().enumerate().map(|(level, nodes)| nodes[(index >> level) ^ 1]).collect()
}

fn leaf(i: u64) -> Digest {
    crate::leaf_hash(&i.to_le_bytes())
}

#[test]
fn the_top_rises_with_each_doubling_from_a_page() {
    let depths = [0, 1, 63, 64, 65, 128, 129, 1 << 20, (1 << 20) + 1, u64::MAX].map(depth);
    assert_eq!(depths, [6, 6, 6, 6, 7, 7, 8, 20, 21, 64]);
}

#[test]
fn empty_nodes_are_what_an_empty_page_hashes_to() {
    let page = levels(&[]);
    for (level, nodes) in page.iter().enumerate() {
        assert_eq!(nodes[0], empty(level as u32));
    }
    assert_eq!(empty(MAX_LEVEL + 2), node_hash(&empty(MAX_LEVEL + 1), &empty(MAX_LEVEL + 1)));
}

#[test]
fn each_slot_is_proven_at_its_place_and_size_only() {
    for count in [1u64, 2, 63, 64, 65, 130] {
        let leaves: Vec<Digest> = (0..count).map(leaf).collect();
        let levels = levels(&leaves);
        let root = root(&CHAIN, count, &levels[levels.len() - 1][0]);
        for index in 0..count {
            let path = siblings(&levels, index as usize);
            let check = |leaf, index, count, path: &[Digest]| verify(&CHAIN, leaf, index, count, path, &root);
            assert!(check(leaf(index), index, count, &path));
            assert!(!check(leaf(index + 1), index, count, &path));
            assert!(!check(leaf(index), index ^ 1, count, &path));
            assert!(!check(leaf(index), index, count + 1, &path), "the number of leaves is bound");
            assert!(!check(leaf(index), index, count, &path[1..]));
            assert!(!verify(&ChainId([8; 32]), leaf(index), index, count, &path, &root));
        }
        // The place after the last leaf holds zeros, but is no slot.
        let beyond = count as usize;
        if beyond < levels[0].len() {
            assert!(!verify(&CHAIN, Digest::ZERO, count, count, &siblings(&levels, beyond), &root));
        }
    }
}
