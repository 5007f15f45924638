#![allow(clippy::unwrap_used)]

use crypto::{KeyUse, SigningKey, SoftwareProvider};
use ledger_types::{BlockId, Canonical, ChainId, ConsensusKind, Height, ProposalBody, VoteBody};
use sm::PublicKeyBytes;

use super::*;

const CHAIN: ChainId = ChainId([9; 32]);

fn vote(id: u8) -> VoteBody {
    let kind = ConsensusKind::Bft;
    VoteBody { epoch: 3, kind, step: VoteBody::PREVOTE, height: Height(7), round: 1, block_id: BlockId([id; 33]) }
}

fn proposal(locked_round: Option<u32>) -> ProposalBody {
    let kind = ConsensusKind::Bft;
    ProposalBody { epoch: 3, kind, height: Height(7), round: 1, locked_round, block_id: BlockId([1; 33]) }
}

fn signed(key: &SigningKey, body: VoteBody) -> (VoteBody, [u8; 64]) {
    let signature = key.sign_vote(&CHAIN, &body).unwrap();
    (body, signature)
}

fn new_key() -> SigningKey {
    SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Vote).unwrap()
}

#[test]
fn two_votes_at_one_place_are_evidence_in_one_form() {
    let key = new_key();
    let (a, b) = (signed(&key, vote(1)), signed(&key, vote(2)));
    let evidence = Evidence::of_votes(key.public_key(), a.clone(), b.clone());
    assert_eq!(evidence.verify(&CHAIN), Ok(()));
    assert_eq!(evidence, Evidence::of_votes(key.public_key(), b, a));
    assert_eq!(Evidence::from_canonical(&evidence.to_canonical()), Ok(evidence.clone()));
    assert_eq!(evidence.verify(&ChainId([8; 32])), Err(EvidenceError::Signature(0)), "another chain");
}

#[test]
fn two_proposals_may_differ_in_the_locked_round_alone() {
    let key = new_key();
    let pair = [None, Some(0)].map(|locked| {
        let body = proposal(locked);
        let signature = key.sign_proposal(&CHAIN, &body).unwrap();
        (body, signature)
    });
    let [a, b] = pair;
    assert_eq!(Evidence::of_proposals(key.public_key(), a, b).verify(&CHAIN), Ok(()));
}

#[test]
fn what_a_correct_validator_signs_is_no_evidence() {
    let key = new_key();
    let check = |a, b| Evidence::of_votes(key.public_key(), a, b).verify(&CHAIN);
    let base = || signed(&key, vote(1));
    let twice = signed(&key, vote(1));
    assert_eq!(check(base(), twice), Err(EvidenceError::Order), "the same vote signed twice");
    type Change = fn(&mut VoteBody);
    let elsewhere: [Change; 5] = [
        |v| v.epoch += 1,
        |v| v.kind = ConsensusKind::CrashFault,
        |v| v.step = VoteBody::PRECOMMIT,
        |v| v.height = Height(8),
        |v| v.round += 1,
    ];
    for change in elsewhere {
        let mut body = vote(2);
        change(&mut body);
        assert_eq!(check(base(), signed(&key, body)), Err(EvidenceError::Place));
    }
}

#[test]
fn forged_evidence_is_refused() {
    let (key, other) = (new_key(), new_key());
    let (a, b) = (signed(&key, vote(1)), signed(&other, vote(2)));
    assert_eq!(
        Evidence::of_votes(key.public_key(), a.clone(), b.clone()).verify(&CHAIN),
        Err(EvidenceError::Signature(1))
    );
    assert_eq!(Evidence::of_votes(PublicKeyBytes([0; 33]), a.clone(), b).verify(&CHAIN), Err(EvidenceError::Key));
    let mut evidence = Evidence::of_votes(key.public_key(), a, signed(&key, vote(2)));
    let Contradiction::Votes(pair) = &mut evidence.pair else { unreachable!("made of votes") };
    pair.swap(0, 1);
    assert_eq!(evidence.verify(&CHAIN), Err(EvidenceError::Order));
    evidence.version = 2;
    assert_eq!(evidence.verify(&CHAIN), Err(EvidenceError::Version(2)));
}
