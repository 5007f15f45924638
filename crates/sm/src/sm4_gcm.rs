//! SM4 (GB/T 32907) in Galois/counter mode, as RFC 8998 names it AEAD_SM4_GCM.

use alloc::vec::Vec;

use aes_gcm::{
    AesGcm, KeyInit, Nonce,
    aead::{Aead, Payload, consts::U12},
};
use sm4::Sm4;

use crate::OpenError;

/// GCM over SM4. The type is called after AES and takes any 16-byte block cipher.
type Sm4Gcm = AesGcm<Sm4, U12>;

/// Encrypts `plaintext` and appends the 16-byte tag, which also covers `aad`.
///
/// A nonce must not be used twice with one key: that gives away the plaintexts and lets tags be forged.
///
/// # Panics
/// If `plaintext` is longer than GCM allows: 2^36 - 32 bytes (64 GiB).
#[must_use]
pub fn sm4_gcm_seal(key: &[u8; 16], nonce: &[u8; 12], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    Sm4Gcm::new(key.into())
        .encrypt(&Nonce::from(*nonce), Payload { msg: plaintext, aad })
        .expect("GCM refuses only a plaintext above 64 GiB")
}

/// Checks the tag at the end of `ciphertext` and decrypts the rest.
///
/// # Errors
/// [`OpenError`] if the tag does not fit or the bytes are shorter than a tag; nothing is decrypted then.
pub fn sm4_gcm_open(key: &[u8; 16], nonce: &[u8; 12], aad: &[u8], ciphertext: &[u8]) -> Result<Vec<u8>, OpenError> {
    Sm4Gcm::new(key.into()).decrypt(&Nonce::from(*nonce), Payload { msg: ciphertext, aad }).map_err(|_| OpenError)
}
