//! From bytes to the parts of a proof.

use ledger_types::Canonical;

use super::{InvoiceProof, MAGIC, MAX_FILE_BYTES, ProofError};

pub(super) fn decode(file: &[u8]) -> Result<InvoiceProof, ProofError> {
    if file.len() > MAX_FILE_BYTES {
        return Err(ProofError::TooLarge(file.len()));
    }
    let body = file.strip_prefix(MAGIC).ok_or(ProofError::NotAProof)?;
    let proof = InvoiceProof::from_canonical(body).map_err(ProofError::Malformed)?;
    if proof.version != InvoiceProof::VERSION {
        return Err(ProofError::Version(proof.version));
    }
    Ok(proof)
}
