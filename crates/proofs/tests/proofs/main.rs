//! Certificates and invoice proofs on a small chain with real signatures.
#![allow(clippy::unwrap_used)]

mod certificates;
mod chain;
mod golden;
mod header_chain;
mod invoice_proofs;
mod story;
