//! Dropped keys are gone from memory: this test reads the whole memory of its own process and looks for them.
//! One test in this file, so that nothing else runs meanwhile.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::{
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use crypto::{KeyUse, OrderToken, SecretString, SoftwareProvider, key_file};
use ledger_types::{BlockId, ChainId, ConsensusKind, Height, ProposalBody};

/// What must not lie around, in any of its eight-byte parts: d and (1 + d)^-1 of the fixtures' key, each as
/// big-endian bytes and as the arithmetic keeps it (Montgomery form, little-endian words), and a file's key.
struct Needle {
    name: &'static str,
    /// The parts with all bits flipped, so that these constants are not found themselves.
    flipped: [u64; 4],
}

const fn needle(name: &'static str, hex: &[u8; 64]) -> Needle {
    let mut flipped = [0; 4];
    let mut at = 0;
    while at < 32 {
        let byte = digit(hex[2 * at]) << 4 | digit(hex[2 * at + 1]);
        flipped[at / 8] |= (!byte as u64) << (8 * (at % 8));
        at += 1;
    }
    Needle { name, flipped }
}

const fn digit(character: u8) -> u8 {
    if character <= b'9' { character - b'0' } else { character - b'a' + 10 }
}

static NEEDLES: [Needle; 8] = [
    needle("d, bytes", b"3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"),
    needle("d, Montgomery", b"9208ca80cd00b507ca9c88e827042af16488a1add2cc745d22163277cfa276c8"),
    needle("inverse, bytes", b"4dfe9d9c1f5901d4e6f58e4ec3d04567822d2550f9b88e826d1b5b3ab9cd0fe0"),
    needle("inverse, Montgomery", b"59c6839d3e30c17e0700ddc67ad3952e3618ec776f423fdde79722c7dad715a2"),
    // The key of SM4 that the password gives, twice to fill the width (tests/fixtures/make.sh), the first round
    // keys of it, and the beginning of the password as HMAC mixes it in, inside and outside.
    needle("file key", b"21f4607b9932160a250e2aa07a2ba77b21f4607b9932160a250e2aa07a2ba77b"),
    needle("round keys", b"b7fd855ea094a5eb130f40b09f9990ea338ae46516d4e7aa0a59932a7dd9d377"),
    needle("password, inner", b"555944445355421b555944445355421b555944445355421b555944445355421b"),
    needle("password, outer", b"3f332e2e393f28713f332e2e393f28713f332e2e393f28713f332e2e393f2871"),
];

/// How many parts of each needle lie in the writable memory of this process.
fn count() -> [usize; NEEDLES.len()] {
    const WINDOW: u64 = 1 << 20;
    let mut found = [0; NEEDLES.len()];
    let mut memory = File::open("/proc/self/mem").unwrap();
    let mut window = vec![0; WINDOW as usize];
    for line in fs::read_to_string("/proc/self/maps").unwrap().lines().filter(|line| line.contains(" rw")) {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let (mut at, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        // Windows overlap by seven bytes, so that nothing hides across a border.
        while at + 7 < to {
            let part = &mut window[..WINDOW.min(to - at) as usize];
            if memory.seek(SeekFrom::Start(at)).is_err() || memory.read_exact(part).is_err() {
                break;
            }
            part.windows(8).for_each(|bytes| compare(u64::from_le_bytes(bytes.try_into().unwrap()), &mut found));
            at += part.len() as u64 - 7;
        }
        window.fill(0);
    }
    found
}

fn compare(word: u64, found: &mut [usize; NEEDLES.len()]) {
    for (needle, found) in NEEDLES.iter().zip(found) {
        *found += needle.flipped.iter().filter(|flipped| word == !**flipped).count();
    }
}

/// Waits almost without touching the stack, so that what lies there stays.
fn wait_for(step: &AtomicUsize, wanted: usize) {
    while step.load(Ordering::Acquire) != wanted {
        thread::yield_now();
    }
}

const CHAIN: ChainId = ChainId([1; 32]);

/// Uses a key; calls `look` after each thing that touches its secret.
fn use_key(text: &str, look: impl Fn()) {
    let password = SecretString::from("correct-horse");
    let provider = SoftwareProvider::shared();
    // The shortest way: nothing comes after the decryption that would overwrite what it left.
    key_file::from_pem(text, &password, &provider, KeyUse::Peer).unwrap_err();
    look();
    let key = key_file::from_pem(text, &password, &provider, KeyUse::Vote).unwrap();
    look();
    let kind = ConsensusKind::Bft;
    let (height, block_id) = (Height(1), BlockId([0; 33]));
    let proposal = ProposalBody { epoch: 0, kind, height, round: 0, locked_round: None, block_id };
    key.sign_proposal(&CHAIN, &proposal).unwrap();
    look();
    key_file::to_pem(&key, &password).unwrap();
    look();
    drop(key);
    look();
}

/// What lies in memory at each look; the key's thread stands still meanwhile.
fn looks(text: &str) -> Vec<[usize; NEEDLES.len()]> {
    let step = AtomicUsize::new(0);
    thread::scope(|scope| {
        let key_thread = scope.spawn(|| {
            use_key(text, || {
                let seen = step.fetch_add(1, Ordering::AcqRel) + 2;
                wait_for(&step, seen);
            });
        });
        let mut looks = Vec::new();
        for seen in (1..).step_by(2).take(5) {
            while step.load(Ordering::Acquire) != seen && !key_thread.is_finished() {
                thread::yield_now();
            }
            looks.push(count());
            step.store(seen + 1, Ordering::Release);
        }
        looks
    })
}

#[test]
fn a_dropped_key_is_nowhere_in_memory() {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/sm3_vote.pem")).unwrap();
    // Makes what is made once, the table of the generator above all.
    assert_ne!(OrderToken::generate().unwrap().address(&CHAIN).0, [0; 32]);
    assert_eq!(count(), [0; NEEDLES.len()]);
    let looks = looks(&text);
    let moments = ["refused", "read from a file", "used to sign", "written to a file", "dropped"];
    for (index, (moment, look)) in moments.iter().zip(&looks).enumerate() {
        // While the key is held there is one copy of d and of the inverse, in the form of the arithmetic: that
        // these are found shows that the search works.
        let expected = if (1..4).contains(&index) { [0, 4, 0, 4, 0, 0, 0, 0] } else { [0; NEEDLES.len()] };
        for (needle, (found, expected)) in NEEDLES.iter().zip(look.iter().zip(expected)) {
            assert_eq!(*found, expected, "parts of \"{}\" after the key was {moment}: {looks:?}", needle.name);
        }
    }
    assert_eq!(looks.len(), moments.len());
}
