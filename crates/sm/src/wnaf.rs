//! Signed digits of a scalar, few of them other than zero.

use ::sm2::{
    Scalar,
    elliptic_curve::{PrimeField, scalar::IsHigh},
};

/// Bits of a scalar; also the number of digit positions.
pub(crate) const BITS: usize = 256;

/// The width-w non-adjacent form: scalar = sum of digit(i)·2^i modulo n, where a digit is zero or odd with
/// |digit| < 2^(w-1), and at least w-1 zeros follow each digit that is not zero.
pub(crate) struct Digits([i16; BITS]);

impl Digits {
    /// The form of `scalar` for a width of 2 to 16 bits.
    pub(crate) fn new(scalar: &Scalar, width: usize) -> Self {
        // The smaller of k and n-k is below 2^255, so that no carry leaves position 255.
        let negated = bool::from(scalar.is_high());
        let magnitude = limbs(&if negated { -scalar } else { *scalar });
        let mut digits = [0; BITS];
        let (mut position, mut carry) = (0, 0);
        while position < BITS {
            if window(&magnitude, position, 1) == carry {
                position += 1;
                continue;
            }
            let taken = width.min(BITS - position);
            let word = window(&magnitude, position, taken) + carry;
            carry = word >> (width - 1);
            let digit = word as i32 - ((carry as i32) << width);
            digits[position] = if negated { -digit } else { digit } as i16;
            position += taken;
        }
        debug_assert_eq!(carry, 0, "the magnitude is below 2^255");
        Self(digits)
    }

    /// The digit that counts 2^position.
    pub(crate) fn at(&self, position: usize) -> i16 {
        self.0[position]
    }
}

/// The scalar as an integer, lowest limb first.
fn limbs(scalar: &Scalar) -> [u64; 4] {
    let mut limbs = [0; 4];
    for (limb, bytes) in limbs.iter_mut().zip(scalar.to_repr().rchunks_exact(8)) {
        *limb = bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    }
    limbs
}

/// `count` bits (1 to 16) from `position` on; `position + count` is at most 256.
fn window(limbs: &[u64; 4], position: usize, count: usize) -> u64 {
    let (limb, shift) = (position / 64, position % 64);
    let mut bits = limbs[limb] >> shift;
    if shift + count > 64 {
        bits |= limbs[limb + 1] << (64 - shift);
    }
    bits & ((1 << count) - 1)
}

#[cfg(test)]
#[path = "wnaf_test.rs"]
mod wnaf_test;
