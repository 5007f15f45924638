//! Gives a key an office (授岗). By an administrator's key of the account or a registrar of it, never for himself. Of the
//! three separated offices a person has one in an account at most (三员分立).

use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{
    Account, AccountId, KeyId, KeyPurpose, KeyStatus, Office, RegistryKey, RejectReason, Staff, TxOutcome,
};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;
use crate::transitions::close_account::known_account;

pub(super) fn run(
    state: &mut TxOverlay<'_, '_>,
    call: &Call<'_>,
    account: AccountId,
    key: KeyId,
    office: Office,
) -> Result<TxOutcome, Stop> {
    let mut found = Findings::default();
    let account = known_account(state, account)?;
    let before = state.get::<Office>(&RegistryKey::Office { account: account.id, key })?.map(|held| *held);
    check_registrar(call, account.id, key, &[Some(office), before], &mut found)?;
    let fits = office.role.fits(account.kind) && is_operator(&account, key) && office.is_in_force(call.now.0);
    found.require(fits, RejectReason::OfficeInvalid, Field::Role);
    found.extend(conflict(state, call, account.id, key, &office)?);
    found.finish()?;
    if let Some(before) = before {
        vacate(state, account.id, key, &before)?;
    }
    if office.role.is_separated() {
        state.put(RegistryKey::Separated { account: account.id, holder: office.holder }, key);
    }
    state.put(RegistryKey::Office { account: account.id, key }, office);
    if before.is_none() {
        let staff = state.get::<Staff>(&RegistryKey::Staff(account.id))?.map_or(0, |staff| staff.offices);
        state.put(RegistryKey::Staff(account.id), Staff { offices: staff.saturating_add(1) });
    }
    Ok(TxOutcome::Done)
}

/// Requires that somebody acts who may give and end offices of this account, and that none of `offices` or the key is
/// his own.
pub(super) fn check_registrar(
    call: &Call<'_>,
    account: AccountId,
    key: KeyId,
    offices: &[Option<Office>],
    found: &mut Findings,
) -> Result<(), Refusal> {
    let actor = call.actor()?;
    let registers = actor.purpose == KeyPurpose::Admin || actor.office.is_some_and(|own| own.role.is_registrar());
    let at_home = actor.account.id == account;
    found.require(at_home && registers, RejectReason::RoleNotAllowed, Field::Signers);
    let own = |office: &Office| actor.office.is_some_and(|own| own.holder == office.holder);
    let for_himself = actor.office.is_some() && actor.key == key;
    let is_own = at_home && (for_himself || offices.iter().flatten().any(own));
    found.require(!is_own, RejectReason::OwnOffice, Field::Role);
    Ok(())
}

fn is_operator(account: &Account, key: KeyId) -> bool {
    let record = account.key(key);
    record.is_some_and(|key| key.purpose == KeyPurpose::Operator && key.status == KeyStatus::Active)
}

/// That the person has another separated office in force.
fn conflict(
    state: &TxOverlay<'_, '_>,
    call: &Call<'_>,
    account: AccountId,
    key: KeyId,
    office: &Office,
) -> Result<Option<Refusal>, Stop> {
    let holder = office.holder;
    let Some(other) = state.get::<KeyId>(&RegistryKey::Separated { account, holder })?.map(|held| *held) else {
        return Ok(None);
    };
    if !office.role.is_separated() || other == key {
        return Ok(None);
    }
    let held = state.get::<Office>(&RegistryKey::Office { account, key: other })?;
    let in_force = held.is_some_and(|held| held.is_in_force(call.now.0));
    Ok(in_force.then(|| Refusal::new(RejectReason::RoleConflict, Field::Role).with([Arg::Key(other)])))
}

/// Takes back what an office that ends has written beside its own entry.
pub(super) fn vacate(
    state: &mut TxOverlay<'_, '_>,
    account: AccountId,
    key: KeyId,
    office: &Office,
) -> Result<(), Stop> {
    let entry = RegistryKey::Separated { account, holder: office.holder };
    if state.get::<KeyId>(&entry)?.is_some_and(|held| *held == key) {
        state.remove(entry);
    }
    Ok(())
}
