//! The cache from outside: what it hands out verifies.

use sm::{CachedSigner, PublicKeyBytes, SignerCache, Sm2Error, VerifyItem, verify_batch};
use sm2::ProjectivePoint;

use crate::forge::{digest_for, public_key, scalar, signature};

#[test]
fn signers_from_the_cache_verify_before_and_after_their_table() {
    let point = ProjectivePoint::GENERATOR * scalar([0x51; 32]);
    let bytes = public_key(&point).to_bytes();
    let (r, s) = (scalar([1; 32]), scalar([2; 32]));
    let digest = digest_for(&point, &r, &s).unwrap();
    let mut cache = SignerCache::new(1, 4, 2);
    for use_number in 0..4 {
        let signer = cache.get(&bytes).unwrap();
        assert_eq!(matches!(signer, CachedSigner::Known(_)), use_number >= 2);
        assert_eq!(signer.public_key().to_bytes(), bytes);
        let item = |digest| VerifyItem { key: signer.as_verify_key(), digest, signature: signature(&r, &s) };
        assert_eq!(verify_batch(&[item(digest), item([0; 32])]), [true, false]);
    }
}

#[test]
fn bytes_that_are_no_key_are_refused_each_time() {
    let mut cache = SignerCache::new(1, 4, 0);
    for _ in 0..3 {
        assert_eq!(cache.get(&PublicKeyBytes([2; 33])).err(), refusal(&[2; 33]));
        assert_eq!(cache.get(&PublicKeyBytes([9; 33])).err(), Some(Sm2Error::Form(9)));
    }
}

fn refusal(bytes: &[u8; 33]) -> Option<Sm2Error> {
    let refused = sm::PublicKey::from_sec1(bytes).err();
    assert!(refused.is_some(), "chosen not to be a key");
    refused
}
