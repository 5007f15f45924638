//! SM3 (GB/T 32905), the 256-bit hash.

use alloc::vec::Vec;

use ::sm3::{Digest, Sm3 as Hasher};

/// SM3 of `data`.
#[must_use]
pub fn sm3(data: &[u8]) -> [u8; 32] {
    Hasher::digest(data).into()
}

/// SM3 of the concatenation of `parts`. The parts carry no lengths: the caller frames them.
#[must_use]
pub fn sm3_parts(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sm3::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finish()
}

/// SM3 fed piece by piece.
#[derive(Clone, Default)]
pub struct Sm3(Hasher);

impl Sm3 {
    /// A hasher that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in the next bytes.
    pub fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    /// The hash of all bytes taken in.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// SM3(prefix || left || right): an inner node of a Merkle tree.
#[must_use]
pub fn sm3_node(prefix: u8, left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    let mut message = [prefix; 65];
    message[1..33].copy_from_slice(left);
    message[33..].copy_from_slice(right);
    sm3(&message)
}

/// Appends [`sm3_node`] of each pair to `out`, in order: a level of a tree at once.
/// All messages have one length, so that several can be hashed side by side.
pub fn sm3_nodes(prefix: u8, pairs: &[([u8; 32], [u8; 32])], out: &mut Vec<[u8; 32]>) {
    out.reserve(pairs.len());
    out.extend(pairs.iter().map(|(left, right)| sm3_node(prefix, left, right)));
}
