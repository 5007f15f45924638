//! What validators say to each other, as canonical bytes: one version byte, then Borsh.

use borsh::{BorshDeserialize, BorshSerialize};
use ledger_types::{BlockId, Canonical, VoteBody};
use malachite_types::{
    NilOrVal, PolkaCertificate, PolkaSignature, Round, RoundCertificate, RoundCertificateType, RoundSignature,
    SignedMessage, SignedProposal, SignedVote, VoteType,
};

use super::context::{At, Candidate, Ctx, Place, Proposal, Vote};

/// The version this code writes and reads.
pub(crate) const VERSION: u8 = 1;

/// Longest message: a round certificate of 256 validators, with room.
pub(crate) const MAX_BYTES: usize = 64 * 1024;

/// Highest round that is listened to: rounds last longer and longer, so that no chain ever gets there.
const MAX_ROUND: u32 = 1_000_000;

/// Why bytes are not a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WireError {
    #[error("{0} bytes are too many")]
    TooLong(usize),
    #[error("message version {0:?} is not known")]
    Version(Option<u8>),
    #[error("not canonical: {0}")]
    Bytes(String),
    #[error("{0} is out of range")]
    Range(&'static str),
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) enum Message {
    /// A validator's own vote.
    Vote(VoteBytes),
    /// A proposal.
    Proposal(ProposalBytes),
    /// That a quorum prevoted a block.
    Polka(PolkaBytes),
    /// Why a later round begins.
    Round(RoundBytes),
}

/// A signed vote.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct VoteBytes {
    pub(crate) step: u8,
    pub(crate) height: u64,
    pub(crate) round: u32,
    pub(crate) block_id: BlockId,
    pub(crate) voter: u16,
    pub(crate) signature: [u8; 64],
}

/// A signed proposal.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct ProposalBytes {
    pub(crate) height: u64,
    pub(crate) round: u32,
    pub(crate) locked_round: Option<u32>,
    pub(crate) block_id: BlockId,
    pub(crate) proposer: u16,
    pub(crate) signature: [u8; 64],
}

/// A quorum's prevotes.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct PolkaBytes {
    pub(crate) height: u64,
    pub(crate) round: u32,
    pub(crate) block_id: BlockId,
    pub(crate) signatures: Vec<(u16, [u8; 64])>,
}

/// Votes that end a round (all precommits) or show that others are further.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct RoundBytes {
    pub(crate) height: u64,
    pub(crate) round: u32,
    pub(crate) skip: bool,
    /// Step, block, voter, signature.
    pub(crate) signatures: Vec<(u8, BlockId, u16, [u8; 64])>,
}

impl Message {
    /// The bytes on the wire.
    pub(crate) fn encode(&self) -> Vec<u8> {
        versioned(self)
    }

    /// Reads strictly and checks ranges; signatures are not looked at.
    pub(crate) fn decode(bytes: &[u8], validators: u16) -> Result<Self, WireError> {
        let message: Self = unversioned(bytes)?;
        message.check(validators)?;
        Ok(message)
    }

    /// The height it is about.
    pub(crate) fn height(&self) -> u64 {
        match self {
            Self::Vote(m) => m.height,
            Self::Proposal(m) => m.height,
            Self::Polka(m) => m.height,
            Self::Round(m) => m.height,
        }
    }

    fn check(&self, validators: u16) -> Result<(), WireError> {
        let round = |round: u32| if round <= MAX_ROUND { Ok(()) } else { Err(WireError::Range("the round")) };
        let place = |place: u16| if place < validators { Ok(()) } else { Err(WireError::Range("a validator's place")) };
        let some = |id: &BlockId| if *id == BlockId::ZERO { Err(WireError::Range("the block id")) } else { Ok(()) };
        let votes = |n: usize| if n <= usize::from(validators) { Ok(()) } else { Err(WireError::Range("the votes")) };
        match self {
            Self::Vote(m) => vote_type(m.step).and(round(m.round)).and(place(m.voter)),
            Self::Proposal(m) => {
                round(m.round).and(round(m.locked_round.unwrap_or(0))).and(place(m.proposer)).and(some(&m.block_id))
            }
            Self::Polka(m) => {
                round(m.round).and(some(&m.block_id)).and(votes(m.signatures.len()))?;
                m.signatures.iter().try_for_each(|(voter, _)| place(*voter))
            }
            Self::Round(m) => {
                round(m.round).and(votes(m.signatures.len()))?;
                m.signatures.iter().try_for_each(|(step, _, voter, _)| vote_type(*step).and(place(*voter)))
            }
        }
    }
}

/// Version byte and canonical bytes.
pub(crate) fn versioned<T: Canonical>(value: &T) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    bytes.extend(value.to_canonical());
    bytes
}

/// The strict inverse of [`versioned`].
pub(crate) fn unversioned<T: Canonical>(bytes: &[u8]) -> Result<T, WireError> {
    if bytes.len() > MAX_BYTES {
        return Err(WireError::TooLong(bytes.len()));
    }
    match bytes.split_first() {
        Some((&VERSION, rest)) => T::from_canonical(rest).map_err(|e| WireError::Bytes(e.to_string())),
        found => Err(WireError::Version(found.map(|(version, _)| *version))),
    }
}

