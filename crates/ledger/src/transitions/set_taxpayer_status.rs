//! Suspends, resumes or otherwise changes a taxpayer's standing. By a bureau over its area. Cancelled is for ever.

use ledger_types::refusal::Field;
use ledger_types::{AccountId, RegistryKey, RejectReason, TaxpayerProfile, TaxpayerStatus, TxOutcome};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;
use crate::transitions::close_account::known_account;

pub(super) fn run(
    state: &mut TxOverlay<'_, '_>,
    call: &Call<'_>,
    account: AccountId,
    status: TaxpayerStatus,
) -> Result<TxOutcome, Stop> {
    let mut found = Findings::default();
    let account = known_account(state, account)?;
    call.bureau_over(account.area, &mut found)?;
    let key = RegistryKey::Taxpayer(account.id);
    let profile = state.get::<TaxpayerProfile>(&key)?;
    found.require(profile.is_some(), RejectReason::TaxpayerNotApproved, Field::Account);
    let cancelled = profile.as_ref().is_some_and(|p| p.status == TaxpayerStatus::Cancelled);
    found.require(!cancelled, RejectReason::StatusFinal, Field::Status);
    found.finish()?;
    if let Some(profile) = profile {
        state.put(key, TaxpayerProfile { status, ..TaxpayerProfile::clone(&profile) });
    }
    Ok(TxOutcome::Done)
}
