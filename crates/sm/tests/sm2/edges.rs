//! Edge values of r, s, e and of the key; damage bit by bit.

use sm::{VerifyItem, VerifyKey, verify_batch};
use sm2::{
    ProjectivePoint, Scalar, Sm2,
    dsa::{SigningKey, signature::hazmat::PrehashSigner},
    elliptic_curve::{Curve, PrimeField, group::Group},
};

use crate::{
    agree::{Signer, agreed, agreed_all},
    forge::{digest_for, public_key, scalar, signature},
};

fn signer_at(point: &ProjectivePoint) -> Signer {
    Signer::new(public_key(point))
}

/// n as bytes.
fn order() -> [u8; 32] {
    Sm2::ORDER.to_be_bytes().into()
}

#[test]
fn each_flipped_bit_of_a_valid_signature_refuses_it() {
    let key = SigningKey::from_slice(sm::USER_ID, &[0x42; 32]).unwrap();
    let signer = signer_at(&ProjectivePoint::from(*key.verifying_key().as_affine()));
    let digest = signer.key.digest(b"invoice");
    let valid: sm2::dsa::Signature = key.sign_prehash(&digest).unwrap();
    let valid = valid.to_bytes().into();
    assert!(agreed(&signer, &digest, &valid));
    let mut asked = vec![(digest, valid)];
    for bit in 0..512 {
        let mut damaged = valid;
        damaged[bit / 8] ^= 1 << (bit % 8);
        asked.push((digest, damaged));
    }
    for bit in 0..256 {
        let mut damaged = digest;
        damaged[bit / 8] ^= 1 << (bit % 8);
        asked.push((damaged, valid));
    }
    let verdicts = agreed_all(&signer, &asked);
    assert!(verdicts[0]);
    assert_eq!(verdicts.iter().filter(|verdict| **verdict).count(), 1);
}

#[test]
fn r_and_s_outside_1_to_n_minus_1_are_refused() {
    let signer = signer_at(&ProjectivePoint::GENERATOR.double());
    let inside = scalar([0x37; 32]).to_repr();
    for bad in [[0; 32], order(), [0xff; 32]] {
        for digest in [[0; 32], [0x5a; 32], [0xff; 32]] {
            let (mut bad_r, mut bad_s) = ([0; 64], [0; 64]);
            bad_r[..32].copy_from_slice(&bad);
            bad_r[32..].copy_from_slice(&inside);
            bad_s[..32].copy_from_slice(&inside);
            bad_s[32..].copy_from_slice(&bad);
            assert!(!agreed(&signer, &digest, &bad_r));
            assert!(!agreed(&signer, &digest, &bad_s));
        }
    }
}

/// r and s at 1, 2, n-2, n-1 with keys at plus and minus small multiples of G: sums meet equal and opposite points.
#[test]
fn edge_scalars_with_small_multiples_of_the_generator_agree() {
    let edges = [Scalar::ONE, Scalar::from(2_u64), -Scalar::from(2_u64), -Scalar::ONE, scalar([0x9d; 32])];
    let (mut valid, mut without_digest) = (0, 0);
    for multiple in [1_u64, 2, 3, 5, 31, 32, 33, 63, 1 << 16] {
        for multiple in [Scalar::from(multiple), -Scalar::from(multiple)] {
            let point = ProjectivePoint::GENERATOR * multiple;
            let signer = signer_at(&point);
            for (r, s) in edges.iter().flat_map(|r| edges.iter().map(move |s| (r, s))) {
                let Some(digest) = digest_for(&point, r, s) else {
                    assert!(!agreed(&signer, &r.to_repr().into(), &signature(r, s)));
                    without_digest += 1;
                    continue;
                };
                assert!(agreed(&signer, &digest, &signature(r, s)));
                assert!(!agreed(&signer, &[0x77; 32], &signature(r, s)));
                valid += 1;
            }
        }
    }
    assert!(valid > 300 && without_digest > 18 * 4, "{valid} {without_digest}");
}

#[test]
fn r_plus_s_equal_to_n_is_refused() {
    let point = ProjectivePoint::GENERATOR * scalar([0x21; 32]);
    let signer = signer_at(&point);
    for r in [Scalar::ONE, -Scalar::ONE, scalar([0x66; 32])] {
        let s = -r;
        // Without the check of t this digest would pass: t·P vanishes and s·G remains.
        let sg = (ProjectivePoint::GENERATOR * s).to_affine();
        let x = scalar(sm2::elliptic_curve::point::AffineCoordinates::x(&sg).into());
        for digest in [(r - x).to_repr().into(), r.to_repr().into(), [0; 32], [0xff; 32]] {
            assert!(!agreed(&signer, &digest, &signature(&r, &s)));
        }
    }
}

/// With s = -r·d/(1+d) the sum is the point at infinity, whose coordinates as bytes are zero.
#[test]
fn the_point_at_infinity_is_refused_and_harms_no_neighbour_in_a_batch() {
    let d = scalar([0x21; 32]);
    let point = ProjectivePoint::GENERATOR * d;
    let signer = signer_at(&point);
    let r = scalar([0x66; 32]);
    let s = -(r * d) * (d + Scalar::ONE).invert().unwrap();
    let at_infinity = (r.to_repr().into(), signature(&r, &s));
    let good = (digest_for(&point, &r, &Scalar::ONE).unwrap(), signature(&r, &Scalar::ONE));
    assert_eq!(agreed_all(&signer, &[good, at_infinity, good]), [true, false, true]);
}

#[test]
fn digests_of_all_zeros_and_all_ones_can_be_signed() {
    let key = SigningKey::from_slice(sm::USER_ID, &[0x17; 32]).unwrap();
    let signer = signer_at(&ProjectivePoint::from(*key.verifying_key().as_affine()));
    for digest in [[0; 32], [0xff; 32], order()] {
        let valid: sm2::dsa::Signature = key.sign_prehash(&digest).unwrap();
        let valid = valid.to_bytes().into();
        assert!(agreed(&signer, &digest, &valid));
        let mut other = digest;
        other[31] ^= 1;
        assert!(!agreed(&signer, &other, &valid));
    }
}

/// Answers keep their places across the groups that share an inversion, whatever the length of the batch.
#[test]
fn a_batch_of_any_length_keeps_the_order() {
    let point = ProjectivePoint::GENERATOR * scalar([0x33; 32]);
    let signer = signer_at(&point);
    let valid: Vec<_> = (1_u64..=5)
        .map(|s| (digest_for(&point, &scalar([7; 32]), &s.into()).unwrap(), signature(&scalar([7; 32]), &s.into())))
        .collect();
    assert!(verify_batch(&[]).is_empty());
    for length in [1, 2, 63, 64, 65, 127, 128, 129, 200] {
        let expected: Vec<bool> = (0..length).map(|index| index % 7 != 3 && index % 11 != 0).collect();
        let items: Vec<VerifyItem<'_>> = expected
            .iter()
            .enumerate()
            .map(|(index, good)| {
                let (mut digest, signature) = valid[index % valid.len()];
                digest[5] ^= u8::from(!good);
                VerifyItem { key: VerifyKey::Known(&signer.known), digest, signature }
            })
            .collect();
        assert_eq!(verify_batch(&items), expected);
    }
}
