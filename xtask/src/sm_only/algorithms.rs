//! What algorithms a linked program holds, by the constants that they cannot do without.

/// The national ones.
pub(super) const NATIONAL: [&str; 3] = ["SM2", "SM3", "SM4"];

/// How an algorithm shows.
enum Sign {
    /// All of these words stand somewhere, in one byte order.
    Words(&'static [u32]),
    /// All of these.
    Longs(&'static [u64]),
    /// These bytes, one behind the other.
    Bytes(&'static [u8]),
    /// An instruction, at least so often: by chance its bytes stand in a large program once or twice.
    Instruction(&'static [u8], usize),
}

use Sign::{Bytes, Instruction, Longs, Words};

/// Each algorithm with its signs; one of them is enough.
const SIGNS: &[(&str, &[Sign])] = &[
    ("SM2", &[Longs(&[0xddbc_bd41_4d94_0e93, 0xf397_89f5_15ab_8f92, 0x4d5a_9e4b_cf65_09a7, 0x28e9_fa9e_9d9f_5e34])]),
    ("SM3", &[Words(&[0x7380_166f, 0x4914_b2b9, 0x1724_42d7, 0xda8a_0600])]),
    ("SM4", &[Bytes(&[0xd6, 0x90, 0xe9, 0xfe, 0xcc, 0xe1, 0x3d, 0xb7, 0x16, 0xb6, 0x14, 0xc2])]),
    ("MD5", &[Words(&[0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a])]),
    ("SHA-1", &[Words(&[0x5a82_7999, 0x6ed9_eba1, 0x8f1b_bcdc, 0xca62_c1d6]), Instruction(&[0x0f, 0x3a, 0xcc], 20)]),
    ("SHA-256", &[Words(&[0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b])]),
    ("SHA-512", &[Longs(&[0x428a_2f98_d728_ae22, 0x7137_4491_23ef_65cd, 0xb5c0_fbcf_ec4d_3b2f])]),
    ("SHA-3", &[Longs(&[0x8000_0000_0000_808a, 0x8000_0000_8000_8000, 0x8000_0000_8000_8081])]),
    ("RIPEMD-160", &[Words(&[0x50a2_8be6, 0x5c4d_d124, 0x6d70_3ef3, 0x7a6d_76e9])]),
    ("BLAKE2", &[Longs(&[0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b])]),
    (
        "AES",
        &[
            Bytes(&[0x63, 0x7c, 0x77, 0x7b, 0xf2, 0x6b, 0x6f, 0xc5, 0x30, 0x01, 0x67, 0x2b]),
            Words(&[0xc663_63a5, 0xf87c_7c84, 0xee77_7799, 0xf67b_7b8d]),
            Words(&[0xa563_63c6, 0x847c_7cf8, 0x9977_77ee, 0x8d7b_7bf6]),
            // aesenc: SM4 needs aesenclast alone.
            Instruction(&[0x66, 0x0f, 0x38, 0xdc], 9),
        ],
    ),
    ("DES", &[Words(&[0x0101_0400, 0x0101_0404, 0x8010_8020, 0x8000_8000, 0x0208_0208, 0x0202_0800])]),
    ("Blowfish", &[Words(&[0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344])]),
    ("Camellia", &[Longs(&[0xa09e_667f_3bcc_908b, 0xb67a_e858_4caa_73b2, 0xc6ef_372f_e94f_82be])]),
    ("ChaCha", &[Words(&[0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574]), Bytes(b"expand 32-byte k")]),
    ("P-256", &[Longs(&[0x3bce_3c3e_27d2_604b, 0x651d_06b0_cc53_b0f6, 0xb3eb_bd55_7698_86bc])]),
    ("secp256k1", &[Longs(&[0x79be_667e_f9dc_bbac, 0x55a0_6295_ce87_0b07, 0x59f2_815b_16f8_1798])]),
    ("Ed25519", &[Longs(&[0x5203_6cee_2b6f_fe73, 0x8cc7_4079_7779_e898, 0x0070_0a4d_4141_d8ab])]),
];

/// The algorithms in a program.
pub(super) fn found(program: &[u8]) -> Vec<&'static str> {
    SIGNS.iter().filter(|(_, signs)| signs.iter().any(|sign| sign.shows(program))).map(|(name, _)| *name).collect()
}

impl Sign {
    fn shows(&self, program: &[u8]) -> bool {
        match self {
            Words(words) => {
                words.iter().all(|word| holds(program, &word.to_le_bytes()))
                    || words.iter().all(|word| holds(program, &word.to_be_bytes()))
            }
            Longs(longs) => {
                longs.iter().all(|long| holds(program, &long.to_le_bytes()))
                    || longs.iter().all(|long| holds(program, &long.to_be_bytes()))
            }
            Bytes(bytes) => holds(program, bytes),
            Instruction(bytes, least) => places(program, bytes).take(*least).count() == *least,
        }
    }
}

fn holds(program: &[u8], bytes: &[u8]) -> bool {
    places(program, bytes).next().is_some()
}

fn places<'a>(program: &'a [u8], bytes: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let first = bytes[0];
    let begins = program.iter().enumerate().filter(move |(_, byte)| **byte == first);
    begins.map(|(at, _)| at).filter(move |at| program[*at..].starts_with(bytes))
}

/// Whether a program names functions of a crate: names of Rust's functions have each part behind its length.
pub(super) fn names_crate(program: &[u8], name: &str) -> bool {
    let name = name.replace('-', "_");
    let part = format!("{}{name}", name.len());
    let mut all = places(program, part.as_bytes());
    all.any(|at| {
        let before = at.checked_sub(1).and_then(|at| program.get(at)).copied().unwrap_or(0);
        let after = program.get(at + part.len()).copied().unwrap_or(0);
        !before.is_ascii_digit() && (after.is_ascii_digit() || after == b'_' || after == b'.')
    })
}

/// A program that holds one algorithm.
#[cfg(test)]
pub(super) fn sample(name: &str) -> Vec<u8> {
    let (_, signs) = SIGNS.iter().find(|(known, _)| *known == name).expect("a known algorithm");
    match &signs[0] {
        Words(words) => words.iter().flat_map(|word| [&[0xcc; 3][..], &word.to_le_bytes()].concat()).collect(),
        Longs(longs) => longs.iter().flat_map(|long| [&[0xcc; 3][..], &long.to_be_bytes()].concat()).collect(),
        Bytes(bytes) => [&[0xcc; 5], *bytes].concat(),
        Instruction(bytes, least) => bytes.repeat(*least),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_algorithm_is_found_where_it_is_planted_and_nowhere_else() {
        assert!(found(&[0xcc; 4_096]).is_empty());
        for (name, _) in SIGNS {
            assert_eq!(found(&sample(name)), [*name]);
        }
        let almost = &sample("SHA-256")[..20];
        assert!(found(almost).is_empty(), "a word alone is chance");
    }

    #[test]
    fn crates_are_found_by_the_names_of_their_functions() {
        let program = b"...._ZN4sha28compress17h..._RNvNtCs_6rustls3foo...14sha256...";
        assert!(names_crate(program, "sha2"), "sha2");
        assert!(!names_crate(b"_ZN14sha2", "sha2") && !names_crate(b"_ZN4sha256", "sha25"), "lengths differ");
        assert!(names_crate(b"_ZN11rand_chacha6chacha", "rand-chacha"));
        assert!(!names_crate(program, "ring"));
    }
}
