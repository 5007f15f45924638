//! Trees, commit certificates, validator sets and invoice proofs
