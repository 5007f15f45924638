//! What the engine writes before it speaks, and reads after a restart.

use borsh::{BorshDeserialize, BorshSerialize};
use ledger_types::{BlockId, Height};
use malachite_core::{Input, ProposedValue};
use malachite_types::{Round, Timeout, TimeoutKind, Validity, ValueOrigin};

use super::{
    context::{At, Candidate, Ctx, Place},
    guard::Position,
    wire::{PolkaBytes, ProposalBytes, VoteBytes, WireError, round_number, unversioned, versioned},
};

/// One input that the engine took, in the order it took them.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) enum Entry {
    /// A checked vote, own or a peer's.
    Vote(VoteBytes),
    /// A checked proposal, own or a peer's.
    Proposal(ProposalBytes),
    /// The node's verdict on a block, or a block of its own.
    Verdict(VerdictBytes),
    /// A timer that ran out.
    Timeout {
        /// The round it was for.
        round: u32,
        /// See [`timer_kind`].
        kind: u8,
    },
    /// A quorum's prevotes, as a peer sent them.
    Polka(PolkaBytes),
}

/// The node's verdict on a block.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct VerdictBytes {
    pub(crate) round: u32,
    pub(crate) proposer: u16,
    pub(crate) block_id: BlockId,
    pub(crate) valid: bool,
}

impl Entry {
    /// The bytes on disk.
    pub(crate) fn encode(&self) -> Vec<u8> {
        versioned(self)
    }

    /// Reads strictly.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        unversioned(bytes)
    }

    /// What the core wants remembered; `None` for what is not.
    pub(crate) fn of_input(input: &Input<Ctx>) -> Option<Self> {
        match input {
            Input::Vote(vote) => Some(Self::Vote(vote.into())),
            Input::Proposal(proposal) => Some(Self::Proposal(proposal.into())),
            Input::ProposedValue(value, _) => Some(Self::Verdict(VerdictBytes {
                round: round_number(value.round),
                proposer: value.proposer.0,
                block_id: value.value.0,
                valid: value.validity.is_valid(),
            })),
            Input::TimeoutElapsed(timeout) => {
                Some(Self::Timeout { round: round_number(timeout.round), kind: timer_kind(timeout.kind)? })
            }
            Input::PolkaCertificate(certificate) => Some(Self::Polka(certificate.into())),
            _ => None,
        }
    }

    /// The input it was.
    pub(crate) fn into_input(self, height: Height) -> Result<Input<Ctx>, WireError> {
        Ok(match self {
            Self::Vote(vote) => Input::Vote(vote.try_into()?),
            Self::Proposal(proposal) => Input::Proposal(proposal.into()),
            Self::Verdict(v) => verdict(height, v.round, Place(v.proposer), v.block_id, v.valid),
            Self::Timeout { round, kind } => {
                Input::TimeoutElapsed(timeout(round, kind).ok_or(WireError::Range("the kind of timer"))?)
            }
            Self::Polka(certificate) => Input::PolkaCertificate(certificate.into()),
        })
    }

    /// Where in the order of signing this statement stands, if it is one of `place`.
    pub(crate) fn position_of(&self, place: u16) -> Option<Position> {
        match self {
            Self::Vote(v) if v.voter == place => Some(Position { height: v.height, round: v.round, step: v.step }),
            Self::Proposal(p) if p.proposer == place => {
                Some(Position { height: p.height, round: p.round, step: Position::PROPOSAL })
            }
            _ => None,
        }
    }
}

/// A verdict as the core takes it.
pub(crate) fn verdict(height: Height, round: u32, proposer: Place, id: BlockId, valid: bool) -> Input<Ctx> {
    let value = ProposedValue {
        height: At(height.0),
        round: Round::new(round),
        valid_round: Round::Nil,
        proposer,
        value: Candidate(id),
        validity: Validity::from_bool(valid),
    };
    Input::ProposedValue(value, ValueOrigin::Consensus)
}

/// The number of a timer's kind in records and timer keys; `None` for one that is not used.
pub(crate) fn timer_kind(kind: TimeoutKind) -> Option<u8> {
    match kind {
        TimeoutKind::Propose => Some(1),
        TimeoutKind::Prevote => Some(2),
        TimeoutKind::Precommit => Some(3),
        TimeoutKind::Rebroadcast => Some(4),
        TimeoutKind::FinalizeHeight(_) => None,
    }
}

/// The inverse of [`timer_kind`].
pub(crate) fn timeout(round: u32, kind: u8) -> Option<Timeout> {
    let round = Round::new(round);
    match kind {
        1 => Some(Timeout::propose(round)),
        2 => Some(Timeout::prevote(round)),
        3 => Some(Timeout::precommit(round)),
        4 => Some(Timeout::rebroadcast(round)),
        _ => None,
    }
}
