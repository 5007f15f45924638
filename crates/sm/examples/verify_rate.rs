//! Rates of SM2 verification on this machine: CPU time per signature and ratio to the plain call.
//!
//! `cargo run --release -p sm --example verify_rate -- [rounds]`. The ways take turns in each round, and the
//! best round of each counts, so that load from elsewhere disturbs little. Linux only (scheduler's clock).
#![allow(clippy::unwrap_used)]

use std::hint::black_box;

use sm::{KnownSigner, PublicKey, Signature, VerifyItem, VerifyKey, sm3, verify_batch};
use sm2::dsa::{SigningKey, signature::hazmat::PrehashSigner};

const SIGNERS: usize = 64;
const SIGNATURES: usize = 256;

struct Signed {
    signer: usize,
    digest: [u8; 32],
    signature: Signature,
}

/// Nanoseconds that this thread has run. Yielding makes the scheduler bring its figure up to date.
fn cpu_nanoseconds() -> u64 {
    std::thread::yield_now();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split_whitespace().next().unwrap().parse().unwrap()
}

fn signing_key(index: usize) -> SigningKey {
    SigningKey::from_slice(sm::USER_ID, &sm3(&index.to_be_bytes())).unwrap()
}

fn signed(number: usize) -> Signed {
    let signer = number % SIGNERS;
    let digest = sm3(&[b"message".as_slice(), &number.to_be_bytes()].concat());
    let signature: sm2::dsa::Signature = signing_key(signer).sign_prehash(&digest).unwrap();
    Signed { signer, digest, signature: signature.to_bytes().into() }
}

fn items<'a>(all: &[Signed], key: impl Fn(usize) -> VerifyKey<'a>) -> Vec<VerifyItem<'a>> {
    all.iter().map(|one| VerifyItem { key: key(one.signer), digest: one.digest, signature: one.signature }).collect()
}

/// CPU nanoseconds per unit of one run that handles `units`.
fn time(units: usize, mut run: impl FnMut()) -> u64 {
    let start = cpu_nanoseconds();
    run();
    (cpu_nanoseconds() - start) / units as u64
}

fn main() {
    let rounds: usize = std::env::args().nth(1).map_or(20, |text| text.parse().unwrap());
    let keys: Vec<PublicKey> = (0..SIGNERS)
        .map(|index| PublicKey::from_sec1(&signing_key(index).verifying_key().to_sec1_bytes()).unwrap())
        .collect();
    let signers: Vec<KnownSigner> = keys.iter().map(KnownSigner::new).collect();
    let all: Vec<Signed> = (0..SIGNATURES).map(signed).collect();
    let plain_items = items(&all, |signer| VerifyKey::Plain(&keys[signer]));
    let known_items = items(&all, |signer| VerifyKey::Known(&signers[signer]));
    let mut best = [u64::MAX; 6];
    for _ in 0..rounds {
        let times = [
            time(SIGNATURES, || {
                assert!(all.iter().all(|one| keys[one.signer].verify_digest(&one.digest, &one.signature)));
            }),
            time(SIGNATURES, || assert!(verify_batch(&plain_items).iter().all(|verdict| *verdict))),
            time(SIGNATURES, || {
                assert!(all.iter().all(|one| signers[one.signer].verify_digest(&one.digest, &one.signature)));
            }),
            time(SIGNATURES, || assert!(verify_batch(&known_items).iter().all(|verdict| *verdict))),
            time(SIGNERS, || keys.iter().for_each(|key| drop(black_box(KnownSigner::new(key))))),
            time(SIGNERS, || {
                keys.iter().for_each(|key| drop(black_box(PublicKey::from_bytes(&key.to_bytes()))));
            }),
        ];
        best.iter_mut().zip(times).for_each(|(best, time)| *best = time.min(*best));
    }
    let names = ["plain loop", "batch, plain keys", "known loop", "batch, known", "build a table", "parse a key"];
    println!("{:<20} {:>10} {:>12} {:>8}", "", "ns", "per second", "ratio");
    for (name, time) in names.iter().zip(best) {
        let time = time.max(1);
        let hundredths = best[0] * 100 / time;
        let ratio = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        println!("{name:<20} {time:>10} {:>12} {ratio:>8}", 1_000_000_000 / time);
    }
    println!("{} bytes a signer", signers[0].table_bytes());
}
