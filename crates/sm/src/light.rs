//! Light signatures for rehearsals: a keyed hash in place of the curve.
//!
//! A simulation of a cluster spends nearly all of its time on curves. A thread that *adopts* a private key takes, from
//! then on and only in this thread, a keyed hash over the digest for that key's signature. Only who has the private key
//! can adopt it, and who has it could sign anyway: nothing becomes valid that its owner could not have made so. Threads
//! that adopt nothing, those of every node, are not touched by any of this.

use core::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::thread_local;

use ::sm2::{SecretKey, elliptic_curve::sec1::ToSec1Point};

use crate::{PublicKeyBytes, Signature, Sm2Error, sm3_parts};

thread_local! {
    static ANY: Cell<bool> = const { Cell::new(false) };
    static KEYS: RefCell<BTreeMap<PublicKeyBytes, [u8; 32]>> = const { RefCell::new(BTreeMap::new()) };
}

/// From now on, in this thread, the key of this private scalar signs and verifies lightly.
///
/// # Errors
/// [`Sm2Error`] if the bytes are no private key.
pub fn adopt(secret: &[u8; 32]) -> Result<PublicKeyBytes, Sm2Error> {
    let key = SecretKey::from_slice(secret).map_err(|_| Sm2Error::OffCurve)?;
    let mut bytes = PublicKeyBytes([0; crate::PUBLIC_KEY_LEN]);
    bytes.0.copy_from_slice(key.public_key().to_sec1_point(true).as_bytes());
    KEYS.with_borrow_mut(|keys| keys.insert(bytes, sm3_parts(&[b"light", secret])));
    ANY.set(true);
    Ok(bytes)
}

/// Forgets all adopted keys of this thread.
pub fn forget_all() {
    KEYS.with_borrow_mut(BTreeMap::clear);
    ANY.set(false);
}

/// The light signature of an adopted key over a digest.
#[must_use]
pub fn sign(key: &PublicKeyBytes, digest: &[u8; 32]) -> Option<Signature> {
    let secret = secret_of(key)?;
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&sm3_parts(&[&secret, digest]));
    // The second half only fills its place.
    signature[32..].copy_from_slice(digest);
    Some(signature)
}

/// Whether any key was adopted in this thread.
pub(crate) fn is_in_use() -> bool {
    ANY.get()
}

/// Whether a key was adopted in this thread.
pub(crate) fn is_adopted(key: &PublicKeyBytes) -> bool {
    ANY.get() && secret_of(key).is_some()
}

/// The verdict on a signature of an adopted key; `None` for all others.
pub(crate) fn verdict(key: &PublicKeyBytes, digest: &[u8; 32], signature: &Signature) -> Option<bool> {
    if !ANY.get() {
        return None;
    }
    secret_of(key)?;
    Some(sign(key, digest).as_ref() == Some(signature))
}

fn secret_of(key: &PublicKeyBytes) -> Option<[u8; 32]> {
    KEYS.with_borrow(|keys| keys.get(key).copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PublicKey, SignerCache, VerifyItem, VerifyKey, verify_batch};

    #[test]
    fn only_adopted_keys_sign_lightly_and_only_in_their_thread() {
        let key = adopt(&[7; 32]).expect("a scalar in range");
        let parsed = PublicKey::from_bytes(&key).expect("a point");
        let digest = parsed.digest(b"message");
        let signature = sign(&key, &digest).expect("adopted");
        let other = parsed.digest(b"another message");
        let item = |digest| VerifyItem { key: VerifyKey::Plain(&parsed), digest, signature };
        assert!(parsed.verify(b"message", &signature) && parsed.verify_digest(&digest, &signature));
        assert_eq!(verify_batch(&[item(digest), item(other)]), [true, false]);
        let mut cache = SignerCache::new(4, 4, 0);
        let cached = cache.get(&key).expect("a key");
        let batch = [VerifyItem { key: cached.as_verify_key(), digest, signature }];
        assert_eq!(verify_batch(&batch), [true]);
        let elsewhere = std::thread::spawn({
            let parsed = parsed.clone();
            move || parsed.verify_digest(&digest, &signature)
        });
        assert!(!elsewhere.join().expect("no panic"));
        assert_eq!(adopt(&[0; 32]), Err(Sm2Error::OffCurve));
        forget_all();
        assert!(!parsed.verify_digest(&digest, &signature));
        assert_eq!(sign(&key, &digest), None);
    }
}
