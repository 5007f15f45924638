//! Recovery of accounts: who is a guardian, how often, and what falls due.

use ledger_types::limits::RECOVERY_LAPSE_MS;
use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{
    Account, AccountId, BlockTime, KeyId, KeyPurpose, KeyRecord, KeyStatus, PendingRecovery, Recovery, RecoveryMark,
    RecoveryPolicy, RegistryKey, RejectReason, TxOutcome,
};

use crate::account_rules::keys_fit;
use crate::findings::Stop;
use crate::overlay::TxOverlay;

/// The recovery of an account, if it ever named guardians.
pub(crate) fn held(state: &TxOverlay<'_, '_>, account: AccountId) -> Result<Option<Recovery>, Stop> {
    Ok(state.get::<Recovery>(&RegistryKey::Recovery(account))?.map(|held| Recovery::clone(&held)))
}

/// The recovery of an account that has guardians now, and their policy.
///
/// # Errors
/// Refused with `RECOVERY_UNKNOWN`.
pub(crate) fn guarded(state: &TxOverlay<'_, '_>, account: AccountId) -> Result<(Recovery, RecoveryPolicy), Stop> {
    let unknown = || Refusal::new(RejectReason::RecoveryUnknown, Field::Recovery).with([Arg::Account(account)]);
    let recovery = held(state, account)?.ok_or_else(unknown)?;
    let policy = recovery.policy.clone().ok_or_else(unknown)?;
    Ok((recovery, policy))
}

/// Takes the proposal of this number out, unless it lapsed.
///
/// # Errors
/// Refused with `RECOVERY_UNKNOWN`.
pub(crate) fn take_pending(recovery: &mut Recovery, number: u32, now: BlockTime) -> Result<PendingRecovery, Refusal> {
    let pending = recovery.pending.take().filter(|pending| pending.number == number && !has_lapsed(pending, now));
    let unknown = || Refusal::new(RejectReason::RecoveryUnknown, Field::Recovery).with([Arg::Count(number.into())]);
    pending.ok_or_else(unknown)
}

fn has_lapsed(pending: &PendingRecovery, now: BlockTime) -> bool {
    pending.due_ms.is_none() && now.0 >= pending.proposed_ms.saturating_add(RECOVERY_LAPSE_MS)
}

/// Sets when a proposal is carried out, once enough guardians approved it.
pub(crate) fn schedule(pending: &mut PendingRecovery, policy: &RecoveryPolicy, now: BlockTime) -> Option<u64> {
    if pending.due_ms.is_some() || pending.approvals.len() < usize::from(policy.threshold) {
        return None;
    }
    pending.due_ms = Some(now.0.saturating_add(policy.delay_ms));
    pending.due_ms
}

/// A proposal is carried out, or lapses. `None` if it moved on.
pub(crate) fn fall_due(
    state: &mut TxOverlay<'_, '_>,
    now: BlockTime,
    id: AccountId,
    number: u32,
) -> Result<Option<TxOutcome>, Stop> {
    let Some(mut recovery) = held(state, id)? else { return Ok(None) };
    let due = |pending: &PendingRecovery| {
        let is_due = pending.due_ms.is_some_and(|due_ms| now.0 >= due_ms);
        pending.number == number && (is_due || has_lapsed(pending, now))
    };
    let Some(pending) = recovery.pending.take_if(|pending| due(pending)) else { return Ok(None) };
    let account = state.get::<Account>(&RegistryKey::Account(id))?;
    let renewed = account.filter(|account| account.open && pending.due_ms.is_some());
    let renewed = renewed.and_then(|account| renewed_keys(&account, &pending, now).map(|keys| (account, keys)));
    let outcome = renewed.is_some().then_some(TxOutcome::Done);
    if let Some((account, keys)) = renewed {
        let guardian = pending.approvals.first().copied().unwrap_or(id);
        recovery.done.retain(|mark| mark.counts(now.0));
        recovery.done.push(RecoveryMark { guardian, at_ms: now.0 });
        state.put(RegistryKey::Account(id), Account { keys, ..Account::clone(&account) });
    }
    state.put(RegistryKey::Recovery(id), recovery);
    Ok(outcome)
}

/// The keys with the new administrator's and without the old ones. `None` if the account cannot have it any more.
fn renewed_keys(account: &Account, pending: &PendingRecovery, now: BlockTime) -> Option<Vec<KeyRecord>> {
    let mut keys = account.keys.clone();
    for key in keys.iter_mut().filter(|key| key.purpose == KeyPurpose::Admin) {
        key.status = KeyStatus::Revoked;
    }
    let id = KeyId(u16::try_from(keys.len()).ok()?);
    keys.push(KeyRecord::admin(id, pending.new_key));
    keys_fit(&keys, now.0).then_some(keys)
}
