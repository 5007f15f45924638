//! SM4 (GB/T 32907) in Galois/counter mode, as RFC 8998 names it AEAD_SM4_GCM.

use alloc::vec::Vec;

use aes_gcm::{
    AesGcm, KeyInit, Nonce,
    aead::{Aead, AeadInOut, Payload, consts::U12},
};

use crate::{OpenError, sm4::Sm4};

/// Bytes of a tag.
pub const TAG_LEN: usize = 16;

/// A key of AEAD_SM4_GCM, ready for use; wiped when dropped.
///
/// A nonce must not be used twice with one key: that gives away the plaintexts and lets tags be forged.
#[derive(Clone)]
// The library's type is called after AES and takes any 16-byte block cipher.
pub struct Sm4Gcm(AesGcm<Sm4, U12>);

impl Sm4Gcm {
    /// Makes the round keys and the key of the tag.
    #[must_use]
    pub fn new(key: &[u8; 16]) -> Self {
        Self(AesGcm::new(key.into()))
    }

    /// Encrypts in place; the tag, which also covers `aad`.
    ///
    /// # Panics
    /// If there are more bytes than GCM allows: 2^36 - 32 (64 GiB).
    #[must_use]
    pub fn seal_in_place(&self, nonce: &[u8; 12], aad: &[u8], bytes: &mut [u8]) -> [u8; TAG_LEN] {
        let tag = self.0.encrypt_inout_detached(&Nonce::from(*nonce), aad, bytes.into());
        tag.expect("GCM refuses only a plaintext above 64 GiB").into()
    }

    /// Checks the tag and decrypts in place.
    ///
    /// # Errors
    /// [`OpenError`] if the tag does not fit; nothing is decrypted then.
    pub fn open_in_place(
        &self,
        nonce: &[u8; 12],
        aad: &[u8],
        bytes: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> Result<(), OpenError> {
        let opened = self.0.decrypt_inout_detached(&Nonce::from(*nonce), aad, bytes.into(), tag.into());
        opened.map_err(|_| OpenError)
    }
}

impl core::fmt::Debug for Sm4Gcm {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Sm4Gcm(hidden)")
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
    Sm4Gcm::new(key)
        .0
        .encrypt(&Nonce::from(*nonce), Payload { msg: plaintext, aad })
        .expect("GCM refuses only a plaintext above 64 GiB")
}

/// Checks the tag at the end of `ciphertext` and decrypts the rest.
///
/// # Errors
/// [`OpenError`] if the tag does not fit or the bytes are shorter than a tag; nothing is decrypted then.
pub fn sm4_gcm_open(key: &[u8; 16], nonce: &[u8; 12], aad: &[u8], ciphertext: &[u8]) -> Result<Vec<u8>, OpenError> {
    Sm4Gcm::new(key).0.decrypt(&Nonce::from(*nonce), Payload { msg: ciphertext, aad }).map_err(|_| OpenError)
}
