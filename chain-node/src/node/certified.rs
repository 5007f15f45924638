//! Whether a header is certified by those who certify its height.

use ledger::Regime;
use ledger_types::{BlockId, ChainId, CommitCertificate, Header, Height};
use proofs::certificate::{CertificateError, verify_cached};
use sm::SignerCache;
use storage::planted::{self, Bug};

/// Requires that a header follows its parent and is certified under a regime. What the chain prescribes for its height counts, not
/// what the header says of itself.
pub(super) fn check(
    chain: &ChainId,
    regime: &Regime,
    parent: (Height, BlockId),
    (header, certificate): (&Header, &CommitCertificate),
    cache: &mut SignerCache,
) -> Result<(), String> {
    let height = header.height;
    if (height, header.parent) != (parent.0.next(), parent.1) {
        return Err(format!("block {height} does not follow {}", parent.0));
    }
    if (header.epoch, header.consensus) != (regime.epoch.number, regime.epoch.kind) {
        return Err(format!("block {height} is not of epoch {}", regime.epoch.number));
    }
    match verify_cached(chain, certificate, &regime.validators, header, cache) {
        Err(error) if !is_passed(&error) => Err(error.to_string()),
        _ => Ok(()),
    }
}

/// A wrong certificate that a planted bug lets pass.
fn is_passed(error: &CertificateError) -> bool {
    match error {
        CertificateError::Quorum { .. } => planted::is_on(Bug::TooFewSignatures),
        CertificateError::Signature(_) => planted::is_on(Bug::CertificateUnchecked),
        _ => false,
    }
}
