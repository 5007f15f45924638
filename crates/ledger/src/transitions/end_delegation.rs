//! Ends a delegation (解除委托), from the next transaction of the same block on. By an administrator's key of either side,
//! or a bureau over the enterprise's area.

use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{AccountId, Delegates, Delegation, RegistryKey, RejectReason, TxOutcome};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;
use crate::transitions::close_account::known_account;

pub(super) fn run(
    state: &mut TxOverlay<'_, '_>,
    call: &Call<'_>,
    from: AccountId,
    to: AccountId,
) -> Result<TxOutcome, Stop> {
    let mut found = Findings::default();
    let enterprise = known_account(state, from)?;
    call.administrator_or_bureau(&[from, to], enterprise.area, &mut found)?;
    let entry = RegistryKey::Delegation { from, to };
    if state.get::<Delegation>(&entry)?.is_none() {
        let unknown = Refusal::new(RejectReason::DelegationUnknown, Field::Delegation);
        found.add(unknown.with([Arg::Account(from), Arg::Account(to)]));
    }
    found.finish()?;
    let list = RegistryKey::Delegates(from);
    let mut delegates = Delegates::clone(&*state.must_get::<Delegates>(&list)?);
    delegates.to.retain(|other| *other != to);
    if delegates.to.is_empty() {
        state.remove(list);
    } else {
        state.put(list, delegates);
    }
    state.remove(entry);
    Ok(TxOutcome::Done)
}
