//! SM4 (GB/T 32907), forwards only: counter modes need no more.

#[cfg(all(target_arch = "x86_64", feature = "std"))]
mod aes;
#[cfg(all(target_arch = "x86_64", feature = "std"))]
mod avx2;
#[cfg(all(target_arch = "x86_64", feature = "std"))]
mod avx512;
mod portable;
#[cfg(all(target_arch = "x86_64", feature = "std"))]
mod rounds;
#[cfg(test)]
mod sm4_test;

/// A block.
pub type Block = [u8; 16];

/// The keys of the 32 rounds.
pub type RoundKeys = [u32; 32];

/// Blocks that the widest back end takes at once: callers that have many do well to pass so many.
pub const PARALLEL: usize = 64;

/// System parameter FK (GB/T 32907, 7.3).
const FK: [u32; 4] = [0xa3b1_bac6, 0x56aa_3350, 0x677d_9197, 0xb270_22dc];

/// Code for one kind of processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackEnd {
    /// Any processor: bit planes in 64-bit words, 16 blocks at once.
    Portable,
    /// AES-NI and SSSE3: the S-box by way of that of AES, 8 blocks at once.
    Aes,
    /// GFNI and AVX2, 32 blocks at once.
    Avx2,
    /// GFNI and AVX-512, 64 blocks at once.
    Avx512,
}

impl BackEnd {
    /// All of them, from the slowest to the fastest.
    pub const ALL: [Self; 4] = [Self::Portable, Self::Aes, Self::Avx2, Self::Avx512];

    /// The fastest that this processor can run.
    #[must_use]
    pub fn best() -> Self {
        Self::ALL.into_iter().rev().find(|back_end| back_end.is_available()).unwrap_or(Self::Portable)
    }

    /// Whether this processor can run it.
    #[must_use]
    pub fn is_available(self) -> bool {
        #[cfg(all(target_arch = "x86_64", feature = "std"))]
        {
            use std::arch::is_x86_feature_detected as has;
            match self {
                Self::Portable => true,
                Self::Aes => has!("aes") && has!("ssse3"),
                Self::Avx2 => has!("gfni") && has!("avx2"),
                Self::Avx512 => has!("gfni") && has!("avx512f") && has!("avx512bw"),
            }
        }
        #[cfg(not(all(target_arch = "x86_64", feature = "std")))]
        {
            self == Self::Portable
        }
    }

    /// The round keys of a key.
    ///
    /// # Panics
    /// If this processor cannot run the back end.
    #[must_use]
    pub fn expand(self, key: &Block) -> RoundKeys {
        assert!(self.is_available(), "{self:?} is not for this processor");
        match self {
            #[cfg(all(target_arch = "x86_64", feature = "std"))]
            Self::Aes => expand_with(key, aes::substitute_word),
            // One word at a time gains nothing from wide vectors.
            #[cfg(all(target_arch = "x86_64", feature = "std"))]
            Self::Avx2 | Self::Avx512 if Self::Aes.is_available() => expand_with(key, aes::substitute_word),
            _ => expand_with(key, portable::substitute),
        }
    }

    /// Encrypts blocks in place, each by itself.
    ///
    /// # Panics
    /// If this processor cannot run the back end.
    pub fn encrypt(self, keys: &RoundKeys, blocks: &mut [Block]) {
        assert!(self.is_available(), "{self:?} is not for this processor");
        match self {
            #[cfg(all(target_arch = "x86_64", feature = "std"))]
            Self::Aes => in_chunks(blocks, |blocks| aes::encrypt(keys, blocks)),
            #[cfg(all(target_arch = "x86_64", feature = "std"))]
            Self::Avx2 => {
                in_groups(blocks, |many| avx2::encrypt_many(keys, many), |few| avx2::encrypt_few(keys, few));
            }
            #[cfg(all(target_arch = "x86_64", feature = "std"))]
            Self::Avx512 => {
                in_groups(blocks, |many| avx512::encrypt_many(keys, many), |few| avx512::encrypt_few(keys, few));
            }
            _ => in_chunks(blocks, |blocks| portable::encrypt(keys, blocks)),
        }
    }
}

/// Calls `many` while there are enough blocks, and for the rest whichever takes less time: several groups together take
/// little longer than one.
#[cfg(all(target_arch = "x86_64", feature = "std"))]
fn in_groups<const MANY: usize, const FEW: usize>(
    blocks: &mut [Block],
    mut many: impl FnMut(&mut [Block; MANY]),
    few: impl FnMut(&mut [Block; FEW]),
) {
    let (groups, rest) = blocks.as_chunks_mut();
    groups.iter_mut().for_each(&mut many);
    if rest.len() <= FEW { in_chunks(rest, few) } else { in_chunks(rest, many) }
}

/// Calls `encrypt` with whole chunks; what is left over is filled up with zeros on the side.
fn in_chunks<const N: usize>(blocks: &mut [Block], mut encrypt: impl FnMut(&mut [Block; N])) {
    let (chunks, rest) = blocks.as_chunks_mut();
    chunks.iter_mut().for_each(&mut encrypt);
    if !rest.is_empty() {
        let mut filled = [[0; 16]; N];
        filled[..rest.len()].copy_from_slice(rest);
        encrypt(&mut filled);
        rest.copy_from_slice(&filled[..rest.len()]);
        // What covers a message does not stay on the stack.
        filled = [[0; 16]; N];
        core::hint::black_box(&filled);
    }
}

/// GB/T 32907, 7.3.
fn expand_with(key: &Block, substitute: impl Fn(u32) -> u32) -> RoundKeys {
    let mut k = FK;
    for (word, bytes) in k.iter_mut().zip(key.as_chunks::<4>().0) {
        *word ^= u32::from_be_bytes(*bytes);
    }
    let mut keys = [0; 32];
    for (round, slot) in (0_u32..).zip(&mut keys) {
        let ck = u32::from_be_bytes([0, 1, 2, 3].map(|byte| ((4 * round + byte) * 7 % 256) as u8));
        let b = substitute(k[1] ^ k[2] ^ k[3] ^ ck);
        let next = k[0] ^ b ^ b.rotate_left(13) ^ b.rotate_left(23);
        k = [k[1], k[2], k[3], next];
        *slot = next;
    }
    keys
}
