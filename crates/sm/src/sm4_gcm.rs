//! SM4 (GB/T 32907) in Galois/counter mode, as RFC 8998 names it AEAD_SM4_GCM. The mode is that of NIST SP 800-38D with
//! nonces of 12 bytes; the library's knows no way to encrypt a short message's blocks together, which is most of its time.

use alloc::vec::Vec;

use ghash::GHash;
use ghash::universal_hash::UniversalHash;
use sm_accel::sm4::{BackEnd, Block, PARALLEL, RoundKeys};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::OpenError;

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
        let mut stream = Stream::new(self, nonce);
        let start = stream.start(bytes.len());
        stream.cover(&start, bytes);
        self.tag(&start[0], aad, bytes)
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
        let mut stream = Stream::new(self, nonce);
        let start = stream.start(bytes.len());
        if !bool::from(self.tag(&start[0], aad, bytes).ct_eq(tag)) {
            return Err(OpenError);
        }
        stream.cover(&start, bytes);
        Ok(())
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

/// As many blocks of the stream as are made at once.
type Blocks = Zeroizing<[Block; PARALLEL]>;

/// Encrypted counters: the first covers the tag, the others the message.
struct Stream<'a> {
    key: &'a Sm4Gcm,
    nonce: &'a [u8; NONCE_LEN],
    counter: u32,
}

impl<'a> Stream<'a> {
    fn new(key: &'a Sm4Gcm, nonce: &'a [u8; NONCE_LEN]) -> Self {
        Self { key, nonce, counter: 1 }
    }

    /// The block for the tag and the first ones for a message of so many bytes.
    fn start(&mut self, bytes: usize) -> Blocks {
        let mut blocks = Zeroizing::new([[0; 16]; PARALLEL]);
        self.fill(&mut blocks[..(1 + bytes.div_ceil(16)).min(PARALLEL)]);
        blocks
    }

    fn fill(&mut self, blocks: &mut [Block]) {
        for block in blocks.iter_mut() {
            block[..NONCE_LEN].copy_from_slice(self.nonce);
            block[NONCE_LEN..].copy_from_slice(&self.counter.to_be_bytes());
            self.counter = self.counter.wrapping_add(1);
        }
        self.key.back_end.encrypt(&self.key.keys, blocks);
    }

    fn cover(&mut self, start: &Blocks, bytes: &mut [u8]) {
        let (first, rest) = bytes.split_at_mut(bytes.len().min(16 * (PARALLEL - 1)));
        cover(first, start[1..].as_flattened());
        let mut blocks = Zeroizing::new([[0; 16]; PARALLEL]);
        for part in rest.chunks_mut(16 * PARALLEL) {
            self.fill(&mut blocks[..part.len().div_ceil(16)]);
            cover(part, blocks.as_flattened());
        }
    }
}

fn cover(bytes: &mut [u8], stream: &[u8]) {
    for (byte, cover) in bytes.iter_mut().zip(stream) {
        *byte ^= cover;
    }
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
