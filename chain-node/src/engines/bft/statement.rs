//! What a validator signed, read from the messages it sent: for whoever records them.

use ledger_types::{BlockId, ConsensusKind, Height, ProposalBody, VoteBody};

use super::wire::{Message, PolkaBytes, ProposalBytes, VoteBytes};
use crate::engines::EngineMessage;

/// A signed statement of a validator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// A vote.
    Vote {
        /// The voter's place.
        voter: u16,
        /// What it signed.
        body: VoteBody,
        /// Its signature.
        signature: [u8; 64],
    },
    /// A proposal.
    Proposal {
        /// The proposer's place.
        proposer: u16,
        /// What it signed.
        body: ProposalBody,
        /// Its signature.
        signature: [u8; 64],
    },
}

impl Statement {
    /// The statement in a message; none if the message is a certificate or cannot be read. Nothing is verified.
    #[must_use]
    pub fn read(message: &EngineMessage, kind: ConsensusKind, validators: u16) -> Option<Self> {
        let epoch = message.epoch;
        match Message::decode(&message.bytes, validators).ok()? {
            Message::Vote(m) => {
                let (step, height, round, block_id) = (m.step, Height(m.height), m.round, m.block_id);
                let body = VoteBody { epoch, kind, step, height, round, block_id };
                Some(Self::Vote { voter: m.voter, body, signature: m.signature })
            }
            Message::Proposal(m) => {
                let (height, round, locked_round, block_id) = (Height(m.height), m.round, m.locked_round, m.block_id);
                let body = ProposalBody { epoch, kind, height, round, locked_round, block_id };
                Some(Self::Proposal { proposer: m.proposer, body, signature: m.signature })
            }
            Message::Polka(_) | Message::Round(_) => None,
        }
    }

    /// As it is sent.
    #[must_use]
    pub fn to_message(&self) -> EngineMessage {
        match self {
            Self::Vote { voter, body, signature } => EngineMessage {
                epoch: body.epoch,
                bytes: Message::Vote(VoteBytes {
                    step: body.step,
                    height: body.height.0,
                    round: body.round,
                    block_id: body.block_id,
                    voter: *voter,
                    signature: *signature,
                })
                .encode(),
            },
            Self::Proposal { proposer, body, signature } => EngineMessage {
                epoch: body.epoch,
                bytes: Message::Proposal(ProposalBytes {
                    height: body.height.0,
                    round: body.round,
                    locked_round: body.locked_round,
                    block_id: body.block_id,
                    proposer: *proposer,
                    signature: *signature,
                })
                .encode(),
            },
        }
    }

    /// The message that claims a quorum's prevotes for a block.
    #[must_use]
    pub fn polka(
        epoch: u64,
        height: Height,
        round: u32,
        block_id: BlockId,
        signatures: &[(u16, [u8; 64])],
    ) -> EngineMessage {
        let polka = PolkaBytes { height: height.0, round, block_id, signatures: signatures.to_vec() };
        EngineMessage { epoch, bytes: Message::Polka(polka).encode() }
    }

    /// Who signed.
    #[must_use]
    pub fn signer(&self) -> u16 {
        match self {
            Self::Vote { voter, .. } => *voter,
            Self::Proposal { proposer, .. } => *proposer,
        }
    }

    /// The height it is about.
    #[must_use]
    pub fn height(&self) -> Height {
        match self {
            Self::Vote { body, .. } => body.height,
            Self::Proposal { body, .. } => body.height,
        }
    }

    /// The block it is about: zeros for none.
    #[must_use]
    pub fn block_id(&self) -> BlockId {
        match self {
            Self::Vote { body, .. } => body.block_id,
            Self::Proposal { body, .. } => body.block_id,
        }
    }

    /// Its signature.
    #[must_use]
    pub fn signature(&self) -> &[u8; 64] {
        match self {
            Self::Vote { signature, .. } | Self::Proposal { signature, .. } => signature,
        }
    }

    /// Where in the order of signing it stands: a proposal is step 0, a vote has its own.
    #[must_use]
    pub fn place(&self) -> (Height, u32, u8) {
        match self {
            Self::Vote { body, .. } => (body.height, body.round, body.step),
            Self::Proposal { body, .. } => (body.height, body.round, 0),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_read_as_they_were_sent_and_certificates_are_none() {
        let (epoch, kind, height, block_id) = (3, ConsensusKind::Bft, Height(9), BlockId([7; 33]));
        let vote = VoteBody { epoch, kind, step: VoteBody::PRECOMMIT, height, round: 2, block_id };
        let vote = Statement::Vote { voter: 1, body: vote, signature: [5; 64] };
        let proposal = ProposalBody { epoch, kind, height, round: 2, locked_round: Some(1), block_id };
        let proposal = Statement::Proposal { proposer: 2, body: proposal, signature: [6; 64] };
        for statement in [&vote, &proposal] {
            assert_eq!(Statement::read(&statement.to_message(), kind, 4).as_ref(), Some(statement));
        }
        assert_eq!(Statement::read(&vote.to_message(), kind, 1), None, "no such voter");
        assert_eq!((vote.signer(), vote.place()), (1, (height, 2, VoteBody::PRECOMMIT)));
        assert_eq!((proposal.signer(), proposal.place(), proposal.block_id()), (2, (height, 2, 0), block_id));
        let polka = Statement::polka(epoch, height, 2, block_id, &[(0, [1; 64])]);
        assert_eq!(Statement::read(&polka, kind, 4), None);
    }
}
