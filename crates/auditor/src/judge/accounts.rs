//! Accounts: opening, keys, closing.

use std::collections::BTreeSet;

use ledger_types::limits::{MAX_KEYS, MAX_NAME_BYTES};
use ledger_types::{
    Account, AccountId, AccountKind, Area, KeyId, KeyPurpose, KeyRecord, KeyStatus, RegistryKey, RegistryValue,
    RejectReason, TaxId, TxOutcome,
};

use super::Case;
use crate::reasons::Reasons;
use crate::world::Draft;

#[allow(clippy::too_many_arguments)]
pub(super) fn open(
    case: &Case<'_>,
    kind: AccountKind,
    area: Area,
    tax_id: Option<&TaxId>,
    name: &str,
    keys: &[KeyRecord],
    found: &mut Reasons,
    draft: &mut Draft,
) {
    case.signers.bureau_over(area, found);
    let identity = match kind {
        AccountKind::Enterprise => tax_id.is_some() && !name.is_empty(),
        AccountKind::Person => tax_id.is_none() && name.is_empty(),
        _ => !name.is_empty(),
    };
    found.add_if(!identity, RejectReason::IdentityMismatch);
    found.add_if(name.len() > MAX_NAME_BYTES, RejectReason::BadField);
    let taken = tax_id.is_some_and(|id| case.world.account_of_tax_id(id).is_some());
    found.add_if(taken, RejectReason::TaxIdTaken);
    found.add_if(!keys_are_good(keys, case.now.0), RejectReason::KeyListInvalid);
    // An enterprise issues in its own area; others have no part in issuing.
    let outside = kind == AccountKind::Enterprise && case.world.numbering(area).is_none();
    found.add_if(outside, RejectReason::AreaUnknown);

    let id = draft.next_account();
    if let Some(tax_id) = tax_id {
        draft.set(RegistryKey::AccountOfTaxId(tax_id.clone()), RegistryValue::AccountOfTaxId(id));
    }
    let account =
        Account { id, kind, area, tax_id: tax_id.cloned(), name: name.to_owned(), open: true, keys: keys.to_vec() };
    draft.set(RegistryKey::Account(id), RegistryValue::Account(account));
    draft.outcome = TxOutcome::AccountOpened(id);
}

/// Ids 0, 1, … without gaps, no key twice, not too many, and an administrator whose time has not run out.
fn keys_are_good(keys: &[KeyRecord], now: u64) -> bool {
    let lasting = |key: &KeyRecord| key.status == KeyStatus::Active && key.valid_to_ms >= now;
    let points: BTreeSet<_> = keys.iter().map(|key| key.public_key).collect();
    keys.len() <= MAX_KEYS
        && points.len() == keys.len()
        && keys.iter().zip(0u16..).all(|(key, id)| key.id == KeyId(id))
        && keys.iter().any(|key| key.purpose == KeyPurpose::Admin && lasting(key))
}

pub(super) fn update_keys(
    case: &Case<'_>,
    id: AccountId,
    add: &[KeyRecord],
    revoke: &[KeyId],
    found: &mut Reasons,
    draft: &mut Draft,
) {
    let Some(account) = case.world.account(id) else { return found.add(RejectReason::AccountUnknown) };
    found.add_if(!account.open, RejectReason::AccountClosed);
    may_change_keys(case, account, found);

    let mut changed = account.clone();
    let mut all_active = true;
    for key in revoke {
        match changed.keys.iter_mut().find(|record| record.id == *key && record.status == KeyStatus::Active) {
            Some(record) => record.status = KeyStatus::Revoked,
            None => all_active = false,
        }
    }
    changed.keys.extend(add.iter().cloned());
    found.add_if(!all_active || !keys_are_good(&changed.keys, case.now.0), RejectReason::KeyListInvalid);
    draft.set(RegistryKey::Account(id), RegistryValue::Account(changed));
}

/// An administrator's key of the account itself, or a bureau with authority.
fn may_change_keys(case: &Case<'_>, account: &Account, found: &mut Reasons) {
    let own = case.signers.actor.is_some_and(|actor| actor.id == account.id);
    let admin = case.signers.actor_key.is_some_and(|key| key.purpose == KeyPurpose::Admin);
    if own && admin {
        return;
    }
    if own && case.signers.actor.is_none_or(|actor| actor.kind != AccountKind::Bureau) {
        found.add(RejectReason::KeyNotAllowed);
        found.attend(RejectReason::WrongRole);
        return;
    }
    case.signers.bureau_over(account.area, found);
}

pub(super) fn close(case: &Case<'_>, id: AccountId, found: &mut Reasons, draft: &mut Draft) {
    let Some(account) = case.world.account(id) else {
        case.signers.acting(AccountKind::Bureau, found);
        return found.add(RejectReason::AccountUnknown);
    };
    case.signers.bureau_over(account.area, found);
    found.add_if(!account.open, RejectReason::AccountClosed);
    let closed = Account { open: false, ..account.clone() };
    draft.set(RegistryKey::Account(id), RegistryValue::Account(closed));
}
