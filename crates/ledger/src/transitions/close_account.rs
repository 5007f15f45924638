//! Closes an account for ever. By a bureau over its area, never by the account itself: so one bureau always stays.

use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{Account, AccountId, RegistryKey, RejectReason, TxOutcome};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;
use crate::register::Held;

pub(super) fn run(state: &mut TxOverlay<'_, '_>, call: &Call<'_>, account: AccountId) -> Result<TxOutcome, Stop> {
    let mut found = Findings::default();
    let account = known_account(state, account)?;
    call.bureau_over(account.area, &mut found)?;
    found.require(call.actor_id()? != account.id, RejectReason::WrongRole, Field::Account);
    found.require(account.open, RejectReason::AccountClosed, Field::Account);
    found.finish()?;
    state.put(RegistryKey::Account(account.id), Account { open: false, ..Account::clone(&account) });
    Ok(TxOutcome::Done)
}

/// The account a transaction is about.
///
/// # Errors
/// Refused with `ACCOUNT_UNKNOWN`.
pub(super) fn known_account(state: &TxOverlay<'_, '_>, id: AccountId) -> Result<Held<Account>, Stop> {
    let account = state.get(&RegistryKey::Account(id))?;
    let unknown = || Refusal::new(RejectReason::AccountUnknown, Field::Account).with([Arg::Account(id)]);
    account.ok_or_else(|| unknown().into())
}
