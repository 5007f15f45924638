//! Why a proof is refused.

use std::fmt;

use ledger_types::{CanonicalError, ChainId, Height, SectionKind};

use crate::CertificateError;

/// Why a file proves nothing. Each has a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProofError {
    /// The file does not begin as a proof.
    NotAProof,
    /// Larger than any proof; carries the bytes found.
    TooLarge(usize),
    /// The bytes behind the magic are no proof in its canonical form.
    Malformed(CanonicalError),
    /// A version that this code does not know.
    Version(u16),
    /// The proof is for another chain than that of the genesis document.
    OtherChain {
        /// The chain of the genesis document.
        trusted: ChainId,
        /// The chain in the file.
        found: ChainId,
    },
    /// The record is not that of an invoice.
    NotAnInvoice,
    /// The blocks in the file are not exactly those that the proof needs.
    Blocks,
    /// A header's field is not what the genesis document says.
    Header {
        /// Of which block.
        height: Height,
        /// Which field.
        field: &'static str,
    },
    /// The block is not the one at its height that was followed.
    OtherBlock(Height),
    /// The headers that are trusted do not reach so far.
    NotFollowed {
        /// Which block the proof needs.
        height: Height,
        /// The newest that was followed.
        tip: Height,
    },
    /// A certificate does not make its header final.
    Certificate {
        /// Of which block.
        height: Height,
        /// Why.
        error: CertificateError,
    },
    /// A transaction is not in the block.
    TransactionNotInBlock(Height),
    /// A receipt is not among those of the block.
    ReceiptNotInBlock(Height),
    /// The invoice is not in the batch that its transaction signed.
    NotInBatch,
    /// Transaction and receipt do not show that an invoice was issued.
    NotIssued(&'static str),
    /// The roots of the state's trees do not give the state root of the next header.
    StateRoot(Height),
    /// The record is not in its slot.
    NotInSlot,
    /// Two parts of the proof contradict each other.
    Contradiction(&'static str),
    /// An opened section is not what the transaction committed to, or cannot be read.
    Section {
        /// Which section.
        kind: SectionKind,
        /// What is wrong with it.
        fault: &'static str,
    },
}

impl fmt::Display for ProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAProof => f.write_str("the file is not an invoice proof: it does not begin with TCPROOF1"),
            Self::TooLarge(bytes) => write!(f, "the file has {bytes} bytes, more than any invoice proof"),
            Self::Malformed(error) => write!(f, "the file is damaged: {error}"),
            Self::Version(found) => write!(f, "proof version {found} is not known"),
            Self::OtherChain { trusted, found } => {
                write!(f, "the proof is for chain {found}, the genesis document is that of chain {trusted}")
            }
            Self::NotAnInvoice => f.write_str("the record in the proof is not an invoice"),
            Self::Blocks => f.write_str("the blocks in the file are not those that the proof needs"),
            Self::Header { height, field } => {
                write!(f, "{field} of block {height} is not what the genesis document says")
            }
            Self::OtherBlock(height) => write!(f, "block {height} in the proof is not the certified one"),
            Self::NotFollowed { height, tip } => {
                write!(f, "the proof needs block {height}, and headers are known up to {tip}")
            }
            Self::Certificate { height, error } => write!(f, "block {height} is not certified: {error}"),
            Self::TransactionNotInBlock(height) => write!(f, "the transaction is not in block {height}"),
            Self::ReceiptNotInBlock(height) => write!(f, "the receipt is not among those of block {height}"),
            Self::NotInBatch => f.write_str("the invoice is not in the batch of its transaction"),
            Self::NotIssued(why) => write!(f, "the proof does not show that the invoice was issued: {why}"),
            Self::StateRoot(height) => write!(f, "the state's roots are not those after block {height}"),
            Self::NotInSlot => f.write_str("the record is not in its slot of the state"),
            Self::Contradiction(what) => write!(f, "the proof contradicts itself: {what}"),
            Self::Section { kind, fault } => write!(f, "the opened section {kind:?} {fault}"),
        }
    }
}

impl std::error::Error for ProofError {}
