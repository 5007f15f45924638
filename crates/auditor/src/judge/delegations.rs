//! Giving and ending delegations.

use ledger_types::limits::{MAX_DELEGATES, MAX_DELEGATION_MS};
use ledger_types::registry::KeyUsage;
use ledger_types::{
    AccountId, AccountKind, Delegates, Delegation, Fen, KeyPurpose, RegistryKey, RegistryValue, RejectReason,
};

use super::Case;
use crate::reasons::Reasons;
use crate::world::Draft;

/// What is delegated, apart from what was used of it.
pub(super) struct Terms {
    pub(super) kinds: u64,
    pub(super) until_ms: u64,
    pub(super) daily_count: u32,
    pub(super) daily_amount: Fen,
}

pub(super) fn give(case: &Case<'_>, to: AccountId, terms: &Terms, found: &mut Reasons, draft: &mut Draft) {
    let Some(enterprise) = case.signers.acting(AccountKind::Enterprise, found) else { return };
    found.add_if(!case.acts_as_administrator(), RejectReason::KeyNotAllowed);
    let receiver = case.world.account(to).filter(|account| account.open);
    let serves = receiver.is_some_and(|account| account.kind == AccountKind::ServiceProvider);
    let known = case.world.delegation(enterprise.id, to);
    let mut list = case.world.delegates(enterprise.id).cloned().unwrap_or_default().to;
    if known.is_none() {
        list.push(to);
        list.sort_unstable();
    }
    let good = serves && case.is_ahead(terms.until_ms, MAX_DELEGATION_MS) && list.len() <= MAX_DELEGATES;
    found.add_if(!good, RejectReason::DelegationInvalid);

    if known.is_none() {
        draft.set(RegistryKey::Delegates(enterprise.id), RegistryValue::Delegates(Delegates { to: list }));
    }
    let Terms { kinds, until_ms, daily_count, daily_amount } = *terms;
    let used = known.map_or(KeyUsage { day: 0, count: 0, amount: Fen(0) }, |known| known.used);
    let delegation = Delegation { kinds, until_ms, daily_count, daily_amount, used };
    draft.set(RegistryKey::Delegation { from: enterprise.id, to }, RegistryValue::Delegation(delegation));
}

pub(super) fn end(case: &Case<'_>, from: AccountId, to: AccountId, found: &mut Reasons, draft: &mut Draft) {
    let Some(enterprise) = case.world.account(from) else { return found.add(RejectReason::AccountUnknown) };
    if case.signers.actor.is_some_and(|actor| actor.id == from || actor.id == to) {
        let key = case.signers.actor_key;
        found.add_if(key.is_none_or(|key| key.purpose != KeyPurpose::Admin), RejectReason::KeyNotAllowed);
    } else {
        case.signers.bureau_over(enterprise.area, found);
    }
    if case.world.delegation(from, to).is_none() {
        return found.add(RejectReason::DelegationUnknown);
    }
    let mut list = case.world.delegates(from).cloned().unwrap_or_default().to;
    list.retain(|other| *other != to);
    match list.is_empty() {
        true => draft.remove(RegistryKey::Delegates(from)),
        false => draft.set(RegistryKey::Delegates(from), RegistryValue::Delegates(Delegates { to: list })),
    }
    draft.remove(RegistryKey::Delegation { from, to });
}
