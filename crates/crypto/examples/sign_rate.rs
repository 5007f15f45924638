//! How many signatures a second one core makes: `cargo run --release -p crypto --example sign_rate`.
#![allow(clippy::unwrap_used)]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use crypto::{KeyUse, OrderToken, SigningKey, SoftwareProvider};
use ledger_types::{ChainId, TxId};
use sm2::dsa::{
    SigningKey as PlainKey,
    signature::{Signer, hazmat::PrehashSigner},
};

const CHAIN: ChainId = ChainId([1; 32]);

/// Calls a second over two seconds, after a warm-up.
fn rate<T>(mut call: impl FnMut() -> T) -> f64 {
    call();
    let (start, mut calls) = (Instant::now(), 0u32);
    while start.elapsed() < Duration::from_secs(2) {
        (0..50).for_each(|_| drop(black_box(call())));
        calls += 50;
    }
    f64::from(calls) / start.elapsed().as_secs_f64()
}

fn main() {
    let provider = SoftwareProvider::shared();
    let key = SigningKey::generate(&provider, KeyUse::Transaction).unwrap();
    let plain = PlainKey::from_slice(sm::USER_ID, &[7; 32]).unwrap();
    let token = OrderToken::generate().unwrap();
    let tx = TxId([1; 33]);
    let message = ledger_types::envelope::transaction_message(&CHAIN, &tx);
    let mut bytes = [0; 32];
    for round in 1..=2 {
        println!("round {round}");
        let theirs = rate(|| plain.sign_prehash(&[3; 32]).unwrap());
        println!("  sm2 sign_prehash            {theirs:>9.0}/s");
        println!("  sm2 sign (Z made each time) {:>9.0}/s", rate(|| plain.sign(&message)));
        let ours = rate(|| key.sign_transaction(&CHAIN, &tx).unwrap());
        println!("  sign_transaction            {ours:>9.0}/s  {:.2} of sign_prehash", ours / theirs);
        println!("  random::fill of 32 bytes    {:>9.0}/s", rate(|| crypto::random::fill(&mut bytes).unwrap()));
        println!("  OrderToken::address         {:>9.0}/s", rate(|| token.address(&CHAIN)));
        let claim = rate(|| token.claim_key(&CHAIN, &provider).unwrap());
        println!("  OrderToken::claim_key       {claim:>9.0}/s");
    }
}
