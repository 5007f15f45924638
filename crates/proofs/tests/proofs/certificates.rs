//! Certificates: every field, the quorum, every signature.

use ledger_types::{CommitCertificate, ConsensusKind, Header, Height, ValidatorSet};
use proofs::{CertificateError, certificate::verify};

use crate::chain::{Chain, certify, validators};

/// A chain of `members`, its first header, and the certificate by `signers`.
fn certified(members: usize, signers: &[usize]) -> (Chain, Header, CommitCertificate) {
    let mut chain = Chain::new("certificates", members);
    chain.add(Vec::new(), Vec::new(), &[]);
    let header = chain.frames[0].block.header.clone();
    let certificate = certify(&chain.id, &header, &validators(members).1, signers);
    (chain, header, certificate)
}

fn check(
    members: usize,
    signers: &[usize],
    change: impl FnOnce(&mut CommitCertificate),
) -> Result<(), CertificateError> {
    let (chain, header, mut certificate) = certified(members, signers);
    change(&mut certificate);
    verify(&chain.id, &certificate, &chain.genesis.validators, &header)
}

#[test]
fn one_of_one_and_more_than_two_thirds_are_enough() {
    assert_eq!(check(1, &[0], |_| {}), Ok(()));
    assert_eq!(check(4, &[0, 2, 3], |_| {}), Ok(()));
    assert_eq!(check(4, &[0, 1, 2, 3], |_| {}), Ok(()));
    assert_eq!(check(9, &[0, 1, 2, 3, 4, 7, 8], |_| {}), Ok(()));
}

#[test]
fn too_few_are_not() {
    assert_eq!(check(1, &[], |_| {}), Err(CertificateError::Quorum { signed: 0, needed: 1 }));
    assert_eq!(check(4, &[1, 2], |_| {}), Err(CertificateError::Quorum { signed: 2, needed: 3 }));
    assert_eq!(check(9, &[0, 1, 2, 3, 4, 5], |_| {}), Err(CertificateError::Quorum { signed: 6, needed: 7 }));
}

#[test]
fn bitmaps_and_signatures_must_fit_the_set_and_each_other() {
    let all = [0, 1, 2];
    assert_eq!(check(4, &all, |c| c.bitmap[0] |= 0x10), Err(CertificateError::Bitmap), "a bit beyond the set");
    assert_eq!(check(4, &all, |c| c.bitmap.push(0)), Err(CertificateError::Bitmap));
    assert_eq!(check(4, &all, |c| c.bitmap.clear()), Err(CertificateError::Bitmap));
    let count = |bits, signatures| Err(CertificateError::SignatureCount { bits, signatures });
    assert_eq!(check(4, &all, |c| c.bitmap[0] |= 8), count(4, 3));
    assert_eq!(check(4, &all, |c| c.signatures.truncate(2)), count(3, 2));
    assert_eq!(check(4, &all, |c| c.bitmap[0] = 0b1101), Err(CertificateError::Signature(2)), "2 did not sign as 1");
    assert_eq!(check(4, &all, |c| c.signatures.swap(0, 1)), Err(CertificateError::Signature(0)));
    assert_eq!(check(4, &all, |c| c.signatures[2] = c.signatures[1]), Err(CertificateError::Signature(2)));
}

#[test]
fn every_field_is_held_against_the_header() {
    assert_eq!(check(1, &[0], |c| c.version = 2), Err(CertificateError::Version(2)));
    assert_eq!(check(1, &[0], |c| c.epoch = 1), Err(CertificateError::Place));
    assert_eq!(check(1, &[0], |c| c.kind = ConsensusKind::Bft), Err(CertificateError::Place));
    assert_eq!(check(1, &[0], |c| c.height = Height(2)), Err(CertificateError::Place));
    assert_eq!(check(1, &[0], |c| c.round = 1), Err(CertificateError::Place), "solo has one round");
    assert_eq!(check(4, &[0, 1, 2], |c| c.round = 1), Err(CertificateError::Signature(0)), "votes name the round");
    assert_eq!(check(1, &[0], |c| c.block_id.0[32] ^= 1), Err(CertificateError::Block));
}

#[test]
fn another_header_chain_or_validator_set_is_refused() {
    let (chain, header, certificate) = certified(4, &[0, 1, 2]);
    let set = &chain.genesis.validators;
    let later = Header { time: header.time.plus_ms(1), ..header.clone() };
    assert_eq!(verify(&chain.id, &certificate, set, &later), Err(CertificateError::Block));
    let twin = Chain::new("twin", 4);
    assert_eq!(verify(&twin.id, &certificate, set, &header), Err(CertificateError::Chain));
    let fewer = ValidatorSet { validators: set.validators[..3].to_vec() };
    assert_eq!(verify(&chain.id, &certificate, &fewer, &header), Err(CertificateError::Validators));
}

#[test]
fn a_set_of_the_wrong_size_or_with_a_bad_key_certifies_nothing() {
    for (members, kind) in [(4, ConsensusKind::Solo), (0, ConsensusKind::CrashFault), (0, ConsensusKind::Bft)] {
        let (mut set, keys) = validators(4);
        set.validators.truncate(members);
        let (chain, header, _) = certified(4, &[]);
        let header = Header { consensus: kind, validators_hash: set.digest(&chain.id), ..header };
        let certificate = certify(&chain.id, &header, &keys[..members], &(0..members).collect::<Vec<_>>());
        assert_eq!(verify(&chain.id, &certificate, &set, &header), Err(CertificateError::Kind(kind)));
    }
    let (chain, header, _) = certified(1, &[]);
    let (mut set, keys) = validators(1);
    set.validators[0].vote_key = [7; 33];
    let header = Header { validators_hash: set.digest(&chain.id), ..header };
    let certificate = certify(&chain.id, &header, &keys, &[0]);
    assert_eq!(verify(&chain.id, &certificate, &set, &header), Err(CertificateError::Key(0)));
}

#[test]
fn against_crashes_more_than_half_are_enough_and_against_traitors_they_are_not() {
    for (members, signed, kind, expected) in [
        (3, 2, ConsensusKind::CrashFault, Ok(())),
        (3, 1, ConsensusKind::CrashFault, Err(CertificateError::Quorum { signed: 1, needed: 2 })),
        (4, 2, ConsensusKind::CrashFault, Err(CertificateError::Quorum { signed: 2, needed: 3 })),
        (4, 3, ConsensusKind::CrashFault, Ok(())),
        (3, 2, ConsensusKind::Bft, Err(CertificateError::Quorum { signed: 2, needed: 3 })),
    ] {
        let (set, keys) = validators(members);
        let (chain, header, _) = certified(4, &[]);
        let header = Header { consensus: kind, validators_hash: set.digest(&chain.id), ..header };
        let certificate = certify(&chain.id, &header, &keys, &(0..signed).collect::<Vec<_>>());
        assert_eq!(verify(&chain.id, &certificate, &set, &header), expected, "{signed} of {members}");
    }
}
