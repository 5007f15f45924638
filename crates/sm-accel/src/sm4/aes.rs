//! SM4 on AES-NI and SSSE3: the S-box by way of that of AES, whose inverse is the same up to a change of basis.
#![allow(unsafe_code)]

use core::arch::x86_64::*;

use super::rounds::encrypt as rounds;
use super::{Block, RoundKeys};

/// Into the field of AES: row i says which bits of the input make bit i.
const IN: Halves = Halves::of([0x4c, 0x28, 0x7d, 0xb9, 0x1a, 0x22, 0x50, 0x5d], 0x3e);
/// From what the S-box of AES makes.
const OUT: Halves = Halves::of([0x48, 0x0e, 0x4c, 0x47, 0x65, 0x1d, 0xba, 0xd3], 0x6c);

/// An affine map of bytes, as what it makes of either half: 16 values each, in one vector.
struct Halves {
    low: [u8; 16],
    high: [u8; 16],
}

impl Halves {
    const fn of(rows: [u8; 8], constant: u8) -> Self {
        let (mut low, mut high) = ([0; 16], [0; 16]);
        let mut n = 0;
        while n < 16 {
            low[n] = image(rows, n as u8) ^ constant;
            high[n] = image(rows, (n as u8) << 4);
            n += 1;
        }
        Self { low, high }
    }

    #[inline]
    #[target_feature(enable = "ssse3")]
    fn map(&self, x: __m128i) -> __m128i {
        let half = _mm_set1_epi8(0x0f);
        // SAFETY: both are 16 bytes, and the loads need no alignment.
        let (low, high) =
            unsafe { (_mm_loadu_si128(self.low.as_ptr().cast()), _mm_loadu_si128(self.high.as_ptr().cast())) };
        let high = _mm_shuffle_epi8(high, _mm_and_si128(_mm_srli_epi32::<4>(x), half));
        _mm_xor_si128(_mm_shuffle_epi8(low, _mm_and_si128(x, half)), high)
    }
}

const fn image(rows: [u8; 8], x: u8) -> u8 {
    let (mut out, mut i) = (0, 0);
    while i < 8 {
        out |= ((rows[i] & x).count_ones() as u8 & 1) << i;
        i += 1;
    }
    out
}

rounds!(two_groups, "aes,ssse3", 4 x 2);

pub(super) fn encrypt(keys: &RoundKeys, blocks: &mut [Block; 8]) {
    // SAFETY: the caller asked the processor.
    unsafe { two_groups(keys, blocks) }
}

/// The S-box on the four bytes of a word.
pub(super) fn substitute_word(word: u32) -> u32 {
    // SAFETY: the caller asked the processor.
    unsafe { one_word(word) }
}

#[target_feature(enable = "aes,ssse3")]
fn one_word(word: u32) -> u32 {
    _mm_cvtsi128_si32(substitute(_mm_cvtsi32_si128(word.cast_signed()))).cast_unsigned()
}

#[inline]
#[target_feature(enable = "aes,ssse3")]
fn substitute(x: __m128i) -> __m128i {
    // The last round of AES shifts rows before its S-box.
    let unshift = _mm_set_epi64x(0x0306_090c_0f02_0508, 0x0b0e_0104_070a_0d00);
    let x = _mm_shuffle_epi8(IN.map(x), unshift);
    OUT.map(_mm_aesenclast_si128(x, _mm_setzero_si128()))
}

#[inline]
#[target_feature(enable = "ssse3")]
fn load(blocks: &[Block; 4]) -> [__m128i; 4] {
    let swap = big_endian();
    // SAFETY: a block is 16 bytes, and the load needs no alignment.
    [0, 1, 2, 3].map(|n| _mm_shuffle_epi8(unsafe { _mm_loadu_si128(blocks[n].as_ptr().cast()) }, swap))
}

#[inline]
#[target_feature(enable = "ssse3")]
fn store(blocks: &mut [Block; 4], x: [__m128i; 4]) {
    let swap = big_endian();
    for (block, x) in blocks.iter_mut().zip(x) {
        // SAFETY: a block is 16 bytes, and the store needs no alignment.
        unsafe { _mm_storeu_si128(block.as_mut_ptr().cast(), _mm_shuffle_epi8(x, swap)) }
    }
}

/// Reverses the bytes of each word.
#[inline]
#[target_feature(enable = "ssse3")]
fn big_endian() -> __m128i {
    _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203)
}

#[inline]
#[target_feature(enable = "ssse3")]
fn splat(word: u32) -> __m128i {
    _mm_set1_epi32(word.cast_signed())
}

#[inline]
#[target_feature(enable = "ssse3")]
fn xor(a: __m128i, b: __m128i) -> __m128i {
    _mm_xor_si128(a, b)
}

/// Rows of words to columns.
#[inline]
#[target_feature(enable = "ssse3")]
fn transpose([a, b, c, d]: [__m128i; 4]) -> [__m128i; 4] {
    let (ab, cd) = (_mm_unpacklo_epi32(a, b), _mm_unpacklo_epi32(c, d));
    let (ab_high, cd_high) = (_mm_unpackhi_epi32(a, b), _mm_unpackhi_epi32(c, d));
    [
        _mm_unpacklo_epi64(ab, cd),
        _mm_unpackhi_epi64(ab, cd),
        _mm_unpacklo_epi64(ab_high, cd_high),
        _mm_unpackhi_epi64(ab_high, cd_high),
    ]
}

/// L: the word and itself turned by 2, 10, 18 and 24.
#[inline]
#[target_feature(enable = "ssse3")]
fn spread(b: __m128i) -> __m128i {
    let by_8 = _mm_set_epi64x(0x0e0d_0c0f_0a09_080b, 0x0605_0407_0201_0003);
    let b8 = _mm_shuffle_epi8(b, by_8);
    let b16 = _mm_shuffle_epi8(b8, by_8);
    let b24 = _mm_shuffle_epi8(b16, by_8);
    let sum = xor(xor(b, b8), b16);
    let by_2 = _mm_or_si128(_mm_slli_epi32::<2>(sum), _mm_srli_epi32::<30>(sum));
    xor(xor(b, b24), by_2)
}
