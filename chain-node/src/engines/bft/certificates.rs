//! Certificates: checked against the thresholds of the epoch, and turned into those of the chain.

use std::collections::BTreeSet;

use ledger_types::{CommitCertificate, ConsensusKind, Height};
use malachite_core::ThresholdParams;
use malachite_types::{
    self as core, CertificateError, CommitSignature, NilOrVal, PolkaCertificate, PolkaSignature, Round,
    RoundCertificate, RoundCertificateType, RoundSignature, ThresholdParam, VoteType,
};
use sm::Signature;
use storage::planted::{self, Bug};

use super::{
    context::{Ctx, Members, Place, Vote},
    signatures::Signatures,
    wire::round_number,
};

type Verdict = Result<(), CertificateError<Ctx>>;

/// How many votes decide: more than two thirds against traitors or where the chain may come to reckon with them, more
/// than half against crashes. The second figure is
/// how many must be further before a round is skipped.
pub(crate) fn thresholds(kind: ConsensusKind) -> ThresholdParams {
    let quorum = match kind {
        ConsensusKind::Bft if planted::is_on(Bug::QuorumTooSmall) => ThresholdParam::new(1, 3),
        ConsensusKind::CrashFault => ThresholdParam::new(1, 2),
        ConsensusKind::Solo | ConsensusKind::Bft | ConsensusKind::Adaptive => ThresholdParam::TWO_F_PLUS_ONE,
    };
    ThresholdParams { quorum, honest: ThresholdParam::F_PLUS_ONE }
}

impl Signatures {
    /// Whether a quorum precommitted.
    pub(crate) fn check_commit(
        &mut self,
        certificate: &core::CommitCertificate<Ctx>,
        members: &Members,
        quorum: ThresholdParam,
    ) -> Verdict {
        let value = NilOrVal::Val(certificate.value_id);
        let (height, round) = (certificate.height, certificate.round);
        let vote = |voter| Vote { step: VoteType::Precommit, height, round, value, voter };
        let votes = certificate.commit_signatures.iter().map(|s| (vote(s.address), s.signature));
        let wrong = |p, s| CertificateError::InvalidCommitSignature(CommitSignature::new(p, s));
        self.check_votes(votes, members, quorum, wrong)
    }

    /// Whether a quorum prevoted.
    pub(crate) fn check_polka(
        &mut self,
        certificate: &PolkaCertificate<Ctx>,
        members: &Members,
        quorum: ThresholdParam,
    ) -> Verdict {
        let votes: Vec<_> = certificate.votes(&Ctx).map(|v| (v.message, v.signature)).collect();
        let wrong = |p, s| CertificateError::InvalidPolkaSignature(PolkaSignature::new(p, s));
        self.check_votes(votes.into_iter(), members, quorum, wrong)
    }

    /// Whether a later round may begin.
    pub(crate) fn check_round(
        &mut self,
        certificate: &RoundCertificate<Ctx>,
        members: &Members,
        thresholds: ThresholdParams,
    ) -> Verdict {
        let skips = certificate.cert_type == RoundCertificateType::Skip;
        let prevote = certificate.round_signatures.iter().find(|s| s.vote_type == VoteType::Prevote);
        if let Some(prevote) = prevote.filter(|_| !skips) {
            return Err(CertificateError::InvalidVoteType(prevote.address));
        }
        let needed = if skips { thresholds.honest } else { thresholds.quorum };
        let votes: Vec<_> = certificate.votes(&Ctx).map(|v| (v.message, v.signature)).collect();
        let step = if skips { VoteType::Prevote } else { VoteType::Precommit };
        let wrong = |p, s| CertificateError::InvalidRoundSignature(RoundSignature::new(step, NilOrVal::Nil, p, s));
        self.check_votes(votes.into_iter(), members, needed, wrong)
    }

    /// Counts before it checks: signatures come last.
    fn check_votes(
        &mut self,
        votes: impl Iterator<Item = (Vote, Signature)> + Clone,
        members: &Members,
        needed: ThresholdParam,
        wrong: impl Fn(Place, Signature) -> CertificateError<Ctx>,
    ) -> Verdict {
        let total = u64::from(members.len());
        let mut voters = BTreeSet::new();
        let twice = planted::is_on(Bug::VotesCountedTwice);
        for (vote, _) in votes.clone() {
            members.key(vote.voter).ok_or(CertificateError::UnknownValidator(vote.voter))?;
            if !voters.insert(vote.voter) && !twice {
                return Err(CertificateError::DuplicateVote(vote.voter));
            }
        }
        let signed = if twice { votes.clone().count() } else { voters.len() } as u64;
        if !needed.is_met(signed, total) {
            let expected = needed.min_expected(total);
            return Err(CertificateError::NotEnoughVotingPower { signed, total, expected });
        }
        for (vote, signature) in votes {
            let key = members.key(vote.voter).ok_or(CertificateError::UnknownValidator(vote.voter))?;
            let message = self.vote_message(&vote);
            if !self.verify(&key, &message, signature) {
                return Err(wrong(vote.voter, signature));
            }
        }
        Ok(())
    }
}

/// The certificate as the chain keeps it.
pub(crate) fn to_ledger(
    certificate: &core::CommitCertificate<Ctx>,
    epoch: u64,
    kind: ConsensusKind,
    validators: u16,
) -> CommitCertificate {
    let mut made = CommitCertificate {
        version: CommitCertificate::VERSION,
        epoch,
        kind,
        height: Height(certificate.height.0),
        round: round_number(certificate.round),
        block_id: certificate.value_id,
        bitmap: vec![0; usize::from(validators).div_ceil(8)],
        signatures: Vec::new(),
    };
    for signature in &certificate.commit_signatures {
        add(&mut made, signature.address, signature.signature);
    }
    made
}

/// Adds a checked precommit to a certificate; `false` if its voter stands in it already.
pub(crate) fn add(certificate: &mut CommitCertificate, voter: Place, signature: Signature) -> bool {
    let (byte, bit) = (usize::from(voter.0 / 8), voter.0 % 8);
    let Some(bits) = certificate.bitmap.get(byte).copied() else {
        return false;
    };
    if bits >> bit & 1 == 1 {
        return false;
    }
    let before: u32 = certificate.bitmap[..byte].iter().map(|b| b.count_ones()).sum();
    let within = (bits & ((1u8 << bit) - 1)).count_ones();
    certificate.signatures.insert((before + within) as usize, signature);
    certificate.bitmap[byte] |= 1 << bit;
    true
}

/// Whether a vote is a precommit that belongs into a certificate.
pub(crate) fn belongs(certificate: &CommitCertificate, vote: &Vote) -> bool {
    vote.step == VoteType::Precommit
        && vote.height.0 == certificate.height.0
        && vote.round == Round::new(certificate.round)
        && vote.value == NilOrVal::Val(certificate.block_id)
}

#[cfg(test)]
#[path = "certificates_test.rs"]
mod certificates_test;
