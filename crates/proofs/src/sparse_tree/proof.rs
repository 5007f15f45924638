//! Proofs of a key's value or absence.

use borsh::{BorshDeserialize, BorshSerialize};
use ledger_types::Digest;

use super::bit;
use crate::hash::{LEAF_PREFIX, node_hash};

/// The way from the root to where a key is or would be.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SparseProof {
    /// The nodes beside the way, from the root down.
    pub siblings: Vec<Digest>,
    /// What is at its end.
    pub end: SparseEnd,
}

/// What is at the end of a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum SparseEnd {
    /// The key itself.
    Found = 0,
    /// Nothing.
    Empty = 1,
    /// Another key that begins with the same bits.
    Other {
        /// Its hash.
        key_hash: Digest,
        /// The hash of its value.
        value_hash: Digest,
    } = 2,
}

/// Whether the map under `root` has the value for the key.
#[must_use]
pub fn verify_inclusion(proof: &SparseProof, key_hash: &Digest, value_hash: &Digest, root: &Digest) -> bool {
    proof.end == SparseEnd::Found && fold(proof, key_hash, leaf(key_hash, value_hash)) == Some(*root)
}

/// Whether the map under `root` has nothing for the key.
#[must_use]
pub fn verify_absence(proof: &SparseProof, key_hash: &Digest, root: &Digest) -> bool {
    let end = match &proof.end {
        SparseEnd::Found => return false,
        SparseEnd::Empty => Digest::ZERO,
        SparseEnd::Other { key_hash: other, value_hash } => {
            let shared = proof.siblings.len() <= KEY_BITS
                && (0..proof.siblings.len()).all(|depth| bit(other, depth) == bit(key_hash, depth));
            if other == key_hash || !shared {
                return false;
            }
            leaf(other, value_hash)
        }
    };
    fold(proof, key_hash, end) == Some(*root)
}

const KEY_BITS: usize = 256;

fn leaf(key_hash: &Digest, value_hash: &Digest) -> Digest {
    Digest(sm::sm3_node(LEAF_PREFIX, &key_hash.0, &value_hash.0))
}

fn fold(proof: &SparseProof, key_hash: &Digest, end: Digest) -> Option<Digest> {
    if proof.siblings.len() > KEY_BITS {
        return None;
    }
    Some(proof.siblings.iter().enumerate().rev().fold(end, |hash, (depth, sibling)| match bit(key_hash, depth) {
        0 => node_hash(&hash, sibling),
        _ => node_hash(sibling, &hash),
    }))
}