fn vote_type(step: u8) -> Result<(), WireError> {
    step_of(step).map(|_| ())
}

fn step_of(step: u8) -> Result<VoteType, WireError> {
    match step {
        VoteBody::PREVOTE => Ok(VoteType::Prevote),
        VoteBody::PRECOMMIT => Ok(VoteType::Precommit),
        _ => Err(WireError::Range("the step")),
    }
}

/// The number that is signed for a step.
pub(crate) fn step_number(step: VoteType) -> u8 {
    match step {
        VoteType::Prevote => VoteBody::PREVOTE,
        VoteType::Precommit => VoteBody::PRECOMMIT,
    }
}

/// The id that is signed for a vote: zeros for none.
pub(crate) fn voted_id(value: &NilOrVal<BlockId>) -> BlockId {
    match value {
        NilOrVal::Nil => BlockId::ZERO,
        NilOrVal::Val(id) => *id,
    }
}

fn voted_value(id: BlockId) -> NilOrVal<BlockId> {
    if id == BlockId::ZERO { NilOrVal::Nil } else { NilOrVal::Val(id) }
}

/// A round's number; the core never speaks of votes before round 0.
pub(crate) fn round_number(round: Round) -> u32 {
    round.as_u32().unwrap_or(0)
}

impl From<&SignedVote<Ctx>> for VoteBytes {
    fn from(vote: &SignedVote<Ctx>) -> Self {
        Self {
            step: step_number(vote.step),
            height: vote.height.0,
            round: round_number(vote.round),
            block_id: voted_id(&vote.value),
            voter: vote.voter.0,
            signature: vote.signature,
        }
    }
}

impl TryFrom<VoteBytes> for SignedVote<Ctx> {
    type Error = WireError;

    fn try_from(m: VoteBytes) -> Result<Self, WireError> {
        let step = step_of(m.step)?;
        let (height, round, value) = (At(m.height), Round::new(m.round), voted_value(m.block_id));
        Ok(SignedMessage::new(Vote { step, height, round, value, voter: Place(m.voter) }, m.signature))
    }
}

impl From<&SignedProposal<Ctx>> for ProposalBytes {
    fn from(proposal: &SignedProposal<Ctx>) -> Self {
        Self {
            height: proposal.height.0,
            round: round_number(proposal.round),
            locked_round: proposal.locked_round.as_u32(),
            block_id: proposal.value.0,
            proposer: proposal.proposer.0,
            signature: proposal.signature,
        }
    }
}

impl From<ProposalBytes> for SignedProposal<Ctx> {
    fn from(m: ProposalBytes) -> Self {
        let proposal = Proposal {
            height: At(m.height),
            round: Round::new(m.round),
            value: Candidate(m.block_id),
            locked_round: Round::from(m.locked_round),
            proposer: Place(m.proposer),
        };
        SignedMessage::new(proposal, m.signature)
    }
}

impl From<&PolkaCertificate<Ctx>> for PolkaBytes {
    fn from(c: &PolkaCertificate<Ctx>) -> Self {
        Self {
            height: c.height.0,
            round: round_number(c.round),
            block_id: c.value_id,
            signatures: c.polka_signatures.iter().map(|s| (s.address.0, s.signature)).collect(),
        }
    }
}

impl From<PolkaBytes> for PolkaCertificate<Ctx> {
    fn from(m: PolkaBytes) -> Self {
        Self {
            height: At(m.height),
            round: Round::new(m.round),
            value_id: m.block_id,
            polka_signatures: m.signatures.into_iter().map(|(p, s)| PolkaSignature::new(Place(p), s)).collect(),
        }
    }
}

impl From<&RoundCertificate<Ctx>> for RoundBytes {
    fn from(c: &RoundCertificate<Ctx>) -> Self {
        let signature =
            |s: &RoundSignature<Ctx>| (step_number(s.vote_type), voted_id(&s.value_id), s.address.0, s.signature);
        Self {
            height: c.height.0,
            round: round_number(c.round),
            skip: c.cert_type == RoundCertificateType::Skip,
            signatures: c.round_signatures.iter().map(signature).collect(),
        }
    }
}

impl TryFrom<RoundBytes> for RoundCertificate<Ctx> {
    type Error = WireError;

    fn try_from(m: RoundBytes) -> Result<Self, WireError> {
        let cert_type = if m.skip { RoundCertificateType::Skip } else { RoundCertificateType::Precommit };
        let signatures = m.signatures.into_iter();
        let round_signatures = signatures
            .map(|(step, id, voter, signature)| {
                Ok(RoundSignature::new(step_of(step)?, voted_value(id), Place(voter), signature))
            })
            .collect::<Result<_, WireError>>()?;
        Ok(Self { height: At(m.height), round: Round::new(m.round), cert_type, round_signatures })
    }
}

#[cfg(test)]
#[path = "wire_test.rs"]
mod wire_test;
