//! Values whose signature was checked.

use ledger_types::{ChainId, Complaint, ContentQuestion, Digest, LedgerStatement, ProposalBody, TxId, VoteBody};
use sm::{PublicKey, PublicKeyBytes, Signature};

use crate::{BadSignature, SignRequest, message};

/// A value that a key signed, on a chain, for a purpose. Only the `verify_*` functions make one.
///
/// For many signatures at once (admission, certificates) use `sm::verify_batch` and keep the verdict in a type
/// of the room that asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<T> {
    value: T,
    signer: PublicKeyBytes,
}

impl<T> Verified<T> {
    /// The value.
    pub fn get(&self) -> &T {
        &self.value
    }

    /// Whose signature it was.
    pub fn signer(&self) -> PublicKeyBytes {
        self.signer
    }

    /// The value, without its proof.
    pub fn into_inner(self) -> T {
        self.value
    }
}

fn verify<T>(
    request: &SignRequest,
    value: T,
    key: &PublicKey,
    signature: &Signature,
) -> Result<Verified<T>, BadSignature> {
    if key.verify_digest(&request.digest(key), signature) {
        Ok(Verified { value, signer: key.to_bytes() })
    } else {
        Err(BadSignature)
    }
}

/// Checks a signer's approval of a transaction.
///
/// # Errors
/// [`BadSignature`]; so for all below.
pub fn verify_transaction(
    chain: &ChainId,
    tx: TxId,
    key: &PublicKey,
    signature: &Signature,
) -> Result<Verified<TxId>, BadSignature> {
    verify(&message::transaction(chain, &tx), tx, key, signature)
}

/// Checks a vote.
///
/// # Errors
/// [`BadSignature`].
pub fn verify_vote(
    chain: &ChainId,
    vote: VoteBody,
    key: &PublicKey,
    signature: &Signature,
) -> Result<Verified<VoteBody>, BadSignature> {
    verify(&message::vote(chain, &vote), vote, key, signature)
}

/// Checks a proposal: a block in a round.
///
/// # Errors
/// [`BadSignature`].
pub fn verify_proposal(
    chain: &ChainId,
    proposal: ProposalBody,
    key: &PublicKey,
    signature: &Signature,
) -> Result<Verified<ProposalBody>, BadSignature> {
    verify(&message::proposal(chain, &proposal), proposal, key, signature)
}

/// Checks a ledger statement.
///
/// # Errors
/// [`BadSignature`].
pub fn verify_statement(
    chain: &ChainId,
    statement: LedgerStatement,
    key: &PublicKey,
    signature: &Signature,
) -> Result<Verified<LedgerStatement>, BadSignature> {
    verify(&message::statement(chain, &statement), statement, key, signature)
}

/// Checks a client's complaint about a node.
///
/// # Errors
/// [`BadSignature`].
pub fn verify_complaint(
    chain: &ChainId,
    complaint: Complaint,
    key: &PublicKey,
    signature: &Signature,
) -> Result<Verified<Complaint>, BadSignature> {
    verify(&message::complaint(chain, &complaint), complaint, key, signature)
}

/// Checks a reader's question for the contents of an invoice. Whether its key may ask is state.
///
/// # Errors
/// [`BadSignature`].
pub fn verify_question(
    chain: &ChainId,
    question: ContentQuestion,
    key: &PublicKey,
    signature: &Signature,
) -> Result<Verified<ContentQuestion>, BadSignature> {
    verify(&message::content_question(chain, &question), question, key, signature)
}

/// Checks an auditor's question for the claims of one wallet. Whether its key may ask is state.
///
/// # Errors
/// [`BadSignature`].
pub fn verify_link_question(
    chain: &ChainId,
    question: ContentQuestion,
    key: &PublicKey,
    signature: &Signature,
) -> Result<Verified<ContentQuestion>, BadSignature> {
    verify(&message::link_question(chain, &question), question, key, signature)
}

/// Checks the first message of a peer.
///
/// # Errors
/// [`BadSignature`].
pub fn verify_peer_hello<'a>(
    chain: &ChainId,
    hello: &'a [u8],
    key: &PublicKey,
    signature: &Signature,
) -> Result<Verified<&'a [u8]>, BadSignature> {
    verify(&message::peer_hello(chain, hello), hello, key, signature)
}

/// Checks an approval of a change of the chain's own rules, given by its hash.
///
/// # Errors
/// [`BadSignature`].
pub fn verify_governance(
    chain: &ChainId,
    change: Digest,
    key: &PublicKey,
    signature: &Signature,
) -> Result<Verified<Digest>, BadSignature> {
    verify(&message::governance(chain, &change), change, key, signature)
}

/// Checks the body of a webhook call.
///
/// # Errors
/// [`BadSignature`].
pub fn verify_webhook<'a>(
    chain: &ChainId,
    body: &'a [u8],
    key: &PublicKey,
    signature: &Signature,
) -> Result<Verified<&'a [u8]>, BadSignature> {
    verify(&message::webhook(chain, body), body, key, signature)
}

/// Checks a witness's signature over a checkpoint, given by its hash.
///
/// # Errors
/// [`BadSignature`].
pub fn verify_checkpoint(
    chain: &ChainId,
    checkpoint: Digest,
    key: &PublicKey,
    signature: &Signature,
) -> Result<Verified<Digest>, BadSignature> {
    verify(&message::checkpoint(chain, &checkpoint), checkpoint, key, signature)
}

/// Checks a release of the software, given by its hash.
///
/// # Errors
/// [`BadSignature`].
pub fn verify_release(
    release: Digest,
    key: &PublicKey,
    signature: &Signature,
) -> Result<Verified<Digest>, BadSignature> {
    verify(&message::release(&release), release, key, signature)
}

#[cfg(test)]
#[path = "verified_test.rs"]
mod verified_test;
