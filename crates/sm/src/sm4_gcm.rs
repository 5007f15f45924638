//! SM4 (GB/T 32907) in Galois/counter mode, as RFC 8998 names it AEAD_SM4_GCM. The mode is that of NIST SP 800-38D with
//! nonces of 12 bytes; the library's knows no way to encrypt a short message's blocks together, which is most of its time.

mod each;
mod stream;

use alloc::vec::Vec;

use ghash::GHash;
use ghash::universal_hash::UniversalHash;
use sm_accel::sm4::{BackEnd, Block, PARALLEL, RoundKeys};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::OpenError;
use stream::{Stream, cover};

pub use each::{Message, sm4_gcm_open_each, sm4_gcm_seal_each};

/// Bytes of a tag.
pub const TAG_LEN: usize = 16;
/// Bytes of a nonce.
const NONCE_LEN: usize = 12;
/// Most bytes under one nonce: the counter has 32 bits, and two of its values are taken.
const MOST: u64 = (1 << 36) - 32;

/// A key of AEAD_SM4_GCM, ready for use; wiped when dropped.
///
/// A nonce must not be used twice with one key: that gives away the plaintexts and lets tags be forged.
#[derive(Clone)]
pub struct Sm4Gcm {
    back_end: BackEnd,
    keys: Zeroizing<RoundKeys>,
    hash: GHash,
}

impl Sm4Gcm {
    /// Makes the round keys and the key of the tag.
    #[must_use]
    pub fn new(key: &[u8; 16]) -> Self {
        let back_end = BackEnd::best();
        let keys = Zeroizing::new(back_end.expand(key));
        let mut of_zero = Zeroizing::new([[0; 16]]);
        back_end.encrypt(&keys, of_zero.as_mut_slice());
        let hash = GHash::new(&of_zero[0].into());
        Self { back_end, keys, hash }
    }

    /// Encrypts in place; the tag, which also covers `aad`.
    ///
    /// # Panics
    /// If there are more bytes than GCM allows: 2^36 - 32 (64 GiB).
    #[must_use]
    pub fn seal_in_place(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], bytes: &mut [u8]) -> [u8; TAG_LEN] {
        assert!(bytes.len() as u64 <= MOST, "GCM refuses a plaintext above 64 GiB");
        let start = self.stream(nonce, 1, 1 + blocks_of(bytes));
        self.cover(nonce, &start, bytes);
        self.tag(start.block(0), aad, bytes)
    }

    /// Checks the tag and decrypts in place.
    ///
    /// # Errors
    /// [`OpenError`] if the tag does not fit; nothing is decrypted then.
    pub fn open_in_place(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        bytes: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> Result<(), OpenError> {
        if bytes.len() as u64 > MOST {
            return Err(OpenError);
        }
        let start = self.stream(nonce, 1, 1 + blocks_of(bytes));
        if !bool::from(self.tag(start.block(0), aad, bytes).ct_eq(tag)) {
            return Err(OpenError);
        }
        self.cover(nonce, &start, bytes);
        Ok(())
    }

    /// Encrypted counters.
    fn stream(&self, nonce: &[u8; NONCE_LEN], first: u32, count: usize) -> Stream {
        Stream::of(self.back_end, &self.keys, nonce, first, count)
    }

    /// Covers a message with its stream, which `start` begins with the block for the tag.
    fn cover(&self, nonce: &[u8; NONCE_LEN], start: &Stream, bytes: &mut [u8]) {
        let rest = start.cover(1..start.len(), bytes);
        let mut counter = 1 + start.len() as u32;
        for part in rest.chunks_mut(16 * PARALLEL) {
            let stream = self.stream(nonce, counter, blocks_of(part));
            stream.cover(0..stream.len(), part);
            counter = counter.wrapping_add(stream.len() as u32);
        }
    }

    /// GHASH over both, each filled up to whole blocks, and their lengths in bits, under the stream's first block.
    fn tag(&self, mask: &Block, aad: &[u8], ciphertext: &[u8]) -> [u8; TAG_LEN] {
        let mut hash = self.hash.clone();
        hash.update_padded(aad);
        hash.update_padded(ciphertext);
        let mut lengths = [0; 16];
        lengths[..8].copy_from_slice(&(aad.len() as u64 * 8).to_be_bytes());
        lengths[8..].copy_from_slice(&(ciphertext.len() as u64 * 8).to_be_bytes());
        hash.update(&[lengths.into()]);
        let mut tag: [u8; TAG_LEN] = hash.finalize().into();
        cover(&mut tag, mask);
        tag
    }
}

impl core::fmt::Debug for Sm4Gcm {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Sm4Gcm(hidden)")
    }
}

/// Blocks that a message has, the last perhaps not full.
fn blocks_of(bytes: &[u8]) -> usize {
    bytes.len().div_ceil(16)
}

/// Encrypts `plaintext` and appends the 16-byte tag, which also covers `aad`.
///
/// A nonce must not be used twice with one key: that gives away the plaintexts and lets tags be forged.
///
/// # Panics
/// If `plaintext` is longer than GCM allows: 2^36 - 32 bytes (64 GiB).
#[must_use]
pub fn sm4_gcm_seal(key: &[u8; 16], nonce: &[u8; 12], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(plaintext.len() + TAG_LEN);
    sealed.extend_from_slice(plaintext);
    let tag = Sm4Gcm::new(key).seal_in_place(nonce, aad, &mut sealed);
    sealed.extend_from_slice(&tag);
    sealed
}

/// Checks the tag at the end of `ciphertext` and decrypts the rest.
///
/// # Errors
/// [`OpenError`] if the tag does not fit or the bytes are shorter than a tag; nothing is decrypted then.
pub fn sm4_gcm_open(key: &[u8; 16], nonce: &[u8; 12], aad: &[u8], ciphertext: &[u8]) -> Result<Vec<u8>, OpenError> {
    let (sealed, tag) = ciphertext.split_last_chunk::<TAG_LEN>().ok_or(OpenError)?;
    let mut plain = sealed.to_vec();
    Sm4Gcm::new(key).open_in_place(nonce, aad, &mut plain, tag)?;
    Ok(plain)
}
