//! Domain separation: nothing hashed or signed for one purpose or chain is valid for another.

use crate::ids::{ChainId, Digest};

/// What a hash or signature is for. The numbers are frozen; signing purposes are below 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Purpose {
    /// A signer's approval of a transaction (the body is its id).
    Transaction = 1,
    /// A validator's vote for a block.
    Vote = 2,
    /// A proposer's signature over a block it proposes.
    Proposal = 3,
    /// A node's signed statement of its ledger.
    LedgerStatement = 4,
    /// The first message between two peers.
    PeerHello = 5,
    /// A member's approval of a change of the chain's own rules.
    GovernanceApproval = 6,
    /// A webhook call.
    Webhook = 7,
    /// A witness's signature over a checkpoint.
    CheckpointWitness = 8,
    /// A release of the software.
    Release = 9,
    /// A client's complaint that a node contradicts certified headers.
    Complaint = 10,
    /// A validator's wish that the chain change its kind of consensus.
    SwitchRequest = 11,
    /// A reader's question for the contents of an invoice.
    ContentQuestion = 12,
    /// That somebody has the committee's private key, signed with it.
    KeyPossession = 16,
    /// A validator's word that it has the committee's next key.
    KeyReadiness = 17,
    /// A wallet's word that a one-time address is its own.
    LinkStatement = 18,
    /// An auditor's question for the claims of one wallet.
    LinkQuestion = 19,
    /// Hash: the id of a transaction over its envelope.
    TxId = 64,
    /// Hash: the id of a block over its header.
    BlockId = 65,
    /// Hash: commitment to a body section.
    Section = 66,
    /// Hash: commitment to one invoice of a batch.
    BatchItem = 67,
    /// Hash: the invoice hash on faces and QR codes.
    InvoiceHash = 68,
    /// Hash: an owner condition that is spent by revealing it.
    OwnerCondition = 69,
    /// Hash: the address of an account.
    AccountAddress = 70,
    /// Hash: the address of a key.
    KeyAddress = 71,
    /// Hash: a rule book.
    RuleBook = 72,
    /// Hash: a validator set.
    Validators = 73,
    /// Hash: the chain parameters.
    Params = 74,
    /// Hash: a commit certificate as carried by the next block.
    Certificate = 75,
    /// Hash: the combination of the state's trees.
    StateRoot = 76,
    /// Hash: the top of a dense tree with its number of leaves.
    DenseTree = 77,
    /// Hash: an external reference (order, payment, voucher) that stays off chain.
    Reference = 78,
    /// Hash: the genesis document (under the all-zero chain id).
    Genesis = 79,
    /// Hash: where a validator contradicted itself.
    Offence = 80,
    /// Hash: the manifest of a snapshot of the state.
    Snapshot = 81,
    /// Key derivation: what a sender and a committee agree on.
    SealAgreement = 82,
    /// Key derivation: the content key of one invoice.
    ContentKey = 83,
    /// Key derivation: what covers a content key for who holds the order token.
    HolderCover = 84,
    /// Key derivation: what covers a content key for the wallet that claims.
    OwnCover = 88,
    /// Key derivation: what covers a content key for another's registered key.
    KeyCover = 89,
    /// Key derivation: a wallet's key for one claim.
    WalletKey = 90,
    /// Hash: an entry of a service's audit log, over the one before it.
    AuditEntry = 93,
    /// Derivation: the key of a claim's tag.
    LinkSeal = 97,
    /// Derivation: a wallet's link key.
    WalletLinkKey = 98,
}

/// Version of the framing itself.
pub const FRAME_VERSION: u16 = 1;

const TAG: &[u8; 8] = b"taxchain";

/// Length of the frame before the body.
pub const FRAME_LEN: usize = 4 + TAG.len() + 2 + 1 + 32 + 4;

fn frame(purpose: Purpose, chain: &ChainId, body_len: usize) -> [u8; FRAME_LEN] {
    let mut out = [0u8; FRAME_LEN];
    out[0..4].copy_from_slice(&(TAG.len() as u32).to_le_bytes());
    out[4..12].copy_from_slice(TAG);
    out[12..14].copy_from_slice(&FRAME_VERSION.to_le_bytes());
    out[14] = purpose as u8;
    out[15..47].copy_from_slice(&chain.0);
    let len = u32::try_from(body_len).expect("bodies are limited to a few MiB");
    out[47..51].copy_from_slice(&len.to_le_bytes());
    out
}

/// `u32 8 | "taxchain" | u16 version | u8 purpose | 32-byte chain id | u32 length | body`: the message of
/// every SM2 signature and the input of every SM3 hash that names things.
pub fn framed(purpose: Purpose, chain: &ChainId, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(FRAME_LEN + body.len());
    out.extend_from_slice(&frame(purpose, chain, body.len()));
    out.extend_from_slice(body);
    out
}

/// SM3 of the framed body.
pub fn domain_hash(purpose: Purpose, chain: &ChainId, body: &[u8]) -> Digest {
    Digest(sm::sm3_parts(&[&frame(purpose, chain, body.len()), body]))
}

/// SM3 of the framed concatenation of `parts`, without joining them first.
pub fn domain_hash_parts(purpose: Purpose, chain: &ChainId, parts: &[&[u8]]) -> Digest {
    let mut hasher = sm::Sm3::new();
    hasher.update(&frame(purpose, chain, parts.iter().map(|p| p.len()).sum()));
    for part in parts {
        hasher.update(part);
    }
    Digest(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purpose_chain_and_body_all_separate() {
        let (a, b) = (ChainId([1; 32]), ChainId([2; 32]));
        let base = domain_hash(Purpose::TxId, &a, b"x");
        assert_ne!(base, domain_hash(Purpose::BlockId, &a, b"x"));
        assert_ne!(base, domain_hash(Purpose::TxId, &b, b"x"));
        assert_ne!(base, domain_hash(Purpose::TxId, &a, b"y"));
        assert_eq!(base, Digest(sm::sm3(&framed(Purpose::TxId, &a, b"x"))));
        assert_eq!(base, domain_hash_parts(Purpose::TxId, &a, &[b"", b"x"]));
    }
}
