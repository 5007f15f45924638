//! What can go wrong in a light client.

use std::io;
use std::path::PathBuf;

use ledger_types::{Height, Slot};
use proofs::{HeaderError, ProofError};

use crate::error::ClientError;

/// A light client cannot go on, or refuses what a node said.
#[derive(Debug, thiserror::Error)]
pub enum LightError {
    /// The disk said no.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// The file is no header file, or of another chain.
    #[error("{path} is not a header file of this chain")]
    OtherFile {
        /// Which file.
        path: PathBuf,
    },
    /// Another process has the file.
    #[error("{path} is in use by another process")]
    InUse {
        /// Which file.
        path: PathBuf,
    },
    /// The file is damaged where it was whole before.
    #[error("{path} is damaged at byte {offset}; remove it to fetch the headers again")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// From where on.
        offset: u64,
    },
    /// The file holds a header that does not continue the chain.
    #[error("{path} holds a header that does not hold: {error}")]
    Stored {
        /// Which file.
        path: PathBuf,
        /// Why not.
        error: HeaderError,
    },
    /// A node cannot be asked, or its answer not be read.
    #[error("{node}: {source}")]
    Node {
        /// Which.
        node: String,
        /// Why.
        source: ClientError,
    },
    /// A node names a key of the committee that it does not show to be in force.
    #[error("{node} names a key of the committee that is refused: {why}")]
    Committee {
        /// Which.
        node: String,
        /// Why.
        why: String,
    },
    /// A node sent a header that does not hold.
    #[error("{node} sent a header that is refused: {error}")]
    Header {
        /// Which.
        node: String,
        /// Why.
        error: HeaderError,
    },
    /// A node sent a proof that does not hold.
    #[error("{node} sent a proof that is refused: {error}")]
    Proof {
        /// Which.
        node: String,
        /// Why.
        error: ProofError,
    },
    /// A node sent a proof of another invoice.
    #[error("{node} sent a proof of slot {found}, asked was {asked}")]
    OtherSlot {
        /// Which node.
        node: String,
        /// The slot asked for.
        asked: Slot,
        /// The slot of the proof.
        found: Slot,
    },
    /// A proof is too old to show the current state.
    #[error("{node} sent a proof of the state after block {state}, but the headers are at {tip}: it is too old")]
    Stale {
        /// Which node.
        node: String,
        /// The height after which the state is proven.
        state: Height,
        /// The newest header.
        tip: Height,
    },
    /// There is no invoice, says the node.
    #[error("{node} has no invoice in slot {slot}")]
    NoInvoice {
        /// Which node.
        node: String,
        /// Which slot.
        slot: Slot,
    },
    /// There are not headers enough, or no node answers.
    #[error("nothing to compare: two headers and a node that answers are needed")]
    NothingToCompare,
    /// A complaint cannot be signed.
    #[error("{0}")]
    Key(#[from] crypto::KeyError),
}
