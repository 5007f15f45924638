//! SM4 without tables on any processor: the S-box as a circuit over 64 bytes at once, one bit of each in a word.
//!
//! The S-box is A · (A x + c)^-1 + c over GF(2^8) with x^8 + x^7 + x^6 + x^5 + x^4 + x^2 + 1. The inverse is taken in
//! GF((2^4)^2), with y^2 + y + 9 over GF(2)[x] / (x^4 + x + 1); the changes of basis are part of the matrices.

use super::{Block, RoundKeys};

/// Blocks at once.
const BLOCKS: usize = 16;

/// 64 bytes, bit by bit: word k has bit k of each.
type Planes = [u64; 8];

/// A number of GF(16) for each of 64 bytes.
type Nibbles = [u64; 4];

/// Row i says which bits of the input make bit i.
const IN: [u8; 8] = [0xf0, 0x72, 0xd6, 0x18, 0x93, 0x40, 0xc4, 0x7f];
/// Is added to what [`IN`] makes.
const IN_CONSTANT: u8 = 0xaf;
/// As [`IN`], on the way back.
const OUT: [u8; 8] = [0x33, 0x65, 0x14, 0xb5, 0x8a, 0x2a, 0x07, 0x29];
/// Is added to what [`OUT`] makes.
const OUT_CONSTANT: u8 = 0xd3;

/// The S-box on the four bytes of a word.
pub(super) fn substitute(word: u32) -> u32 {
    let mut words = [0; BLOCKS];
    words[0] = word;
    substitute_all(&words)[0]
}

pub(super) fn encrypt(keys: &RoundKeys, blocks: &mut [Block; BLOCKS]) {
    let mut x = [[0; BLOCKS]; 4];
    for (n, block) in blocks.iter().enumerate() {
        for (x, bytes) in x.iter_mut().zip(block.as_chunks::<4>().0) {
            x[n] = u32::from_be_bytes(*bytes);
        }
    }
    for (round, key) in keys.iter().enumerate() {
        let [a, b, c] = [1, 2, 3].map(|ahead| x[(round + ahead) % 4]);
        let t = core::array::from_fn(|n| a[n] ^ b[n] ^ c[n] ^ key);
        let b = substitute_all(&t);
        for (x, b) in x[round % 4].iter_mut().zip(b) {
            *x ^= b ^ b.rotate_left(2) ^ b.rotate_left(10) ^ b.rotate_left(18) ^ b.rotate_left(24);
        }
    }
    for (n, block) in blocks.iter_mut().enumerate() {
        for (x, bytes) in x.iter().rev().zip(block.as_chunks_mut::<4>().0) {
            *bytes = x[n].to_be_bytes();
        }
    }
}

fn substitute_all(words: &[u32; BLOCKS]) -> [u32; BLOCKS] {
    let planes = core::array::from_fn(|n| u64::from(words[2 * n]) | u64::from(words[2 * n + 1]) << 32);
    let planes = transpose(circuit(transpose(planes)));
    core::array::from_fn(|n| (planes[n / 2] >> (32 * (n % 2))) as u32)
}

/// Exchanges the number of a word with the number of a bit in its byte; twice is as before.
#[inline(always)]
fn transpose(mut w: Planes) -> Planes {
    for (apart, mask) in [(1, 0x5555_5555_5555_5555), (2, 0x3333_3333_3333_3333), (4, 0x0f0f_0f0f_0f0f_0f0f)] {
        for low in (0..8).filter(|n| n & apart == 0) {
            let swap = ((w[low] >> apart) ^ w[low + apart]) & mask;
            w[low + apart] ^= swap;
            w[low] ^= swap << apart;
        }
    }
    w
}

#[inline(always)]
fn circuit(x: Planes) -> Planes {
    let [a, b, c, d, e, f, g, h] = linear(&IN, IN_CONSTANT, x);
    let (low, high) = ([a, b, c, d], [e, f, g, h]);
    let norm = add(add(times_nine(square(high)), multiply(high, low)), square(low));
    let inverse = invert(norm);
    let [a, b, c, d] = multiply(add(low, high), inverse);
    let [e, f, g, h] = multiply(high, inverse);
    linear(&OUT, OUT_CONSTANT, [a, b, c, d, e, f, g, h])
}

#[inline(always)]
fn linear(rows: &[u8; 8], constant: u8, x: Planes) -> Planes {
    core::array::from_fn(|i| {
        let all = 0_u64.wrapping_sub(u64::from(constant >> i & 1));
        (0..8).filter(|j| rows[i] >> j & 1 == 1).fold(all, |sum, j| sum ^ x[j])
    })
}

#[inline(always)]
fn add(a: Nibbles, b: Nibbles) -> Nibbles {
    core::array::from_fn(|i| a[i] ^ b[i])
}

#[inline(always)]
fn square([a, b, c, d]: Nibbles) -> Nibbles {
    [a ^ c, c, b ^ d, d]
}

/// By x^3 + 1.
#[inline(always)]
fn times_nine([a, b, c, d]: Nibbles) -> Nibbles {
    [a ^ b, c, d, a]
}

#[inline(always)]
fn multiply(a: Nibbles, b: Nibbles) -> Nibbles {
    let c0 = a[0] & b[0];
    let c1 = (a[0] & b[1]) ^ (a[1] & b[0]);
    let c2 = (a[0] & b[2]) ^ (a[1] & b[1]) ^ (a[2] & b[0]);
    let c3 = (a[0] & b[3]) ^ (a[1] & b[2]) ^ (a[2] & b[1]) ^ (a[3] & b[0]);
    let c4 = (a[1] & b[3]) ^ (a[2] & b[2]) ^ (a[3] & b[1]);
    let c5 = (a[2] & b[3]) ^ (a[3] & b[2]);
    let c6 = a[3] & b[3];
    [c0 ^ c4, c1 ^ c4 ^ c5, c2 ^ c5 ^ c6, c3 ^ c6]
}

/// The inverse as a polynomial of the bits; that of 0 is 0.
#[inline(always)]
fn invert([a, b, c, d]: Nibbles) -> Nibbles {
    let (ab, ac, bc) = (a & b, a & c, b & c);
    let (ad, bd) = (a & d, b & d);
    let bcd = bc & d;
    [
        a ^ b ^ c ^ ac ^ bc ^ (a & bc) ^ d ^ bcd,
        ab ^ ac ^ bc ^ d ^ bd ^ (ab & d),
        ab ^ c ^ ac ^ d ^ ad ^ (ac & d),
        b ^ c ^ d ^ ad ^ bd ^ (c & d) ^ bcd,
    ]
}
