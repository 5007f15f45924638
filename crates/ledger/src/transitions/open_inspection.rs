//! Opens an inspection (立案检查). By a security administrator of a staffed bureau with an approver beside him, within the
//! bureau's authority. It names who is inspected, over what period, and which auditors may look.

use ledger_types::inspection::MAX_INSPECTION_MS;
use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{
    AccountId, Inspection, InspectionId, InspectionRequest, Office, RegistryKey, RejectReason, Role, Staff, TxOutcome,
};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::guards::check_ahead;
use crate::overlay::TxOverlay;

pub(super) fn run(
    state: &mut TxOverlay<'_, '_>,
    call: &Call<'_>,
    asked: &InspectionRequest,
) -> Result<TxOutcome, Stop> {
    let mut found = Findings::default();
    call.bureau_over(asked.area, &mut found)?;
    let bureau = call.actor_id()?;
    let staffed = state.get::<Staff>(&RegistryKey::Staff(bureau))?.is_some();
    found.require(staffed, RejectReason::BureauNotStaffed, Field::Signers);
    found.extend(check_ahead(call.now, asked.until_ms, MAX_INSPECTION_MS));
    let sellers = sellers(state, asked, &mut found)?;
    if staffed {
        check_auditors(state, call, bureau, asked, &mut found)?;
    }
    found.finish()?;
    let InspectionRequest { area, from_ms, to_ms, case, until_ms, .. } = *asked;
    let auditors = asked.auditors.clone();
    let inspection = Inspection { bureau, area, sellers, from_ms, to_ms, case, until_ms, auditors };
    state.put(RegistryKey::Inspection(InspectionId::at(call.origin)), inspection);
    Ok(TxOutcome::Done)
}

/// The accounts of the tax ids, rising.
fn sellers(state: &TxOverlay<'_, '_>, asked: &InspectionRequest, found: &mut Findings) -> Result<Vec<AccountId>, Stop> {
    let mut sellers = Vec::with_capacity(asked.tax_ids.len());
    for (item, tax_id) in (0u16..).zip(&asked.tax_ids) {
        match state.get::<AccountId>(&RegistryKey::AccountOfTaxId(tax_id.clone()))? {
            Some(account) => sellers.push(*account),
            None => found.add(Refusal::new(RejectReason::AccountUnknown, Field::TaxId).at_item(item)),
        }
    }
    sellers.sort_unstable();
    Ok(sellers)
}

/// Each has an auditor's office in force. They are at least two persons, because nobody has two of the separated offices.
fn check_auditors(
    state: &TxOverlay<'_, '_>,
    call: &Call<'_>,
    bureau: AccountId,
    asked: &InspectionRequest,
    found: &mut Findings,
) -> Result<(), Stop> {
    for (item, key) in (0u16..).zip(&asked.auditors) {
        let office = state.get::<Office>(&RegistryKey::Office { account: bureau, key: *key })?;
        if !office.is_some_and(|office| office.role == Role::Auditor && office.is_in_force(call.now.0)) {
            let args = [Arg::Account(bureau), Arg::Key(*key)];
            found.add(Refusal::new(RejectReason::OfficeUnknown, Field::Inspection).with(args).at_item(item));
        }
    }
    Ok(())
}
