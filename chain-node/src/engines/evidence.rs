//! Evidence (举证) as engines make it; the type is the chain's.

pub use ledger_types::evidence::{Contradiction, Evidence, EvidenceError};

#[cfg(test)]
#[path = "evidence_test.rs"]
mod evidence_test;
