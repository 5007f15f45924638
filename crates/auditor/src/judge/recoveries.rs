//! Recovery: guardians, proposals, approvals, and what falls due.

use ledger_types::limits::{MAX_KEYS, RECOVERY_LAPSE_MS};
use ledger_types::timer::TimerTask;
use ledger_types::{
    Account, AccountId, BlockTime, Digest, KeyId, KeyPurpose, KeyRecord, KeyStatus, PendingRecovery, Recovery,
    RecoveryMark, RecoveryPolicy, RegistryKey, RegistryValue, RejectReason,
};

use super::Case;
use crate::reasons::Reasons;
use crate::world::{Draft, World};

/// A year of 365 days, ms.
const YEAR_MS: u64 = 31_536_000_000;

pub(super) fn set(case: &Case<'_>, policy: Option<&RecoveryPolicy>, found: &mut Reasons, draft: &mut Draft) {
    let Some(actor) = case.signers.actor else { return found.add(RejectReason::WrongRole) };
    found.add_if(!case.acts_as_administrator(), RejectReason::KeyNotAllowed);
    let may_guard = |id: &AccountId| *id != actor.id && case.world.account(*id).is_some_and(|account| account.open);
    let good = policy.is_none_or(|policy| policy.guardians.iter().all(may_guard));
    found.add_if(!good, RejectReason::RecoveryInvalid);
    let before = case.world.recovery(actor.id);
    found.add_if(before.is_none() && policy.is_none(), RejectReason::RecoveryUnknown);
    let fresh = || Recovery { policy: None, next: 1, pending: None, proposed: Vec::new(), done: Vec::new() };
    let before = before.cloned().unwrap_or_else(fresh);
    write(actor.id, Recovery { policy: policy.cloned(), pending: None, ..before }, draft);
}

pub(super) fn propose(
    case: &Case<'_>,
    id: AccountId,
    new_key: [u8; 33],
    evidence: Digest,
    found: &mut Reasons,
    draft: &mut Draft,
) {
    let Some((account, mut recovery, policy, guardian)) = guarded(case, id, found) else { return };
    found.add_if(!account.open, RejectReason::AccountClosed);
    found.add_if(!policy.guardians.contains(&guardian), RejectReason::NotGuardian);
    let has_it = account.keys.iter().any(|key| key.public_key == new_key);
    found.add_if(has_it || account.keys.len() >= MAX_KEYS, RejectReason::RecoveryInvalid);
    found.add_if(recovery.pending.is_some(), RejectReason::RecoveryPending);
    let now = case.now.0;
    recovery.proposed.retain(|mark| now < mark.at_ms.saturating_add(YEAR_MS));
    let mine = recovery.proposed.iter().filter(|mark| mark.guardian == guardian).count();
    let carried_out = recovery.done.iter().filter(|mark| now < mark.at_ms.saturating_add(YEAR_MS)).count();
    let most = usize::from(policy.per_year);
    found.add_if(mine >= most || carried_out >= most, RejectReason::RecoveryTooOften);

    let number = recovery.next;
    let enough = policy.threshold <= 1;
    let due_ms = enough.then_some(now.saturating_add(policy.delay_ms));
    let task = TimerTask::DueRecovery { account: id, number };
    draft.schedule(due_ms.unwrap_or(now.saturating_add(RECOVERY_LAPSE_MS)), task);
    let approvals = vec![guardian];
    recovery.pending = Some(PendingRecovery { number, new_key, evidence, approvals, proposed_ms: now, due_ms });
    recovery.proposed.push(RecoveryMark { guardian, at_ms: now });
    recovery.next = number.saturating_add(1);
    write(id, recovery, draft);
}

pub(super) fn approve(case: &Case<'_>, id: AccountId, number: u32, found: &mut Reasons, draft: &mut Draft) {
    let Some((account, mut recovery, policy, guardian)) = guarded(case, id, found) else { return };
    found.add_if(!account.open, RejectReason::AccountClosed);
    found.add_if(!policy.guardians.contains(&guardian), RejectReason::NotGuardian);
    let Some(pending) = recovery.pending.as_mut().filter(|pending| stands(pending, number, case.now)) else {
        return found.add(RejectReason::RecoveryUnknown);
    };
    found.add_if(pending.approvals.contains(&guardian), RejectReason::RecoveryRepeated);
    pending.approvals.push(guardian);
    if pending.due_ms.is_none() && pending.approvals.len() >= usize::from(policy.threshold) {
        let due_ms = case.now.0.saturating_add(policy.delay_ms);
        pending.due_ms = Some(due_ms);
        draft.schedule(due_ms, TimerTask::DueRecovery { account: id, number });
    }
    write(id, recovery, draft);
}

