//! SM4 on GFNI and AVX2: 8 blocks in four vectors, 32 at once.
#![allow(unsafe_code)]

use core::arch::x86_64::*;

use super::rounds::encrypt;
use super::{Block, RoundKeys};

/// The S-box is an affine map, the inverse in the field of AES, and another affine map: rows of bits, the last first.
pub(super) const IN: i64 = 0x4c28_7db9_1a22_505d;
/// Is added to what [`IN`] makes.
pub(super) const IN_CONSTANT: i32 = 0x3e;
/// As [`IN`], after the inverse.
pub(super) const OUT: i64 = 0xf3ab_34a9_74a6_b589_u64.cast_signed();
/// Is added to what [`OUT`] makes.
pub(super) const OUT_CONSTANT: i32 = 0xd3;

encrypt!(four_groups, "avx2,gfni", 8 x 4);
encrypt!(one_group, "avx2,gfni", 8 x 1);

pub(super) fn encrypt_many(keys: &RoundKeys, blocks: &mut [Block; 32]) {
    // SAFETY: the caller asked the processor.
    unsafe { four_groups(keys, blocks) }
}

pub(super) fn encrypt_few(keys: &RoundKeys, blocks: &mut [Block; 8]) {
    // SAFETY: the caller asked the processor.
    unsafe { one_group(keys, blocks) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(blocks: &[Block; 8]) -> [__m256i; 4] {
    let swap = big_endian();
    let (parts, _) = blocks.as_chunks::<2>();
    // SAFETY: two blocks are 32 bytes, and the load needs no alignment.
    [0, 1, 2, 3].map(|n| _mm256_shuffle_epi8(unsafe { _mm256_loadu_si256(parts[n].as_ptr().cast()) }, swap))
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(blocks: &mut [Block; 8], x: [__m256i; 4]) {
    let swap = big_endian();
    for (part, x) in blocks.as_chunks_mut::<2>().0.iter_mut().zip(x) {
        // SAFETY: two blocks are 32 bytes, and the store needs no alignment.
        unsafe { _mm256_storeu_si256(part.as_mut_ptr().cast(), _mm256_shuffle_epi8(x, swap)) }
    }
}

/// Reverses the bytes of each word.
#[inline]
#[target_feature(enable = "avx2")]
fn big_endian() -> __m256i {
    _mm256_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203, 0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203)
}

#[inline]
#[target_feature(enable = "avx2")]
fn splat(word: u32) -> __m256i {
    _mm256_set1_epi32(word.cast_signed())
}

#[inline]
#[target_feature(enable = "avx2")]
fn xor(a: __m256i, b: __m256i) -> __m256i {
    _mm256_xor_si256(a, b)
}

/// Rows of words to columns, in each 128 bits.
#[inline]
#[target_feature(enable = "avx2")]
fn transpose([a, b, c, d]: [__m256i; 4]) -> [__m256i; 4] {
    let (ab, cd) = (_mm256_unpacklo_epi32(a, b), _mm256_unpacklo_epi32(c, d));
    let (ab_high, cd_high) = (_mm256_unpackhi_epi32(a, b), _mm256_unpackhi_epi32(c, d));
    [
        _mm256_unpacklo_epi64(ab, cd),
        _mm256_unpackhi_epi64(ab, cd),
        _mm256_unpacklo_epi64(ab_high, cd_high),
        _mm256_unpackhi_epi64(ab_high, cd_high),
    ]
}

#[inline]
#[target_feature(enable = "avx2,gfni")]
fn substitute(x: __m256i) -> __m256i {
    let x = _mm256_gf2p8affine_epi64_epi8::<IN_CONSTANT>(x, _mm256_set1_epi64x(IN));
    _mm256_gf2p8affineinv_epi64_epi8::<OUT_CONSTANT>(x, _mm256_set1_epi64x(OUT))
}

/// L: the word and itself turned by 2, 10, 18 and 24.
#[inline]
#[target_feature(enable = "avx2")]
fn spread(b: __m256i) -> __m256i {
    let by_8 =
        _mm256_set_epi64x(0x0e0d_0c0f_0a09_080b, 0x0605_0407_0201_0003, 0x0e0d_0c0f_0a09_080b, 0x0605_0407_0201_0003);
    let b8 = _mm256_shuffle_epi8(b, by_8);
    let b16 = _mm256_shuffle_epi8(b8, by_8);
    let b24 = _mm256_shuffle_epi8(b16, by_8);
    let sum = xor(xor(b, b8), b16);
    let by_2 = _mm256_or_si256(_mm256_slli_epi32::<2>(sum), _mm256_srli_epi32::<30>(sum));
    xor(xor(b, b24), by_2)
}
