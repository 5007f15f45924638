//! From password to key, and SM4-CBC with it.

use cbc::{
    Decryptor, Encryptor,
    cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7},
};
use pbkdf2::pbkdf2_hmac;
use sha2::Sha256;
use sm3::Sm3;
use sm4::Sm4;
use zeroize::Zeroizing;

use super::envelope::Prf;
use crate::wipe::wiping;

const BLOCK: usize = 16;

/// PBKDF2 to a key of SM4.
pub(super) fn derive(prf: Prf, password: &[u8], salt: &[u8], rounds: u32) -> Zeroizing<[u8; 16]> {
    wiping(|| {
        let mut key = Zeroizing::new([0; 16]);
        match prf {
            Prf::HmacSm3 => pbkdf2_hmac::<Sm3>(password, salt, rounds, key.as_mut_slice()),
            Prf::HmacSha256 => pbkdf2_hmac::<Sha256>(password, salt, rounds, key.as_mut_slice()),
        }
        key
    })
}

pub(super) fn encrypt(key: &[u8; 16], iv: &[u8; 16], plaintext: &[u8]) -> Vec<u8> {
    wiping(|| {
        let mut out = vec![0; (plaintext.len() / BLOCK + 1) * BLOCK];
        Encryptor::<Sm4>::new(key.into(), iv.into())
            .encrypt_padded_b2b::<Pkcs7>(plaintext, &mut out)
            .expect("the buffer has room for the padding");
        out
    })
}

/// `None` if the padding does not fit: a wrong password, mostly.
pub(super) fn decrypt(key: &[u8; 16], iv: &[u8; 16], ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    wiping(|| {
        let mut buffer = Zeroizing::new(vec![0; ciphertext.len()]);
        let decryptor = Decryptor::<Sm4>::new(key.into(), iv.into());
        let len = decryptor.decrypt_padded_b2b::<Pkcs7>(ciphertext, &mut buffer).ok()?.len();
        buffer.truncate(len);
        Some(buffer)
    })
}
