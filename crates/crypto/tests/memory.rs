//! Dropped keys are gone from memory: this test reads the whole memory of its own process and looks for them.
//! One test in this file, so that nothing else runs meanwhile.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::{
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
};

use crypto::{KeyUse, OrderToken, SecretString, SigningKey, SoftwareProvider, key_file};
use ledger_types::{ChainId, TxId};

/// What must not lie around: d and (1 + d)^-1 of the fixtures' key, each as big-endian bytes and as the
/// arithmetic keeps it (Montgomery form, little-endian words). Each byte is stored with all bits flipped, so that
/// these constants are not found themselves.
struct Needle {
    name: &'static str,
    flipped: [u8; 32],
}

const fn needle(name: &'static str, hex: &[u8; 64]) -> Needle {
    let mut flipped = [0; 32];
    let mut at = 0;
    while at < 32 {
        flipped[at] = !(digit(hex[2 * at]) << 4 | digit(hex[2 * at + 1]));
        at += 1;
    }
    Needle { name, flipped }
}

const fn digit(character: u8) -> u8 {
    if character <= b'9' { character - b'0' } else { character - b'a' + 10 }
}

const NEEDLES: [Needle; 4] = [
    needle("d, bytes", b"3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"),
    needle("d, Montgomery", b"9208ca80cd00b507ca9c88e827042af16488a1add2cc745d22163277cfa276c8"),
    needle("inverse, bytes", b"4dfe9d9c1f5901d4e6f58e4ec3d04567822d2550f9b88e826d1b5b3ab9cd0fe0"),
    needle("inverse, Montgomery", b"59c6839d3e30c17e0700ddc67ad3952e3618ec776f423fdde79722c7dad715a2"),
];

/// How often each needle lies in the writable memory of this process.
fn count() -> [usize; 4] {
    let mut found = [0; 4];
    let mut memory = File::open("/proc/self/mem").unwrap();
    let mut window = vec![0; 1 << 20];
    for line in fs::read_to_string("/proc/self/maps").unwrap().lines().filter(|line| line.contains(" rw")) {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let (mut at, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        while at + 32 <= to {
            let len = usize::try_from((to - at).min(1 << 20)).unwrap();
            if memory.seek(SeekFrom::Start(at)).is_err() || memory.read_exact(&mut window[..len]).is_err() {
                break;
            }
            for (needle, found) in NEEDLES.iter().zip(&mut found) {
                let here = |part: &&[u8]| part.iter().zip(&needle.flipped).all(|(byte, flipped)| *byte == !flipped);
                *found += window[..len].windows(32).filter(here).count();
            }
            // Windows overlap, so that nothing hides across a border.
            at += len as u64 - 31;
            if len < 1 << 20 {
                break;
            }
        }
    }
    window.fill(0);
    found
}

fn use_key(text: &str, password: &SecretString) -> SigningKey {
    let key = key_file::from_pem(text, password, &SoftwareProvider::shared(), KeyUse::Transaction).unwrap();
    for round in 0..50 {
        key.sign_transaction(&ChainId([1; 32]), &TxId([round; 33])).unwrap();
    }
    key_file::to_pem(&key, password).unwrap();
    key
}

#[test]
fn a_dropped_key_is_nowhere_in_memory() {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/sm3.pem")).unwrap();
    let password = SecretString::from("correct-horse");
    let token = OrderToken::generate().unwrap();
    assert_eq!(count(), [0; 4]);
    let key = use_key(&text, &password);
    assert_ne!(token.address(&ChainId([1; 32])), token.address(&ChainId([2; 32])));
    let held = count();
    assert!(held[1] > 0 && held[3] > 0, "the search does not find what must be there: {held:?}");
    drop(key);
    let left = count();
    for (needle, left) in NEEDLES.iter().zip(left) {
        assert_eq!(left, 0, "{} is left in memory", needle.name);
    }
}
