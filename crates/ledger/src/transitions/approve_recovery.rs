//! Approves a recovery. By a guardian who did not approve it yet; who proposed did.

use ledger_types::refusal::Field;
use ledger_types::{AccountId, RegistryKey, RejectReason, TimerTask, TxOutcome};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;
use crate::recoveries;
use crate::transitions::close_account::known_account;

pub(super) fn run(
    state: &mut TxOverlay<'_, '_>,
    call: &Call<'_>,
    id: AccountId,
    number: u32,
) -> Result<TxOutcome, Stop> {
    let mut found = Findings::default();
    let account = known_account(state, id)?;
    let guardian = call.actor_id()?;
    found.require(account.open, RejectReason::AccountClosed, Field::Account);
    let (mut recovery, policy) = recoveries::guarded(state, id)?;
    found.require(policy.guardians.contains(&guardian), RejectReason::NotGuardian, Field::Signers);
    let mut pending = recoveries::take_pending(&mut recovery, number, call.now)?;
    found.require(!pending.approvals.contains(&guardian), RejectReason::RecoveryRepeated, Field::Recovery);
    found.finish()?;
    pending.approvals.push(guardian);
    if let Some(due_ms) = recoveries::schedule(&mut pending, &policy, call.now) {
        state.add_timer_at(due_ms, TimerTask::DueRecovery { account: id, number })?;
    }
    recovery.pending = Some(pending);
    state.put(RegistryKey::Recovery(id), recovery);
    Ok(TxOutcome::Done)
}
