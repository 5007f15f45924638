//! What exactly is signed for each purpose, for signing and verifying alike.

use ledger_types::{
    ChainId, Complaint, ContentQuestion, Digest, LedgerStatement, LinkStatement, ProposalBody, Purpose, ReadyBody,
    SwitchBody, TxId, VoteBody, envelope, framed,
};

use crate::{SignRequest, Signs};

pub(crate) fn transaction(chain: &ChainId, tx: &TxId) -> SignRequest {
    SignRequest::new(Signs::Chain(Purpose::Transaction), envelope::transaction_message(chain, tx))
}

pub(crate) fn vote(chain: &ChainId, vote: &VoteBody) -> SignRequest {
    SignRequest::new(Signs::Chain(Purpose::Vote), vote.message(chain))
}

pub(crate) fn proposal(chain: &ChainId, proposal: &ProposalBody) -> SignRequest {
    SignRequest::new(Signs::Chain(Purpose::Proposal), proposal.message(chain))
}

pub(crate) fn switch(chain: &ChainId, wish: &SwitchBody) -> SignRequest {
    SignRequest::new(Signs::Chain(Purpose::SwitchRequest), wish.message(chain))
}

pub(crate) fn possession(chain: &ChainId, ready: &ReadyBody) -> SignRequest {
    SignRequest::new(Signs::Chain(Purpose::KeyPossession), ready.possession(chain))
}

pub(crate) fn readiness(chain: &ChainId, ready: &ReadyBody) -> SignRequest {
    SignRequest::new(Signs::Chain(Purpose::KeyReadiness), ready.message(chain))
}

pub(crate) fn statement(chain: &ChainId, statement: &LedgerStatement) -> SignRequest {
    SignRequest::new(Signs::Chain(Purpose::LedgerStatement), statement.message(chain))
}

pub(crate) fn complaint(chain: &ChainId, complaint: &Complaint) -> SignRequest {
    SignRequest::new(Signs::Chain(Purpose::Complaint), complaint.message(chain))
}

pub(crate) fn content_question(chain: &ChainId, question: &ContentQuestion) -> SignRequest {
    SignRequest::new(Signs::Chain(Purpose::ContentQuestion), question.message(chain))
}

pub(crate) fn link_statement(chain: &ChainId, statement: &LinkStatement) -> SignRequest {
    SignRequest::new(Signs::Chain(Purpose::LinkStatement), statement.message(chain))
}

pub(crate) fn link_question(chain: &ChainId, question: &ContentQuestion) -> SignRequest {
    SignRequest::new(Signs::Chain(Purpose::LinkQuestion), question.link_message(chain))
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
    SignRequest::new(Signs::Chain(purpose), framed(purpose, chain, digest.as_bytes()))
}

/// The content of a CertificateVerify (RFC 8446, 4.4.3): 64 spaces, who signs, a zero, and the hash of the handshake so
/// far. None if it is anything else.
pub(crate) fn handshake(content: &[u8]) -> Option<SignRequest> {
    let (spaces, rest) = content.split_first_chunk::<64>()?;
    let (said, _) = rest.split_last_chunk::<32>()?;
    let known = said == b"TLS 1.3, client CertificateVerify\0" || said == b"TLS 1.3, server CertificateVerify\0";
    (known && spaces == &[b' '; 64]).then(|| SignRequest::new(Signs::Handshake, content.to_vec()))
}
