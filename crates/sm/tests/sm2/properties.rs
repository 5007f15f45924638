//! All ways agree on random and on badly behaved numbers.

use proptest::prelude::*;
use sm::sm3;
use sm2::{
    ProjectivePoint, Scalar,
    dsa::{SigningKey, signature::Signer as _},
};

use crate::{
    agree::{Signer, agreed, agreed_all},
    forge::{digest_for, public_key, scalar, signature},
};

/// Numbers that are random, small, close to n, or have long runs of equal bits.
fn number() -> impl Strategy<Value = Scalar> {
    prop_oneof![
        any::<[u8; 32]>().prop_map(scalar),
        (1_u64..100).prop_map(Scalar::from),
        (1_u64..100).prop_map(|small| -Scalar::from(small)),
        (0_usize..256, 0_usize..256).prop_map(|(low, high)| scalar(run_of_ones(low, high))),
    ]
    .prop_filter("not zero", |scalar| !bool::from(scalar.is_zero()))
}

/// A number that may be a private key: from 1 to n - 2 (GB/T 32918.1, 6.1). With n - 1 the check `sG + (r + s)P` has no
/// `s` left in it, so that any other `s` would pass.
fn private() -> impl Strategy<Value = Scalar> {
    number().prop_filter("n - 1 is no private key", |scalar| *scalar != -Scalar::ONE)
}

/// Ones from bit `low` to bit `high`.
fn run_of_ones(low: usize, high: usize) -> [u8; 32] {
    let mut bytes = [0; 32];
    for bit in low.min(high)..=low.max(high) {
        bytes[31 - bit / 8] |= 1 << (bit % 8);
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_valid_by_construction_verifies(d in private(), r in number(), s in number(), bit in 0_usize..768) {
        let point = ProjectivePoint::GENERATOR * d;
        let signer = Signer::new(public_key(&point));
        let valid = signature(&r, &s);
        let Some(digest) = digest_for(&point, &r, &s) else {
            prop_assert!(!agreed(&signer, &[0; 32], &valid));
            return Ok(());
        };
        let (mut other_digest, mut other_signature) = (digest, valid);
        match bit {
            0..256 => other_digest[bit / 8] ^= 1 << (bit % 8),
            _ => other_signature[(bit - 256) / 8] ^= 1 << (bit % 8),
        }
        let asked = [(digest, valid), (other_digest, other_signature)];
        prop_assert_eq!(agreed_all(&signer, &asked), [true, false]);
    }

    #[test]
    fn a_signed_message_verifies_and_no_other(
        secret in any::<[u8; 32]>(),
        message in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let secret = SigningKey::from_slice(sm::USER_ID, &sm3(&secret)).unwrap();
        let signer = Signer::new(public_key(&ProjectivePoint::from(*secret.verifying_key().as_affine())));
        let made: sm2::dsa::Signature = secret.sign(&message);
        let made = made.to_bytes().into();
        prop_assert!(signer.key.verify(&message, &made));
        prop_assert!(agreed(&signer, &signer.key.digest(&message), &made));
        let longer = [message.as_slice(), &[0]].concat();
        prop_assert!(!signer.key.verify(&longer, &made));
        prop_assert!(!agreed(&signer, &signer.key.digest(&longer), &made));
    }

    #[test]
    fn random_bytes_are_refused_alike(d in number(), digest in any::<[u8; 32]>(), halves in any::<[[u8; 32]; 2]>()) {
        let signer = Signer::new(public_key(&(ProjectivePoint::GENERATOR * d)));
        let mut garbage = [0; 64];
        garbage[..32].copy_from_slice(&halves[0]);
        garbage[32..].copy_from_slice(&halves[1]);
        prop_assert!(!agreed(&signer, &digest, &garbage));
    }
}
