//! SM3, SM4 and SM4-GCM against the vectors of the standards.
#![allow(clippy::unwrap_used)]

use aes_gcm::AesGcm;
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{Aead, Payload};
use proptest::prelude::*;
use sm::{
    Message, OpenError, Sm3, sm3, sm3_node, sm3_nodes, sm3_parts, sm4_gcm_open, sm4_gcm_open_each, sm4_gcm_seal,
    sm4_gcm_seal_each,
};
use sm4::{
    Sm4,
    cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit},
};

fn bytes<const N: usize>(text: &str) -> [u8; N] {
    hex::decode(text).unwrap().try_into().unwrap()
}

/// GB/T 32905, appendix A.1 and A.2.
#[test]
fn sm3_examples_of_the_standard() {
    assert_eq!(sm3(b"abc"), bytes("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"));
    let sixty_four = "abcd".repeat(16);
    assert_eq!(sm3(sixty_four.as_bytes()), bytes("debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"));
}

#[test]
fn sm3_of_nothing_and_of_a_million_letters() {
    assert_eq!(sm3(b""), bytes("1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"));
    let mut hasher = Sm3::new();
    for _ in 0..8_000 {
        hasher.update(&[b'a'; 125]);
    }
    assert_eq!(hasher.finish(), bytes("c8aaf89429554029e231941a2acc0ad61ff2a5acd8fadd25847a3a732b3b02c3"));
}

/// SM3(01 || left || right), made with OpenSSL 3.0.
#[test]
fn sm3_node_hashes_prefix_left_right() {
    let (left, right) = ([0x11; 32], [0x22; 32]);
    let node = sm3_node(1, &left, &right);
    assert_eq!(node, bytes("79a292e6f49237665ef68a2b8506be26d31ddc0c578448d96d2fe489499d620a"));
    let mut out = vec![[9; 32]];
    sm3_nodes(1, &[(left, right), (right, left)], &mut out);
    assert_eq!(out, [[9; 32], node, sm3_parts(&[&[1], &right, &left])]);
}

/// GB/T 32907, appendix A.1 and A.2.
#[test]
fn sm4_examples_of_the_standard() {
    let key: [u8; 16] = bytes("0123456789abcdeffedcba9876543210");
    let cipher = Sm4::new(&key.into());
    let mut block = key.into();
    cipher.encrypt_block(&mut block);
    assert_eq!(<[u8; 16]>::from(block), bytes("681edf34d206965e86b3e94f536e4246"));
    cipher.decrypt_block(&mut block);
    assert_eq!(<[u8; 16]>::from(block), key);
    for _ in 0..1_000_000 {
        cipher.encrypt_block(&mut block);
    }
    assert_eq!(<[u8; 16]>::from(block), bytes("595298c7c6fd271f0402f804c33d3f66"));
}

struct Gcm {
    key: [u8; 16],
    nonce: [u8; 12],
    aad: Vec<u8>,
    plaintext: Vec<u8>,
    sealed: Vec<u8>,
}

/// RFC 8998, appendix A.1.
fn rfc_8998() -> Gcm {
    let plaintext = ["aa", "bb", "cc", "dd", "ee", "ff", "ee", "aa"].map(|byte| byte.repeat(8)).concat();
    Gcm {
        key: bytes("0123456789abcdeffedcba9876543210"),
        nonce: bytes("00001234567800000000abcd"),
        aad: hex::decode("feedfacedeadbeeffeedfacedeadbeefabaddad2").unwrap(),
        plaintext: hex::decode(plaintext).unwrap(),
        sealed: hex::decode(concat!(
            "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735",
            "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d",
            "83de3541e4c2b58177e065a9bf7b62ec",
        ))
        .unwrap(),
    }
}

#[test]
fn sm4_gcm_of_rfc_8998() {
    let gcm = rfc_8998();
    assert_eq!(sm4_gcm_seal(&gcm.key, &gcm.nonce, &gcm.aad, &gcm.plaintext), gcm.sealed);
    assert_eq!(sm4_gcm_open(&gcm.key, &gcm.nonce, &gcm.aad, &gcm.sealed), Ok(gcm.plaintext));
}

#[test]
fn sm4_gcm_refuses_any_changed_bit_and_any_cut() {
    let gcm = rfc_8998();
    let open = |key: &[u8; 16], nonce: &[u8; 12], aad: &[u8], sealed: &[u8]| {
        assert_eq!(sm4_gcm_open(key, nonce, aad, sealed), Err(OpenError));
    };
    for bit in 0..gcm.sealed.len() * 8 {
        let mut changed = gcm.sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        open(&gcm.key, &gcm.nonce, &gcm.aad, &changed);
    }
    for length in 0..gcm.sealed.len() {
        open(&gcm.key, &gcm.nonce, &gcm.aad, &gcm.sealed[..length]);
    }
    for bit in 0..128 {
        let (mut key, mut nonce, mut aad) = (gcm.key, gcm.nonce, gcm.aad.clone());
        key[bit / 8] ^= 1 << (bit % 8);
        nonce[bit / 8 % 12] ^= 1 << (bit % 8);
        aad[bit / 8] ^= 1 << (bit % 8);
        open(&key, &gcm.nonce, &gcm.aad, &gcm.sealed);
        open(&gcm.key, &nonce, &gcm.aad, &gcm.sealed);
        open(&gcm.key, &gcm.nonce, &aad, &gcm.sealed);
    }
}

