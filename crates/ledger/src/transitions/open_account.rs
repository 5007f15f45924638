//! Opens an account (开户). By a bureau over its area.

use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::registry::Numbering;
use ledger_types::{Account, AccountId, AccountKind, Area, KeyRecord, RegistryKey, RejectReason, TaxId, TxOutcome};

use crate::account_rules::{identity_fits, keys_fit};
use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;

/// What is asked.
pub(super) struct Opening<'a> {
    pub(super) kind: AccountKind,
    pub(super) area: Area,
    pub(super) tax_id: &'a Option<TaxId>,
    pub(super) name: &'a str,
    pub(super) keys: &'a [KeyRecord],
}

pub(super) fn run(state: &mut TxOverlay<'_, '_>, call: &Call<'_>, asked: &Opening<'_>) -> Result<TxOutcome, Stop> {
    check(state, call, asked)?;
    let id = state.next_id(|counters| {
        let id = counters.account;
        counters.account = AccountId(id.0 + 1);
        id
    })?;
    if let Some(tax_id) = asked.tax_id {
        state.put(RegistryKey::AccountOfTaxId(tax_id.clone()), id);
    }
    let account = Account {
        id,
        kind: asked.kind,
        area: asked.area,
        tax_id: asked.tax_id.clone(),
        name: asked.name.to_owned(),
        open: true,
        keys: asked.keys.to_vec(),
    };
    state.put(RegistryKey::Account(id), account);
    Ok(TxOutcome::AccountOpened(id))
}

fn check(state: &TxOverlay<'_, '_>, call: &Call<'_>, asked: &Opening<'_>) -> Result<(), Stop> {
    let mut found = Findings::default();
    call.bureau_over(asked.area, &mut found)?;
    let fits = identity_fits(asked.kind, asked.tax_id.as_ref(), asked.name);
    found.require(fits, RejectReason::IdentityMismatch, Field::Account);
    found.require(keys_fit(asked.keys, call.now.0), RejectReason::KeyListInvalid, Field::Keys);
    // An enterprise issues, so its area must have codes and numbers.
    if asked.kind == AccountKind::Enterprise {
        let issued_in = state.get::<Numbering>(&RegistryKey::Numbering(asked.area))?.is_some();
        found.require(issued_in, RejectReason::AreaUnknown, Field::Area);
    }
    if let Some(tax_id) = asked.tax_id
        && let Some(holder) = state.get::<AccountId>(&RegistryKey::AccountOfTaxId(tax_id.clone()))?
    {
        found.add(Refusal::new(RejectReason::TaxIdTaken, Field::TaxId).with([Arg::Account(*holder)]));
    }
    found.finish()
}
