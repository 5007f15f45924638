//! Evidence that is none is turned away before any block.

use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{ChainId, Evidence, EvidenceError, RejectReason};

pub(super) fn check(chain: &ChainId, evidence: &Evidence) -> Result<(), Refusal> {
    let (reason, arg) = match evidence.verify(chain) {
        Ok(()) => return Ok(()),
        Err(EvidenceError::Version(found)) => (RejectReason::UnknownVersion, Some(u64::from(found))),
        Err(EvidenceError::Place | EvidenceError::Order) => (RejectReason::EvidenceNoContradiction, None),
        Err(EvidenceError::Key) => (RejectReason::BadKey, None),
        Err(EvidenceError::Signature(place)) => (RejectReason::EvidenceSignature, Some(place as u64)),
    };
    Err(Refusal::new(reason, Field::Evidence).with(arg.map(Arg::Count)))
}
