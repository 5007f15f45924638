//! What messages are covered with.

use core::ops::Range;

use sm_accel::sm4::{BackEnd, Block, PARALLEL, RoundKeys};

use super::NONCE_LEN;

/// Blocks that one pass of the cipher encrypts, at most as many as it takes at once; wiped when dropped.
pub(super) struct Stream {
    blocks: [Block; PARALLEL],
    used: usize,
}

impl Stream {
    pub(super) fn new() -> Self {
        Self { blocks: [[0; 16]; PARALLEL], used: 0 }
    }

    /// Encrypted counters of a nonce, as many as there is room for.
    pub(super) fn of(back_end: BackEnd, keys: &RoundKeys, nonce: &[u8; NONCE_LEN], first: u32, count: usize) -> Self {
        let mut stream = Self::new();
        stream.push(nonce, first, count.min(PARALLEL));
        stream.encrypt(back_end, keys);
        stream
    }

    /// Appends a block of zeros.
    pub(super) fn push_zero(&mut self) {
        self.used += 1;
    }

    /// Appends counters of a nonce.
    pub(super) fn push(&mut self, nonce: &[u8; NONCE_LEN], first: u32, count: usize) {
        let mut counter = first;
        for block in &mut self.blocks[self.used..self.used + count] {
            block[..NONCE_LEN].copy_from_slice(nonce);
            block[NONCE_LEN..].copy_from_slice(&counter.to_be_bytes());
            counter = counter.wrapping_add(1);
        }
        self.used += count;
    }

    /// One pass of the cipher over all that was appended.
    pub(super) fn encrypt(&mut self, back_end: BackEnd, keys: &RoundKeys) {
        back_end.encrypt(keys, &mut self.blocks[..self.used]);
    }

    /// One of the blocks.
    pub(super) fn block(&self, at: usize) -> &Block {
        &self.blocks[..self.used][at]
    }

    /// Covers bytes with blocks of the stream, as far as these reach; returns what is left.
    pub(super) fn cover<'a>(&self, blocks: Range<usize>, bytes: &'a mut [u8]) -> &'a mut [u8] {
        let stream = self.blocks[..self.used][blocks].as_flattened();
        let (covered, rest) = bytes.split_at_mut(bytes.len().min(stream.len()));
        cover(covered, stream);
        rest
    }

    /// How many blocks there are.
    pub(super) fn len(&self) -> usize {
        self.used
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // Whole vectors at a time: byte by byte this would take as long as the cipher.
        self.blocks[..self.used].fill([0; 16]);
        zeroize::optimization_barrier(&self.blocks);
    }
}

/// Bytes, each with its part of a stream.
pub(super) fn cover(bytes: &mut [u8], stream: &[u8]) {
    for (byte, cover) in bytes.iter_mut().zip(stream) {
        *byte ^= cover;
    }
}
