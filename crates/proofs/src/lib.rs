//! Trees, commit certificates and invoice proofs: hashing and folding only, no input or output.
//!
//! What builds a tree (ledger, storage) and what checks a proof (offline verifier, SDK, browser) call the same
//! functions here. `docs/formats.md` draws the trees.

pub mod certificate;
pub mod dense_tree;
mod handover;
mod hash;
pub mod header_chain;
pub mod invoice_proof;
pub mod log_tree;
mod roots;
pub mod snapshot;
pub mod sparse_tree;
mod state_roots;

pub use certificate::CertificateError;
pub use handover::{Handover, HandoverError};
pub use hash::{leaf_hash, node_hash, node_hashes};
pub use header_chain::{HeaderChain, HeaderEntry, HeaderError};
pub use invoice_proof::{InvoiceProof, InvoiceProofParts, ProofError, ProvenInvoice};
pub use roots::{
    batch_root, change_leaf, changes_root, evidence_root, receipt_leaf, receipts_root, request_leaf, rule_books_root,
    slot_leaf, tx_leaf, tx_root,
};
pub use sparse_tree::{SparseProof, SparseTree};
pub use state_roots::{STATE_TREES, StateRoots};
