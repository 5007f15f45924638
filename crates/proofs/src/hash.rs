//! The two hashes that all trees are made of (RFC 6962 prefixes over SM3).

use ledger_types::Digest;

/// In front of a leaf's data.
pub(crate) const LEAF_PREFIX: u8 = 0;
/// In front of two children.
pub(crate) const NODE_PREFIX: u8 = 1;

/// SM3(0x00 | data): a leaf.
#[must_use]
pub fn leaf_hash(data: &[u8]) -> Digest {
    Digest(sm::sm3_parts(&[&[LEAF_PREFIX], data]))
}

/// SM3(0x01 | left | right): an inner node.
#[must_use]
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    Digest(sm::sm3_node(NODE_PREFIX, &left.0, &right.0))
}

/// [`node_hash`] of each pair, in order: a level of a tree at once, so that several can be hashed side by side.
#[must_use]
pub fn node_hashes(pairs: impl Iterator<Item = (Digest, Digest)>) -> Vec<Digest> {
    prefixed_hashes(NODE_PREFIX, pairs)
}

/// SM3(prefix | left | right) of each pair.
pub(crate) fn prefixed_hashes(prefix: u8, pairs: impl Iterator<Item = (Digest, Digest)>) -> Vec<Digest> {
    let pairs: Vec<([u8; 32], [u8; 32])> = pairs.map(|(left, right)| (left.0, right.0)).collect();
    let mut out = Vec::new();
    sm::sm3_nodes(prefix, &pairs, &mut out);
    out.into_iter().map(Digest).collect()
}
