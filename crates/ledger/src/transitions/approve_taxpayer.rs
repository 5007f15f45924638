//! Approves a taxpayer (票种核定), replacing an earlier approval as a whole. By a bureau over its area.

use ledger_types::refusal::Field;
use ledger_types::{AccountId, AccountKind, RegistryKey, RejectReason, TaxpayerProfile, TaxpayerStatus, TxOutcome};
use tax_rules::check_profile;

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;
use crate::transitions::close_account::known_account;

pub(super) fn run(
    state: &mut TxOverlay<'_, '_>,
    call: &Call<'_>,
    account: AccountId,
    profile: &TaxpayerProfile,
) -> Result<TxOutcome, Stop> {
    let mut found = Findings::default();
    let account = known_account(state, account)?;
    call.bureau_over(account.area, &mut found)?;
    found.require(account.open, RejectReason::AccountClosed, Field::Account);
    found.require(account.kind == AccountKind::Enterprise, RejectReason::WrongRole, Field::Account);
    found.extend(check_profile(profile));
    let key = RegistryKey::Taxpayer(account.id);
    let earlier = state.get::<TaxpayerProfile>(&key)?;
    let cancelled = earlier.is_some_and(|p| p.status == TaxpayerStatus::Cancelled);
    found.require(!cancelled, RejectReason::StatusFinal, Field::Status);
    found.finish()?;
    state.put(key, profile.clone());
    Ok(TxOutcome::Done)
}
