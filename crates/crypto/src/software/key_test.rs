#![allow(clippy::unwrap_used)]

use std::convert::Infallible;

use proptest::prelude::*;
use sm2::{
    dsa::{SigningKey, signature::hazmat::RandomizedPrehashSigner},
    elliptic_curve::rand_core::{TryCryptoRng, TryRng},
};

use super::*;

fn key(secret: &[u8; 32]) -> Option<SoftwareKey> {
    Some(SoftwareKey::new(KeyUse::Transaction, SecretScalar::from_bytes(secret)?))
}

fn bytes(text: &str) -> [u8; 32] {
    hex::decode(text).unwrap().try_into().unwrap()
}

/// A generator that gives out what the test chose.
struct Given([u8; 32]);

impl TryRng for Given {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("the library asks for whole slices")
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("the library asks for whole slices")
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        out.copy_from_slice(&self.0);
        Ok(())
    }
}

impl TryCryptoRng for Given {}

/// GB/T 32918.5, A.2: the standard's key, nonce and message give the standard's signature.
#[test]
fn the_standards_example_is_reproduced() {
    let key = key(&bytes("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")).unwrap();
    let k = bytes("59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21");
    let e = Scalar::reduce(&FieldBytes::from(key.public.digest(b"message digest")));
    let signature = key.sign_with_nonce(&e, &Scalar::from_repr(k.into()).unwrap()).unwrap();
    let r = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3";
    let s = "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";
    assert_eq!(hex::encode(signature), format!("{r}{s}"));
}

/// r = 0 and r + k = 0 would give the key away or fit no message: both ask for another nonce.
#[test]
fn nonces_that_make_a_bad_r_are_skipped() {
    let key = key(&[7; 32]).unwrap();
    let k = Scalar::from_repr([9; 32].into()).unwrap();
    let x1 = Scalar::reduce(&ProjectivePoint::mul_by_generator(&k).to_affine().x());
    assert!(key.sign_with_nonce(&-x1, &k).is_none(), "r = 0");
    assert!(key.sign_with_nonce(&-(x1 + k), &k).is_none(), "r + k = 0");
    assert!(key.sign_with_nonce(&(Scalar::ONE - x1), &k).is_some());
}

#[test]
fn one_message_is_signed_with_a_new_nonce_each_time() {
    let key = key(&[7; 32]).unwrap();
    let e = key.public.digest(b"message");
    let (a, b) = (key.sign(&e).unwrap(), key.sign(&e).unwrap());
    assert_ne!(a[..32], b[..32]);
    assert!(key.public.verify(b"message", &a) && key.public.verify(b"message", &b));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The library's own signer with the same random bytes makes the same signature, bit for bit.
    #[test]
    fn equals_the_librarys_signer(secret: [u8; 32], digest: [u8; 32], fresh: [u8; 32]) {
        prop_assume!(key(&secret).is_some());
        let ours = key(&secret).unwrap().sign_digest(&digest, &fresh);
        let reference = SigningKey::from_slice(sm::USER_ID, &secret).unwrap();
        let theirs = reference.sign_prehash_with_rng(&mut Given(fresh), &digest).unwrap();
        prop_assert_eq!(ours.to_vec(), theirs.to_bytes().to_vec());
    }

    #[test]
    fn verifies_and_only_for_its_message(secret: [u8; 32], message: Vec<u8>, other: Vec<u8>) {
        prop_assume!(key(&secret).is_some() && message != other);
        let key = key(&secret).unwrap();
        let signature = key.sign(&key.public.digest(&message)).unwrap();
        prop_assert!(key.public.verify(&message, &signature));
        prop_assert!(!key.public.verify(&other, &signature));
    }
}
