//! Ends a recovery that is not carried out yet. By an administrator's key of the account, or a guardian.

use ledger_types::refusal::Field;
use ledger_types::{AccountId, RegistryKey, RejectReason, TxOutcome};

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
    known_account(state, id)?;
    let actor = call.actor()?;
    let (mut recovery, policy) = recoveries::guarded(state, id)?;
    if actor.account.id == id {
        actor.require_administrator(&mut found);
    } else {
        let is_guardian = policy.guardians.contains(&actor.account.id);
        found.require(is_guardian, RejectReason::NotGuardian, Field::Signers);
    }
    recoveries::take_pending(&mut recovery, number, call.now)?;
    found.finish()?;
    state.put(RegistryKey::Recovery(id), recovery);
    Ok(TxOutcome::Done)
}
