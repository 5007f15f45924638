//! A switch certificate that proves nothing is turned away before any block.

use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{ChainId, RejectReason, SwitchCertificate, SwitchError};

pub(super) fn check(chain: &ChainId, certificate: &SwitchCertificate) -> Result<(), Refusal> {
    let (reason, arg) = match certificate.verify(chain) {
        Ok(()) => return Ok(()),
        Err(SwitchError::Version(found)) => (RejectReason::UnknownVersion, Some(u64::from(found))),
        Err(SwitchError::Mixed) => (RejectReason::SwitchMixed, None),
        Err(SwitchError::Repeated(place)) => (RejectReason::SwitchRepeated, Some(place as u64)),
        Err(SwitchError::Key(_)) => (RejectReason::BadKey, None),
        Err(SwitchError::Signature(place)) => (RejectReason::SwitchSignature, Some(place as u64)),
    };
    Err(Refusal::new(reason, Field::Switch).with(arg.map(Arg::Count)))
}
