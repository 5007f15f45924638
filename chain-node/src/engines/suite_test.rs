#![allow(clippy::unwrap_used)]

use crypto::{KeyUse, SigningKey, SoftwareProvider};
use ledger_types::{AccountId, Validator};

use super::*;
use crate::engines::{
    bft::{BftConfig, BftEngine, Pace},
    solo::SoloEngine,
};

const CHAIN: ChainId = ChainId([5; 32]);

fn keys(n: usize) -> (Vec<SigningKey>, ValidatorSet) {
    let provider = SoftwareProvider::shared();
    let keys: Vec<_> = (0..n).map(|_| SigningKey::generate(&provider, KeyUse::Vote).unwrap()).collect();
    let validator = |key: &SigningKey| Validator { operator: AccountId(1), vote_key: key.public_key().0 };
    let set = ValidatorSet { validators: keys.iter().map(validator).collect() };
    (keys, set)
}

fn voting(kind: ConsensusKind, n: usize) -> (ValidatorSet, Vec<Box<dyn ConsensusEngine>>) {
    let (keys, set) = keys(n);
    let config = BftConfig { chain: CHAIN, epoch: 0, kind, validators: set.clone(), pace: Pace::default() };
    let engine = |key| Box::new(BftEngine::new(&config, Some(key)).unwrap()) as Box<dyn ConsensusEngine>;
    (set, keys.into_iter().map(engine).collect())
}

#[test]
fn solo_passes_the_suite() {
    let (keys, set) = keys(1);
    let mut engines: Vec<Box<dyn ConsensusEngine>> = vec![Box::new(SoloEngine::new(CHAIN, keys[0].clone()))];
    Suite::new(CHAIN, &set, &mut engines).run(20).unwrap();
}

#[test]
fn voting_engines_pass_the_suite() {
    use ConsensusKind::{Bft, CrashFault};
    for (kind, n) in [(Bft, 1), (Bft, 4), (Bft, 7), (CrashFault, 3), (CrashFault, 5)] {
        let (set, mut engines) = voting(kind, n);
        Suite::new(CHAIN, &set, &mut engines).run(20).unwrap_or_else(|e| panic!("{kind:?} of {n}: {e}"));
    }
}

#[test]
fn a_refused_block_is_not_decided() {
    use ConsensusKind::{Bft, CrashFault};
    for (kind, n) in [(Bft, 4), (CrashFault, 3)] {
        for bad in 0..n {
            let (set, mut engines) = voting(kind, n);
            let suite = Suite::new(CHAIN, &set, &mut engines).refusing(bad);
            suite.run(8).unwrap_or_else(|e| panic!("{kind:?} of {n}, refusing {bad}: {e}"));
        }
    }
}

#[test]
fn one_engine_of_four_alone_decides_nothing() {
    let (set, mut engines) = voting(ConsensusKind::Bft, 4);
    engines.truncate(2);
    let error = Suite::new(CHAIN, &set, &mut engines).run(1).unwrap_err();
    assert!(error.contains("no agreement"), "{error}");
}
