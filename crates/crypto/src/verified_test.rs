#![allow(clippy::unwrap_used)]

use ledger_types::{BlockId, ConsensusKind, Height};

use super::*;
use crate::{KeyError, KeyUse, SigningKey, SoftwareProvider};

const CHAIN: ChainId = ChainId([1; 32]);
const OTHER_CHAIN: ChainId = ChainId([2; 32]);

fn vote(round: u32) -> VoteBody {
    let (kind, step, height) = (ConsensusKind::Solo, VoteBody::PRECOMMIT, Height(9));
    VoteBody { epoch: 0, kind, step, height, round, block_id: BlockId([3; 33]) }
}

fn proposal(round: u32) -> ProposalBody {
    let (kind, height) = (ConsensusKind::Bft, Height(9));
    ProposalBody { epoch: 0, kind, height, round, locked_round: None, block_id: BlockId([5; 33]) }
}

fn ledger_statement(height: u64) -> LedgerStatement {
    let (block_id, hash) = (BlockId([3; 33]), Digest([4; 32]));
    LedgerStatement { version: 1, height: Height(height), block_id, state_root: hash, build_hash: hash }
}

/// One signing purpose: signs its first value, and checks a signature as one over its first or second.
struct Case {
    key_use: KeyUse,
    sign: fn(&SigningKey, &ChainId) -> Result<Signature, KeyError>,
    accepts: fn(&ChainId, bool, &PublicKey, &Signature) -> bool,
}

fn pick<T>(second: bool, a: T, b: T) -> T {
    if second { b } else { a }
}

/// One line a purpose.
const CASES: [Case; 8] = [
    Case {
        key_use: KeyUse::Transaction,
        sign: |key, chain| key.sign_transaction(chain, &TxId([1; 33])),
        accepts: |chain, b, key, sig| {
            verify_transaction(chain, pick(b, TxId([1; 33]), TxId([2; 33])), key, sig).is_ok()
        },
    },
    Case {
        key_use: KeyUse::Vote,
        sign: |key, chain| key.sign_vote(chain, &vote(1)),
        accepts: |chain, b, key, sig| verify_vote(chain, vote(pick(b, 1, 2)), key, sig).is_ok(),
    },
    Case {
        key_use: KeyUse::Vote,
        sign: |key, chain| key.sign_proposal(chain, &proposal(1)),
        accepts: |chain, b, key, sig| verify_proposal(chain, proposal(pick(b, 1, 2)), key, sig).is_ok(),
    },
    Case {
        key_use: KeyUse::Peer,
        sign: |key, chain| key.sign_statement(chain, &ledger_statement(1)),
        accepts: |chain, b, key, sig| verify_statement(chain, ledger_statement(pick(b, 1, 2)), key, sig).is_ok(),
    },
    Case {
        key_use: KeyUse::Peer,
        sign: |key, chain| key.sign_peer_hello(chain, b"hello"),
        accepts: |chain, b, key, sig| {
            verify_peer_hello(chain, pick(b, b"hello".as_slice(), b"hullo"), key, sig).is_ok()
        },
    },
    Case {
        key_use: KeyUse::Governance,
        sign: |key, chain| key.sign_governance(chain, &Digest([1; 32])),
        accepts: |chain, b, key, sig| {
            verify_governance(chain, pick(b, Digest([1; 32]), Digest([2; 32])), key, sig).is_ok()
        },
    },
    Case {
        key_use: KeyUse::Webhook,
        sign: |key, chain| key.sign_webhook(chain, b"{}"),
        accepts: |chain, b, key, sig| verify_webhook(chain, pick(b, b"{}".as_slice(), b"[]"), key, sig).is_ok(),
    },
    Case {
        key_use: KeyUse::Witness,
        sign: |key, chain| key.sign_checkpoint(chain, &Digest([1; 32])),
        accepts: |chain, b, key, sig| {
            verify_checkpoint(chain, pick(b, Digest([1; 32]), Digest([2; 32])), key, sig).is_ok()
        },
    },
];

fn make(key_use: KeyUse) -> (SigningKey, PublicKey) {
    let key = SigningKey::generate(&SoftwareProvider::shared(), key_use).unwrap();
    let public = PublicKey::from_bytes(&key.public_key()).unwrap();
    (key, public)
}

#[test]
fn each_signature_fits_its_value_key_and_chain_only() {
    for (index, case) in CASES.iter().enumerate() {
        let (key, public) = make(case.key_use);
        let signature = (case.sign)(&key, &CHAIN).unwrap();
        assert!((case.accepts)(&CHAIN, false, &public, &signature), "case {index}");
        assert!(!(case.accepts)(&CHAIN, true, &public, &signature), "case {index}: another value");
        assert!(!(case.accepts)(&OTHER_CHAIN, false, &public, &signature), "case {index}: another chain");
        let (_, stranger) = make(case.key_use);
        assert!(!(case.accepts)(&CHAIN, false, &stranger, &signature), "case {index}: another key");
        let mut changed = signature;
        changed[40] ^= 1;
        assert!(!(case.accepts)(&CHAIN, false, &public, &changed), "case {index}: a changed bit");
        for (other, wrong) in CASES.iter().enumerate().filter(|(other, _)| *other != index) {
            assert!(!(wrong.accepts)(&CHAIN, false, &public, &signature), "{index} taken for {other}");
            if wrong.key_use != case.key_use {
                let refusal = (wrong.sign)(&key, &CHAIN).unwrap_err();
                assert!(matches!(refusal, KeyError::WrongUse { .. }), "{index} signs for {other}: {refusal}");
            }
        }
    }
}

/// A digest of one purpose is not the digest of another, even for the same 32 bytes.
#[test]
fn a_release_belongs_to_no_chain_and_is_nothing_else() {
    let (key, public) = make(KeyUse::Release);
    let digest = Digest([1; 32]);
    let signature = key.sign_release(&digest).unwrap();
    let verified = verify_release(digest, &public, &signature).unwrap();
    assert_eq!((verified.get(), verified.signer()), (&digest, key.public_key()));
    assert_eq!(verified.into_inner(), digest);
    assert_eq!(verify_release(Digest([2; 32]), &public, &signature), Err(BadSignature));
    assert_eq!(verify_governance(&ChainId::ZERO, digest, &public, &signature), Err(BadSignature));
    assert_eq!(verify_checkpoint(&ChainId::ZERO, digest, &public, &signature), Err(BadSignature));
}

/// What is signed is what the other crates and foreign clients verify.
#[test]
fn the_messages_are_those_of_the_formats() {
    let (key, public) = make(KeyUse::Transaction);
    let tx = TxId([6; 33]);
    let signature = key.sign_transaction(&CHAIN, &tx).unwrap();
    assert!(public.verify(&ledger_types::envelope::transaction_message(&CHAIN, &tx), &signature));
    let (key, public) = make(KeyUse::Vote);
    assert!(public.verify(&vote(1).message(&CHAIN), &key.sign_vote(&CHAIN, &vote(1)).unwrap()));
}
