//! Giving and ending offices.

use ledger_types::{
    Account, AccountId, KeyId, KeyPurpose, KeyStatus, Office, RegistryKey, RegistryValue, RejectReason, Staff,
};

use super::Case;
use crate::reasons::Reasons;
use crate::world::Draft;

pub(super) fn assign(
    case: &Case<'_>,
    id: AccountId,
    key: KeyId,
    office: Office,
    found: &mut Reasons,
    draft: &mut Draft,
) {
    let Some(account) = case.world.account(id) else { return found.add(RejectReason::AccountUnknown) };
    let before = case.world.office(id, key).copied();
    may_register(case, account, key, &[Some(office), before], found);
    let operator = account
        .key(key)
        .is_some_and(|record| (record.purpose, record.status) == (KeyPurpose::Operator, KeyStatus::Active));
    let good = operator && office.role.fits(account.kind) && case.now.0 <= office.until_ms;
    found.add_if(!good, RejectReason::OfficeInvalid);
    let other = case.world.separated(id, office.holder).copied().filter(|other| *other != key);
    let clashes = office.role.is_separated()
        && other.and_then(|other| case.world.office(id, other)).is_some_and(|held| case.now.0 <= held.until_ms);
    found.add_if(clashes, RejectReason::RoleConflict);

    forget(case, id, key, before, draft);
    if office.role.is_separated() {
        let entry = RegistryKey::Separated { account: id, holder: office.holder };
        draft.set(entry, RegistryValue::Separated(key));
    }
    draft.set(RegistryKey::Office { account: id, key }, RegistryValue::Office(office));
    if before.is_none() {
        let offices = case.world.staff(id).map_or(0, |staff| staff.offices) + 1;
        draft.set(RegistryKey::Staff(id), RegistryValue::Staff(Staff { offices }));
    }
}

pub(super) fn end(case: &Case<'_>, id: AccountId, key: KeyId, found: &mut Reasons, draft: &mut Draft) {
    let Some(account) = case.world.account(id) else { return found.add(RejectReason::AccountUnknown) };
    let before = case.world.office(id, key).copied();
    may_register(case, account, key, &[before], found);
    if before.is_none() {
        return found.add(RejectReason::OfficeUnknown);
    }
    forget(case, id, key, before, draft);
    draft.remove(RegistryKey::Office { account: id, key });
    let offices = case.world.staff(id).map_or(0, |staff| staff.offices).saturating_sub(1);
    draft.set(RegistryKey::Staff(id), RegistryValue::Staff(Staff { offices }));
}

/// An administrator's key of this very account, or a registrar of it; never for the same person.
fn may_register(case: &Case<'_>, account: &Account, key: KeyId, offices: &[Option<Office>], found: &mut Reasons) {
    let (Some(actor), Some(acting)) = (case.signers.actor, case.signers.actor_key) else {
        return found.add(RejectReason::WrongRole);
    };
    if actor.id != account.id {
        return found.add(RejectReason::RoleNotAllowed);
    }
    let own = case.world.office(actor.id, acting.id).filter(|office| case.now.0 <= office.until_ms);
    let registrar = acting.purpose == KeyPurpose::Admin || own.is_some_and(|office| office.role.is_registrar());
    found.add_if(!registrar, RejectReason::RoleNotAllowed);
    if let Some(own) = own {
        let same = offices.iter().flatten().any(|office| office.holder == own.holder);
        found.add_if(same || acting.id == key, RejectReason::OwnOffice);
    }
}

/// The mark of a separated office goes with it.
fn forget(case: &Case<'_>, account: AccountId, key: KeyId, office: Option<Office>, draft: &mut Draft) {
    let Some(Office { holder, .. }) = office else { return };
    if case.world.separated(account, holder) == Some(&key) {
        draft.remove(RegistryKey::Separated { account, holder });
    }
}
