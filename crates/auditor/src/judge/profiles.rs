//! What a bureau approves for a taxpayer, and its standing.

use std::collections::BTreeSet;

use ledger_types::limits::MAX_PROFILE_ENTRIES;
use ledger_types::{
    Account, AccountId, AccountKind, Fen, RegistryKey, RegistryValue, RejectReason, TaxpayerProfile, TaxpayerStatus,
};

use super::Case;
use crate::reasons::Reasons;
use crate::rules::zero_fits;
use crate::world::Draft;

/// The enterprise a bureau decides about.
fn enterprise<'a>(case: &'a Case<'_>, id: AccountId, found: &mut Reasons) -> Option<&'a Account> {
    let account = case.world.account(id);
    match account {
        None => {
            case.signers.acting(AccountKind::Bureau, found);
            found.add(RejectReason::AccountUnknown);
        }
        Some(account) => {
            case.signers.bureau_over(account.area, found);
            found.add_if(account.kind != AccountKind::Enterprise, RejectReason::WrongRole);
            found.add_if(!account.open, RejectReason::AccountClosed);
        }
    }
    account
}

pub(super) fn approve(
    case: &Case<'_>,
    id: AccountId,
    profile: &TaxpayerProfile,
    found: &mut Reasons,
    draft: &mut Draft,
) {
    enterprise(case, id, found);
    let cancelled = case.world.profile(id).is_some_and(|old| old.status == TaxpayerStatus::Cancelled);
    found.add_if(cancelled, RejectReason::StatusFinal);
    found.add_if(!is_consistent(profile), RejectReason::ProfileInvalid);
    draft.set(RegistryKey::Taxpayer(id), RegistryValue::Taxpayer(profile.clone()));
}

pub(super) fn set_status(
    case: &Case<'_>,
    id: AccountId,
    status: TaxpayerStatus,
    found: &mut Reasons,
    draft: &mut Draft,
) {
    if enterprise(case, id, found).is_none() {
        return;
    }
    let Some(profile) = case.world.profile(id) else { return found.add(RejectReason::TaxpayerNotApproved) };
    found.add_if(profile.status == TaxpayerStatus::Cancelled, RejectReason::StatusFinal);
    let changed = TaxpayerProfile { status, ..profile.clone() };
    draft.set(RegistryKey::Taxpayer(id), RegistryValue::Taxpayer(changed));
}

/// Entries that do not contradict each other, and not too many.
fn is_consistent(profile: &TaxpayerProfile) -> bool {
    let few = [profile.kinds.len(), profile.rates.len(), profile.categories.len()];
    let kinds: BTreeSet<_> = profile.kinds.iter().map(|approval| approval.kind).collect();
    let grants = profile.rates.iter().all(|grant| {
        grant.rate.is_well_formed()
            && is_prefix(grant.code_prefix, grant.prefix_digits)
            && grant.valid_from_ms <= grant.valid_to_ms
            && grant.policy.prescribed_rate().is_none_or(|rate| rate == grant.rate)
            && zero_fits(grant.rate, grant.policy)
    });
    few.into_iter().all(|entries| entries <= MAX_PROFILE_ENTRIES)
        && kinds.len() == profile.kinds.len()
        && profile.kinds.iter().all(|approval| (1..=Fen::MAX.0).contains(&approval.max_amount.0))
        && (0..=Fen::MAX.0).contains(&profile.monthly_quota.0)
        && grants
        && profile.categories.iter().all(|(prefix, digits)| is_prefix(*prefix, *digits))
}

/// Leading digits of a tax code: at most 19, the first from 1 to 6. None at all cover every code.
fn is_prefix(prefix: u64, digits: u8) -> bool {
    match digits {
        0 => prefix == 0,
        1..=19 => (1..=6).contains(&(prefix / 10u64.pow(u32::from(digits) - 1))),
        _ => false,
    }
}
