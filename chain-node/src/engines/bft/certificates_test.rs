#![allow(clippy::unwrap_used)]

use crypto::{KeyUse, SigningKey, SoftwareProvider};
use ledger_types::{BlockId, ChainId};
use malachite_types::SignedMessage;

use super::*;
use crate::engines::bft::context::At;

const CHAIN: ChainId = ChainId([5; 32]);

struct Four {
    keys: Vec<SigningKey>,
    members: Members,
    signatures: Signatures,
}

fn four() -> Four {
    let provider = SoftwareProvider::shared();
    let keys: Vec<_> = (0..4).map(|_| SigningKey::generate(&provider, KeyUse::Vote).unwrap()).collect();
    let members = Members::new(keys.iter().map(SigningKey::public_key));
    Four { keys, members, signatures: Signatures::new(CHAIN, 1, ConsensusKind::Bft) }
}

impl Four {
    fn vote(&self, step: VoteType, voter: u16) -> core::SignedVote<Ctx> {
        let value = NilOrVal::Val(BlockId([1; 33]));
        let vote = Vote { step, height: At(7), round: Round::new(2), value, voter: Place(voter) };
        let body = self.signatures.vote_body(&vote);
        let signature = self.keys[usize::from(voter)].sign_vote(&CHAIN, &body).unwrap();
        SignedMessage::new(vote, signature)
    }

    fn commit(&self, voters: &[u16]) -> core::CommitCertificate<Ctx> {
        let votes = voters.iter().map(|v| self.vote(VoteType::Precommit, *v)).collect();
        core::CommitCertificate::new(At(7), Round::new(2), BlockId([1; 33]), votes)
    }
}

#[test]
fn a_commit_needs_a_quorum_of_different_known_signers() {
    let mut four = four();
    let quorum = thresholds(ConsensusKind::Bft).quorum;
    for (voters, good) in [(&[0, 1, 2][..], true), (&[3, 1, 0, 2], true), (&[0, 1], false), (&[0, 1, 1], false)] {
        let certificate = four.commit(voters);
        assert_eq!(four.signatures.check_commit(&certificate, &four.members, quorum).is_ok(), good, "{voters:?}");
    }
    let mut unknown = four.commit(&[0, 1, 2]);
    unknown.commit_signatures[2].address = Place(4);
    let refused = four.signatures.check_commit(&unknown, &four.members, quorum);
    assert_eq!(refused, Err(CertificateError::UnknownValidator(Place(4))));
    let mut forged = four.commit(&[0, 1, 2]);
    forged.commit_signatures[1].signature[5] ^= 1;
    let refused = four.signatures.check_commit(&forged, &four.members, quorum);
    assert!(matches!(refused, Err(CertificateError::InvalidCommitSignature(s)) if s.address == Place(1)));
}

#[test]
fn half_against_crashes_is_not_a_majority() {
    let params = thresholds(ConsensusKind::CrashFault);
    for (votes, of, met) in [(1, 3, false), (2, 3, true), (2, 4, false), (3, 4, true), (2, 5, false), (3, 5, true)] {
        assert_eq!(params.quorum.is_met(votes, of), met, "{votes} of {of}");
    }
}

#[test]
fn prevotes_do_not_end_a_round() {
    let mut four = four();
    let both = thresholds(ConsensusKind::Bft);
    let round = |four: &Four, kind, votes: &[(VoteType, u16)]| {
        let votes = votes.iter().map(|(step, voter)| four.vote(*step, *voter)).collect();
        RoundCertificate::<Ctx>::new_from_votes(At(7), Round::new(2), kind, votes)
    };
    use RoundCertificateType::{Precommit, Skip};
    let (p, c) = (VoteType::Prevote, VoteType::Precommit);
    for (kind, votes, good) in [
        (Precommit, &[(c, 0), (c, 1), (c, 2)][..], true),
        (Precommit, &[(c, 0), (c, 1), (p, 2)], false),
        (Precommit, &[(c, 0), (c, 1)], false),
        (Skip, &[(p, 0), (c, 1)], true),
        (Skip, &[(p, 0)], false),
        (Skip, &[(p, 0), (c, 0)], false),
    ] {
        let certificate = round(&four, kind.clone(), votes);
        assert_eq!(four.signatures.check_round(&certificate, &four.members, both).is_ok(), good, "{kind:?} {votes:?}");
    }
}

#[test]
fn late_precommits_find_their_place() {
    let four = four();
    let mut certificate = to_ledger(&four.commit(&[3, 1]), 1, ConsensusKind::Bft, 4);
    assert_eq!(certificate.bitmap, [0b1010]);
    let late = four.vote(VoteType::Precommit, 2);
    assert!(belongs(&certificate, &late));
    assert!(add(&mut certificate, late.voter, late.signature));
    assert!(!add(&mut certificate, late.voter, late.signature), "only once");
    let message = certificate.vote().message(&CHAIN);
    for (place, signature) in [1usize, 2, 3].iter().zip(&certificate.signatures) {
        let key = sm::PublicKey::from_bytes(&four.keys[*place].public_key()).unwrap();
        assert!(key.verify(&message, signature), "signature of {place}");
    }
    assert!(!belongs(&certificate, &four.vote(VoteType::Prevote, 0)));
}
