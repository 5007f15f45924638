//! Proposes a new administrator's key of an account, and approves it. By a guardian, so often a year.

use ledger_types::limits::{MAX_KEYS, RECOVERY_LAPSE_MS};
use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{AccountId, Digest, PendingRecovery, RecoveryMark, RegistryKey, RejectReason, TimerTask, TxOutcome};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;
use crate::recoveries;
use crate::transitions::close_account::known_account;

pub(super) fn run(
    state: &mut TxOverlay<'_, '_>,
    call: &Call<'_>,
    id: AccountId,
    new_key: [u8; 33],
    evidence: Digest,
) -> Result<TxOutcome, Stop> {
    let mut found = Findings::default();
    let account = known_account(state, id)?;
    let guardian = call.actor_id()?;
    found.require(account.open, RejectReason::AccountClosed, Field::Account);
    let (mut recovery, policy) = recoveries::guarded(state, id)?;
    found.require(policy.guardians.contains(&guardian), RejectReason::NotGuardian, Field::Signers);
    let fits = account.keys.len() < MAX_KEYS && account.keys.iter().all(|key| key.public_key != new_key);
    found.require(fits, RejectReason::RecoveryInvalid, Field::Keys);
    found.require(recovery.pending.is_none(), RejectReason::RecoveryPending, Field::Recovery);
    recovery.proposed.retain(|mark| mark.counts(call.now.0));
    let own = recovery.proposed.iter().filter(|mark| mark.guardian == guardian).count();
    let done = recovery.done.iter().filter(|mark| mark.counts(call.now.0)).count();
    if own.max(done) >= usize::from(policy.per_year) {
        let refusal = Refusal::new(RejectReason::RecoveryTooOften, Field::Recovery);
        found.add(refusal.with([Arg::Count(policy.per_year.into())]));
    }
    found.finish()?;
    let number = recovery.next;
    let (approvals, proposed_ms) = (vec![guardian], call.now.0);
    let mut pending = PendingRecovery { number, new_key, evidence, approvals, proposed_ms, due_ms: None };
    recovery.next = number.saturating_add(1);
    recovery.proposed.push(RecoveryMark { guardian, at_ms: proposed_ms });
    let due_ms = recoveries::schedule(&mut pending, &policy, call.now);
    let due_ms = due_ms.unwrap_or_else(|| proposed_ms.saturating_add(RECOVERY_LAPSE_MS));
    state.add_timer_at(due_ms, TimerTask::DueRecovery { account: id, number })?;
    recovery.pending = Some(pending);
    state.put(RegistryKey::Recovery(id), recovery);
    Ok(TxOutcome::Done)
}