pub(super) fn cancel(case: &Case<'_>, id: AccountId, number: u32, found: &mut Reasons, draft: &mut Draft) {
    let Some((_, mut recovery, policy, who)) = guarded(case, id, found) else { return };
    if who == id {
        found.add_if(!case.acts_as_administrator(), RejectReason::KeyNotAllowed);
    } else {
        found.add_if(!policy.guardians.contains(&who), RejectReason::NotGuardian);
    }
    let stands = recovery.pending.as_ref().is_some_and(|pending| stands(pending, number, case.now));
    found.add_if(!stands, RejectReason::RecoveryUnknown);
    recovery.pending = None;
    write(id, recovery, draft);
}

/// The account, its recovery and policy, and who acts. None, and a reason, if there is no such.
fn guarded<'a>(
    case: &Case<'a>,
    id: AccountId,
    found: &mut Reasons,
) -> Option<(&'a Account, Recovery, RecoveryPolicy, AccountId)> {
    let Some(account) = case.world.account(id) else {
        found.add(RejectReason::AccountUnknown);
        return None;
    };
    let Some(actor) = case.signers.actor else {
        found.add(RejectReason::WrongRole);
        return None;
    };
    let held = case.world.recovery(id).and_then(|recovery| Some((recovery.clone(), recovery.policy.clone()?)));
    let Some((recovery, policy)) = held else {
        found.add(RejectReason::RecoveryUnknown);
        return None;
    };
    Some((account, recovery, policy, actor.id))
}

fn stands(pending: &PendingRecovery, number: u32, now: BlockTime) -> bool {
    pending.number == number && !lapsed(pending, now)
}

/// Not enough approved it for 30 days.
fn lapsed(pending: &PendingRecovery, now: BlockTime) -> bool {
    pending.due_ms.is_none() && pending.proposed_ms.saturating_add(RECOVERY_LAPSE_MS) <= now.0
}

fn write(id: AccountId, recovery: Recovery, draft: &mut Draft) {
    draft.set(RegistryKey::Recovery(id), RegistryValue::Recovery(Box::new(recovery)));
}

/// What the task of a proposal does. True if the account has its new key.
pub(crate) fn fall_due(world: &World, id: AccountId, number: u32, now: BlockTime, draft: &mut Draft) -> Option<()> {
    let mut recovery = world.recovery(id)?.clone();
    let pending = recovery.pending.clone().filter(|pending| pending.number == number)?;
    let is_due = pending.due_ms.is_some_and(|due_ms| due_ms <= now.0);
    if !is_due && !lapsed(&pending, now) {
        return None;
    }
    recovery.pending = None;
    let account = world.account(id).filter(|account| is_due && account.open);
    let renewed = account.and_then(|account| renew(account, pending.new_key));
    if let Some(account) = &renewed {
        recovery.done.retain(|mark| now.0 < mark.at_ms.saturating_add(YEAR_MS));
        let guardian = pending.approvals.first().copied().unwrap_or(id);
        recovery.done.push(RecoveryMark { guardian, at_ms: now.0 });
        draft.set(RegistryKey::Account(id), RegistryValue::Account(account.clone()));
    }
    write(id, recovery, draft);
    renewed.map(|_| ())
}

/// The account without its administrators' keys and with the new one, unless it has that or too many.
fn renew(account: &Account, new_key: [u8; 33]) -> Option<Account> {
    let count = account.keys.len();
    if count >= MAX_KEYS || account.keys.iter().any(|key| key.public_key == new_key) {
        return None;
    }
    let mut renewed = account.clone();
    for key in &mut renewed.keys {
        if key.purpose == KeyPurpose::Admin {
            key.status = KeyStatus::Revoked;
        }
    }
    renewed.keys.push(KeyRecord::admin(KeyId(u16::try_from(count).ok()?), new_key));
    Some(renewed)
}
