//! Guardians, and the key they propose.

use ledger_types::RecoveryPolicy;
use ledger_types::RejectReason;
use ledger_types::limits::{MAX_GUARDIANS, MAX_RECOVERIES_A_YEAR, MAX_RECOVERY_DELAY_MS, MIN_RECOVERY_DELAY_MS};
use ledger_types::refusal::{Arg, Field, Refusal};
use sm::{PublicKey, PublicKeyBytes};

use super::{bad, ensure};

pub(super) fn check_policy(policy: Option<&RecoveryPolicy>) -> Result<(), Refusal> {
    let Some(policy) = policy else { return Ok(()) };
    let count = policy.guardians.len();
    let args = [Arg::Count(count as u64), Arg::Count(MAX_GUARDIANS as u64)];
    ensure((1..=MAX_GUARDIANS).contains(&count), || bad(Field::Recovery).with(args))?;
    let well_formed = policy.guardians.is_sorted_by(|a, b| a < b)
        && (1..=count).contains(&usize::from(policy.threshold))
        && (MIN_RECOVERY_DELAY_MS..=MAX_RECOVERY_DELAY_MS).contains(&policy.delay_ms)
        && (1..=MAX_RECOVERIES_A_YEAR).contains(&policy.per_year);
    ensure(well_formed, || bad(Field::Recovery))
}

pub(super) fn check_key(key: &[u8; 33]) -> Result<(), Refusal> {
    let point = PublicKey::from_bytes(&PublicKeyBytes(*key));
    ensure(point.is_ok(), || Refusal::new(RejectReason::BadKey, Field::Keys))
}
