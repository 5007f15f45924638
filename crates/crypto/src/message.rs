//! What exactly is signed for each purpose, for signing and verifying alike.

use ledger_types::{
    ChainId, Complaint, Digest, LedgerStatement, ProposalBody, Purpose, SwitchBody, TxId, VoteBody, envelope, framed,
};

use crate::SignRequest;

pub(crate) fn transaction(chain: &ChainId, tx: &TxId) -> SignRequest {
    SignRequest::new(Purpose::Transaction, envelope::transaction_message(chain, tx))
}

pub(crate) fn vote(chain: &ChainId, vote: &VoteBody) -> SignRequest {
    SignRequest::new(Purpose::Vote, vote.message(chain))
}

pub(crate) fn proposal(chain: &ChainId, proposal: &ProposalBody) -> SignRequest {
    SignRequest::new(Purpose::Proposal, proposal.message(chain))
}

pub(crate) fn switch(chain: &ChainId, wish: &SwitchBody) -> SignRequest {
    SignRequest::new(Purpose::SwitchRequest, wish.message(chain))
}

pub(crate) fn statement(chain: &ChainId, statement: &LedgerStatement) -> SignRequest {
    SignRequest::new(Purpose::LedgerStatement, statement.message(chain))
}

pub(crate) fn complaint(chain: &ChainId, complaint: &Complaint) -> SignRequest {
    SignRequest::new(Purpose::Complaint, complaint.message(chain))
}

pub(crate) fn governance(chain: &ChainId, change: &Digest) -> SignRequest {
    digest(Purpose::GovernanceApproval, chain, change)
}

pub(crate) fn checkpoint(chain: &ChainId, checkpoint: &Digest) -> SignRequest {
    digest(Purpose::CheckpointWitness, chain, checkpoint)
}

/// A release belongs to no chain.
pub(crate) fn release(release: &Digest) -> SignRequest {
    digest(Purpose::Release, &ChainId::ZERO, release)
}

/// SM3 of the hello, which may be of any length.
pub(crate) fn peer_hello(chain: &ChainId, hello: &[u8]) -> SignRequest {
    digest(Purpose::PeerHello, chain, &Digest(sm::sm3(hello)))
}

/// SM3 of the call's body, which may be of any length.
pub(crate) fn webhook(chain: &ChainId, body: &[u8]) -> SignRequest {
    digest(Purpose::Webhook, chain, &Digest(sm::sm3(body)))
}

fn digest(purpose: Purpose, chain: &ChainId, digest: &Digest) -> SignRequest {
    SignRequest::new(purpose, framed(purpose, chain, digest.as_bytes()))
}