#[test]
fn sm4_gcm_seals_nothing_as_a_tag() {
    let gcm = rfc_8998();
    let sealed = sm4_gcm_seal(&gcm.key, &gcm.nonce, &gcm.aad, b"");
    assert_eq!(sealed.len(), 16);
    assert_eq!(sm4_gcm_open(&gcm.key, &gcm.nonce, &gcm.aad, &sealed), Ok(Vec::new()));
}

proptest! {
    #[test]
    fn sm3_does_not_depend_on_the_cuts(
        data in prop::collection::vec(any::<u8>(), 0..400),
        cuts in prop::collection::vec(0_usize..400, 0..6),
    ) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(data.len())).collect();
        cuts.sort_unstable();
        let starts = std::iter::once(0).chain(cuts.iter().copied());
        let ends = cuts.iter().copied().chain(std::iter::once(data.len()));
        let parts: Vec<&[u8]> = starts.zip(ends).map(|(start, end)| &data[start..end]).collect();
        prop_assert_eq!(sm3_parts(&parts), sm3(&data));
    }

    #[test]
    fn sm4_gcm_is_what_the_library_makes_of_its_own_parts(
        key: [u8; 16],
        nonce: [u8; 12],
        aad in prop::collection::vec(any::<u8>(), 0..70),
        plaintext in prop::collection::vec(any::<u8>(), 0..3_500),
    ) {
        let library = AesGcm::<Sm4, U12>::new(&key.into());
        let wanted = library.encrypt(&nonce.into(), Payload { msg: &plaintext, aad: &aad }).unwrap();
        let sealed = sm4_gcm_seal(&key, &nonce, &aad, &plaintext);
        prop_assert!(sealed == wanted, "{} bytes", plaintext.len());
        prop_assert_eq!(sm4_gcm_open(&key, &nonce, &aad, &sealed), Ok(plaintext));
    }

    #[test]
    fn sm4_gcm_opens_what_it_sealed(
        key in any::<[u8; 16]>(),
        nonce in any::<[u8; 12]>(),
        aad in prop::collection::vec(any::<u8>(), 0..40),
        plaintext in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let sealed = sm4_gcm_seal(&key, &nonce, &aad, &plaintext);
        prop_assert_eq!(sealed.len(), plaintext.len() + 16);
        prop_assert_eq!(sm4_gcm_open(&key, &nonce, &aad, &sealed), Ok(plaintext));
    }

    #[test]
    fn messages_together_are_what_they_are_alone(
        key in any::<[u8; 16]>(),
        plaintexts in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..600), any::<[u8; 20]>()), 0..6),
        spoilt in any::<prop::sample::Index>(),
        bit in 0_usize..128,
    ) {
        let mut bytes: Vec<Vec<u8>> = plaintexts.iter().map(|(plaintext, _)| plaintext.clone()).collect();
        let mut tags = sm4_gcm_seal_each(&key, &mut messages(&plaintexts, &mut bytes));
        for (place, ((plaintext, aad), (sealed, tag))) in plaintexts.iter().zip(bytes.iter().zip(&tags)).enumerate() {
            let alone = sm4_gcm_seal(&key, &nonce_of(place), aad, plaintext);
            prop_assert_eq!(alone, [&sealed[..], tag].concat());
        }
        let sealed = bytes.clone();
        prop_assert_eq!(sm4_gcm_open_each(&key, &mut messages(&plaintexts, &mut bytes), &tags), Ok(()));
        prop_assert!(bytes.iter().eq(plaintexts.iter().map(|(plaintext, _)| plaintext)));
        if !tags.is_empty() {
            let bad = spoilt.index(tags.len());
            tags[bad][bit / 8] ^= 1 << (bit % 8);
            bytes.clone_from(&sealed);
            prop_assert_eq!(sm4_gcm_open_each(&key, &mut messages(&plaintexts, &mut bytes), &tags), Err(bad));
            prop_assert!(bytes[bad..] == sealed[bad..]);
        }
    }
}

fn nonce_of(place: usize) -> [u8; 12] {
    [place as u8; 12]
}

/// Messages with the associated data of `of`.
fn messages<'a>(of: &'a [(Vec<u8>, [u8; 20])], bytes: &'a mut [Vec<u8>]) -> Vec<Message<'a>> {
    let each = bytes.iter_mut().zip(of).enumerate();
    each.map(|(place, (bytes, (_, aad)))| Message { nonce: nonce_of(place), aad, bytes }).collect()
}
