//! The committee's next key: a change that nobody could seal for, and readiness that proves nothing, are turned away
//! before any block.

use ledger_types::refusal::{Field, Refusal};
use ledger_types::{ChainId, CommitteeChange, CommitteeReady, ReadyError, RejectReason};

use super::{bad, ensure};

pub(super) fn check_change(change: &CommitteeChange) -> Result<(), Refusal> {
    ensure(change.is_well_formed(), || bad(Field::Change))
}

pub(super) fn check_ready(chain: &ChainId, ready: &CommitteeReady) -> Result<(), Refusal> {
    let reason = match ready.verify(chain) {
        Ok(()) => return Ok(()),
        Err(ReadyError::Version(_)) => RejectReason::UnknownVersion,
        Err(ReadyError::Key) => RejectReason::BadKey,
        Err(ReadyError::Possession) => RejectReason::KeyNotPossessed,
        Err(ReadyError::Signature) => RejectReason::ReadinessSignature,
    };
    Err(Refusal::new(reason, Field::CommitteeKey))
}
