//! Takes a grant back (撤销授权). By its giver; from the next transaction of the same block on it opens nothing.

use ledger_types::refusal::{Field, Refusal};
use ledger_types::{Grant, GrantId, RegistryKey, RejectReason, TxOutcome};

use crate::call::Call;
use crate::findings::Stop;
use crate::overlay::TxOverlay;
use crate::transitions::grant_access::{clear, giver};

pub(super) fn run(state: &mut TxOverlay<'_, '_>, call: &Call<'_>, id: GrantId) -> Result<TxOutcome, Stop> {
    let refusal = |reason| Refusal::new(reason, Field::Grant);
    let Some(grant) = state.get::<Grant>(&RegistryKey::Grant(id))? else {
        return Err(refusal(RejectReason::GrantUnknown).into());
    };
    if grant.from != giver(call) {
        return Err(refusal(RejectReason::NotGiver).into());
    }
    clear(state, id)?;
    Ok(TxOutcome::Done)
}
