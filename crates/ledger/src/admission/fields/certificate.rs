//! Certificates, and outside authorities.

use ledger_types::refusal::{Field, Refusal};
use ledger_types::registered_certificate::REVOCATION_REASONS;
use ledger_types::{CertificateClaim, Digest, GovernanceChange, RejectReason};
use sm::{PublicKey, PublicKeyBytes};

use super::{bad, ensure};

pub(super) fn check(claim: &CertificateClaim) -> Result<(), Refusal> {
    let well_formed = claim.fingerprint != Digest::ZERO && claim.not_before_ms <= claim.not_after_ms;
    ensure(well_formed, || bad(Field::Certificate))?;
    let point = PublicKey::from_bytes(&PublicKeyBytes(claim.public_key));
    ensure(point.is_ok(), || Refusal::new(RejectReason::BadKey, Field::Certificate))
}

pub(super) fn check_reason(reason: u8) -> Result<(), Refusal> {
    ensure(REVOCATION_REASONS.contains(&reason), || bad(Field::Certificate))
}

/// Lists of outside authorities and the committee's keys have one form; other changes are judged by what is in force.
pub(super) fn check_change(change: &GovernanceChange) -> Result<(), Refusal> {
    match change {
        GovernanceChange::TrustAnchors(anchors) => ensure(anchors.is_well_formed(), || bad(Field::Change)),
        GovernanceChange::NextCommittee(change) => super::committee::check_change(change),
        _ => Ok(()),
    }
}
