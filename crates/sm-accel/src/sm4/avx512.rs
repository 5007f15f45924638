//! SM4 on GFNI and AVX-512: 16 blocks in four vectors, 64 at once.
#![allow(unsafe_code)]

use core::arch::x86_64::*;

use super::avx2::{IN, IN_CONSTANT, OUT, OUT_CONSTANT};
use super::rounds::encrypt;
use super::{Block, RoundKeys};

encrypt!(four_groups, "avx512f,avx512bw,gfni", 16 x 4);
encrypt!(one_group, "avx512f,avx512bw,gfni", 16 x 1);

pub(super) fn encrypt_many(keys: &RoundKeys, blocks: &mut [Block; 64]) {
    // SAFETY: the caller asked the processor.
    unsafe { four_groups(keys, blocks) }
}

pub(super) fn encrypt_few(keys: &RoundKeys, blocks: &mut [Block; 16]) {
    // SAFETY: the caller asked the processor.
    unsafe { one_group(keys, blocks) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn load(blocks: &[Block; 16]) -> [__m512i; 4] {
    let swap = big_endian();
    let (parts, _) = blocks.as_chunks::<4>();
    // SAFETY: four blocks are 64 bytes, and the load needs no alignment.
    [0, 1, 2, 3].map(|n| _mm512_shuffle_epi8(unsafe { _mm512_loadu_si512(parts[n].as_ptr().cast()) }, swap))
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn store(blocks: &mut [Block; 16], x: [__m512i; 4]) {
    let swap = big_endian();
    for (part, x) in blocks.as_chunks_mut::<4>().0.iter_mut().zip(x) {
        // SAFETY: four blocks are 64 bytes, and the store needs no alignment.
        unsafe { _mm512_storeu_si512(part.as_mut_ptr().cast(), _mm512_shuffle_epi8(x, swap)) }
    }
}

/// Reverses the bytes of each word.
#[inline]
#[target_feature(enable = "avx512f")]
fn big_endian() -> __m512i {
    _mm512_set4_epi32(0x0c0d_0e0f, 0x0809_0a0b, 0x0405_0607, 0x0001_0203)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn splat(word: u32) -> __m512i {
    _mm512_set1_epi32(word.cast_signed())
}

#[inline]
#[target_feature(enable = "avx512f")]
fn xor(a: __m512i, b: __m512i) -> __m512i {
    _mm512_xor_si512(a, b)
}

/// Rows of words to columns, in each 128 bits.
#[inline]
#[target_feature(enable = "avx512f")]
fn transpose([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    let (ab, cd) = (_mm512_unpacklo_epi32(a, b), _mm512_unpacklo_epi32(c, d));
    let (ab_high, cd_high) = (_mm512_unpackhi_epi32(a, b), _mm512_unpackhi_epi32(c, d));
    [
        _mm512_unpacklo_epi64(ab, cd),
        _mm512_unpackhi_epi64(ab, cd),
        _mm512_unpacklo_epi64(ab_high, cd_high),
        _mm512_unpackhi_epi64(ab_high, cd_high),
    ]
}

#[inline]
#[target_feature(enable = "avx512f,gfni")]
fn substitute(x: __m512i) -> __m512i {
    let x = _mm512_gf2p8affine_epi64_epi8::<IN_CONSTANT>(x, _mm512_set1_epi64(IN));
    _mm512_gf2p8affineinv_epi64_epi8::<OUT_CONSTANT>(x, _mm512_set1_epi64(OUT))
}

/// L: the word and itself turned by 2, 10, 18 and 24.
#[inline]
#[target_feature(enable = "avx512f")]
fn spread(b: __m512i) -> __m512i {
    let near = xor(xor(b, _mm512_rol_epi32::<2>(b)), _mm512_rol_epi32::<10>(b));
    xor(near, xor(_mm512_rol_epi32::<18>(b), _mm512_rol_epi32::<24>(b)))
}
