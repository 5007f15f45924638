//! Names who may recover the account, or nobody (密钥恢复). By an administrator's key of it: who has that is there, so a
//! proposal under way ends. What was done within a year stays on record.

use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{Account, Recovery, RecoveryPolicy, RegistryKey, RejectReason, TxOutcome};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;
use crate::recoveries;

pub(super) fn run(
    state: &mut TxOverlay<'_, '_>,
    call: &Call<'_>,
    policy: Option<&RecoveryPolicy>,
) -> Result<TxOutcome, Stop> {
    let mut found = Findings::default();
    let actor = call.actor()?;
    let account = actor.account.id;
    actor.require_administrator(&mut found);
    for (i, guardian) in policy.iter().flat_map(|policy| &policy.guardians).enumerate() {
        let open = state.get::<Account>(&RegistryKey::Account(*guardian))?.is_some_and(|held| held.open);
        if !open || *guardian == account {
            let refusal = Refusal::new(RejectReason::RecoveryInvalid, Field::Recovery);
            found.add(refusal.with([Arg::Account(*guardian)]).at_item(i as u16));
        }
    }
    let before = recoveries::held(state, account)?;
    let known = before.is_some() || policy.is_some();
    found.require(known, RejectReason::RecoveryUnknown, Field::Recovery);
    found.finish()?;
    let (next, proposed, done) =
        before.map_or((1, Vec::new(), Vec::new()), |before| (before.next, before.proposed, before.done));
    let recovery = Recovery { policy: policy.cloned(), next, pending: None, proposed, done };
    state.put(RegistryKey::Recovery(account), recovery);
    Ok(TxOutcome::Done)
}
