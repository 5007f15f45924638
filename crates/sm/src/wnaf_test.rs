#![allow(clippy::unwrap_used)]

use ::sm2::{FieldBytes, Scalar, elliptic_curve::ops::Reduce};
use proptest::prelude::*;

use super::{BITS, Digits};

/// Checks the definition: the sum, odd digits within the width, and the gaps.
fn check(scalar: &Scalar, width: usize) {
    let digits = Digits::new(scalar, width);
    let mut sum = Scalar::ZERO;
    let mut last: Option<usize> = None;
    for position in (0..BITS).rev() {
        let digit = digits.at(position);
        let magnitude = Scalar::from(u64::from(digit.unsigned_abs()));
        sum = sum + sum + if digit < 0 { -magnitude } else { magnitude };
        if digit != 0 {
            assert!(digit % 2 != 0 && digit.unsigned_abs() < 1 << (width - 1), "digit {digit}");
            assert!(last.is_none_or(|last| last - position >= width), "gap at {position}");
            last = Some(position);
        }
    }
    assert_eq!(sum, *scalar);
}

fn from_bytes(bytes: [u8; 32]) -> Scalar {
    Scalar::reduce(&FieldBytes::from(bytes))
}

#[test]
fn edges_keep_the_definition() {
    let half = Scalar::from(2_u64).invert().unwrap();
    let top_bit = from_bytes([[0x80_u8].as_slice(), &[0; 31]].concat().try_into().unwrap());
    for width in 2..=12 {
        for start in [Scalar::ZERO, half, top_bit, from_bytes([0x55; 32]), from_bytes([0xff; 32])] {
            let mut scalar = start - Scalar::from(70_u64);
            for _ in 0..140 {
                check(&scalar, width);
                scalar += Scalar::ONE;
            }
        }
    }
}

proptest! {
    #[test]
    fn any_scalar_keeps_the_definition(bytes in any::<[u8; 32]>(), width in 2_usize..=16) {
        check(&from_bytes(bytes), width);
    }
}
