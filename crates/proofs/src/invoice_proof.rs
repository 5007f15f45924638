//! Invoice proofs: one file that convinces somebody who trusts nothing but the genesis document.
//!
//! It shows that (a) the transaction with the invoice's body stands in a block, (b) the chain accepted it and gave
//! the invoice its slot, code and number, (c) what the invoice's state is at a height, and (d), where the maker
//! opened them, what is on its face. Blocks are final by their commit certificates.
//!
//! The file is [`MAGIC`] and the canonical bytes of [`InvoiceProof`]. Each byte is bound by a hash, by a signature or
//! by a comparison: what a check does not need is not in the file. `docs/formats.md` draws it.

mod build;
mod decode;
mod error;
mod issuing;
mod opened;
mod proven;
mod state;
mod trusted;

use borsh::{BorshDeserialize, BorshSerialize};
use ledger_types::{
    BatchItemCommitment, Canonical, CommitCertificate, Digest, Envelope, Genesis, Header, Height, OutputRecord,
    Receipt, Section, SectionKind,
};

use crate::{HeaderChain, StateRoots, log_tree::Step};

pub use build::{BuildError, InvoiceProofParts, SlotState, needed_heights};
pub use error::ProofError;
pub use proven::{OpenedFace, ProvenInvoice, ProvenTx};

use trusted::{Trust, TrustedBlocks};

/// What a proof file begins with.
pub const MAGIC: &[u8; 8] = b"TCPROOF1";

/// Largest proof file: two megabytes of sections and what is around them.
pub const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;

/// A proof of one invoice.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct InvoiceProof {
    /// Format version, 1.
    version: u16,
    /// The blocks of [`needed_heights`], by rising height, each once.
    blocks: Vec<CertifiedHeader>,
    body: BodyProof,
    issue: IssueProof,
    state: StateProof,
    /// Opened sections by rising kind, each once.
    opened: Vec<OpenedSection>,
}

/// A header and the certificate that makes it final.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CertifiedHeader {
    /// The header.
    pub header: Header,
    /// Its certificate.
    pub certificate: CommitCertificate,
}

/// (a) That the body's transaction stands in the block of the record's origin.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct BodyProof {
    envelope: Envelope,
    /// Siblings from the place of the record's origin up to the block's root over transactions.
    path: Vec<Digest>,
    /// For an invoice of a batch.
    item: Option<ItemProof>,
}

/// That an invoice is one of its batch.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct ItemProof {
    commitment: BatchItemCommitment,
    /// Siblings from its index up to the payload's root.
    path: Vec<Digest>,
}

/// (b) That the chain issued the invoice.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct IssueProof {
    /// The block that issued it.
    height: Height,
    /// Of the transaction that issued it.
    receipt: ReceiptProof,
    /// Where another transaction issued it than carried the body.
    from_application: Option<ApplicationProof>,
}

/// That a receipt stands under the receipts root of the next header.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct ReceiptProof {
    receipt: Receipt,
    path: Vec<Step>,
}

/// That the issuing transaction issued the application that the body's transaction made.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct ApplicationProof {
    /// Of the transaction that applied: it names the application.
    applied: ReceiptProof,
    /// The transaction that issued.
    envelope: Envelope,
    path: Vec<Step>,
}

/// (c) The record in its slot after block `height`, under the state root of the next header.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct StateProof {
    height: Height,
    record: OutputRecord,
    /// Leaves of the slot tree.
    leaves: u64,
    siblings: Vec<Digest>,
    roots: StateRoots,
}

/// (d) A section in clear.
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct OpenedSection {
    kind: SectionKind,
    salt: [u8; 16],
    bytes: Vec<u8>,
}

impl std::fmt::Debug for OpenedSection {
    /// Only the kind shows: the rest is a taxpayer's data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpenedSection({:?})", self.kind)
    }
}

impl InvoiceProof {
    /// The version this code writes.
    pub const VERSION: u16 = 1;

    /// The file.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [MAGIC.as_slice(), &self.to_canonical()].concat()
    }

    /// The same proof with these sections in clear instead of those in it: who holds the contents of a sealed invoice puts
    /// them in himself. Others than facts, seller, buyer and lines are left out; whether they match is [`verify`]'s.
    ///
    /// # Errors
    /// [`ProofError`] if the file is no proof.
    pub fn with_sections(file: &[u8], sections: &[Section]) -> Result<Vec<u8>, ProofError> {
        let mut proof = decode::decode(file)?;
        let open = |section: &Section| match section {
            Section::Plain { kind, salt, bytes } if *kind <= SectionKind::Lines => {
                Some(OpenedSection { kind: *kind, salt: *salt, bytes: bytes.clone() })
            }
            _ => None,
        };
        proof.opened = sections.iter().filter_map(open).collect();
        Ok(proof.encode())
    }
}

/// Checks a proof file against the genesis document alone.
///
/// # Errors
/// The first thing that does not hold; signatures are checked last, so that most damage is found cheaply.
pub fn verify(genesis: &Genesis, file: &[u8]) -> Result<ProvenInvoice, ProofError> {
    verify_under(Trust::Genesis(genesis), file)
}

/// Checks a proof file against headers that were followed from the genesis document: validators, kind of consensus and
/// parameters may have changed on the way.
///
/// # Errors
/// As [`verify`]; [`ProofError::NotFollowed`] if the headers do not reach as far as the proof.
pub fn verify_followed(headers: &HeaderChain, file: &[u8]) -> Result<ProvenInvoice, ProofError> {
    verify_under(Trust::Headers(headers), file)
}

fn verify_under(trust: Trust<'_>, file: &[u8]) -> Result<ProvenInvoice, ProofError> {
    let proof = decode::decode(file)?;
    let invoice = proof.state.record.invoice().ok_or(ProofError::NotAnInvoice)?;
    let blocks = TrustedBlocks::check(trust, &proof, invoice.origin.height)?;
    let issuance = issuing::check(&blocks, &proof, invoice)?;
    state::check(&blocks, &proof, invoice, &issuance)?;
    let face = opened::check(&blocks.chain, &proof, invoice, &issuance)?;
    blocks.check_signatures()?;
    proven::report(trust.genesis(), &blocks, &proof, invoice, &issuance, face)
}
