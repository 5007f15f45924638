//! Room 9: reads of committed state. They see a snapshot, never the mempool or consensus.

pub mod committee;
pub mod contents;
pub mod entitlement;
pub mod headers;
pub mod links;
pub mod proofs;
pub mod transactions;
