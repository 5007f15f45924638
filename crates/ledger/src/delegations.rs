//! Acting for another account (委托): what a delegation lets a service provider's operator sign, and its daily limits.
//!
//! A delegation never makes another one: the kinds that grant, end or change rights are not among those it can cover, and
//! who acts for an enterprise signs with a key of the very account that the enterprise named.

use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::registry::KeyUsage;
use ledger_types::{
    Account, AccountId, BlockTime, Delegation, Fen, KeyId, KeyPurpose, PayloadKind, RegistryKey, RejectReason, Signer,
    SignerRole, TaxpayerProfile, TaxpayerStatus,
};

use crate::findings::{Findings, Stop};
use crate::key_limits::of_today;
use crate::overlay::TxOverlay;
use crate::register::Held;

/// One signer who says that he acts for somebody.
pub(crate) struct Claim<'a> {
    pub(crate) signer: &'a Signer,
    /// His own account and key; none for a bare key.
    pub(crate) account: Option<&'a (Held<Account>, KeyId)>,
    /// For whom.
    pub(crate) principal: AccountId,
    pub(crate) kind: PayloadKind,
    pub(crate) now: BlockTime,
    /// His place among the signers.
    pub(crate) item: u16,
}

/// The account that a signer acts for. None, with a reason found, if no delegation lets him.
pub(crate) fn principal(
    state: &TxOverlay<'_, '_>,
    claim: &Claim<'_>,
    found: &mut Findings,
) -> Result<Option<Held<Account>>, Stop> {
    let mut refuse = |reason, args: &[Arg]| {
        found.add(Refusal::new(reason, Field::Signers).with(args.iter().copied()).at_item(claim.item));
    };
    let named = [Arg::Account(claim.principal)];
    let delegate = claim.account.filter(|_| claim.signer.role != SignerRole::Sponsor);
    let Some((delegate, key)) = delegate else {
        refuse(RejectReason::NoDelegation, &named);
        return Ok(None);
    };
    let entry = RegistryKey::Delegation { from: claim.principal, to: delegate.id };
    let held = state.get::<Delegation>(&entry)?.zip(state.get::<Account>(&RegistryKey::Account(claim.principal))?);
    let Some((delegation, principal)) = held else {
        refuse(RejectReason::NoDelegation, &named);
        return Ok(None);
    };
    if !delegation.is_in_force(claim.now.0) {
        refuse(RejectReason::DelegationOver, &[named[0], Arg::Time(BlockTime(delegation.until_ms))]);
    }
    if !delegation.covers(claim.kind) {
        refuse(RejectReason::DelegationNotAllowed, &named);
    }
    if delegate.key(*key).is_none_or(|record| record.purpose != KeyPurpose::Operator) {
        refuse(RejectReason::KeyNotAllowed, &[Arg::Account(delegate.id), Arg::Key(*key)]);
    }
    if !principal.open {
        refuse(RejectReason::AccountClosed, &named);
    }
    let profile = state.get::<TaxpayerProfile>(&RegistryKey::Taxpayer(claim.principal))?;
    if profile.is_some_and(|profile| profile.status != TaxpayerStatus::Normal) {
        refuse(RejectReason::PrincipalBlocked, &named);
    }
    Ok(Some(principal))
}

/// Counts one transaction and the money it moved against every limited delegation it used.
///
/// # Errors
/// `DELEGATION_LIMIT_REACHED` for each whose day's count or amount does not hold it.
pub(crate) fn charge(
    state: &mut TxOverlay<'_, '_>,
    now: BlockTime,
    used: &[(AccountId, AccountId)],
) -> Result<(), Stop> {
    let mut found = Findings::default();
    for (place, (from, to)) in used.iter().enumerate() {
        let entry = RegistryKey::Delegation { from: *from, to: *to };
        let Some(delegation) = state.get::<Delegation>(&entry)?.map(|held| *held) else { continue };
        if !delegation.is_limited() || used[..place].contains(&(*from, *to)) {
            continue;
        }
        let today = of_today(Some(delegation.used), now);
        let count = today.count.saturating_add(1);
        let amount = i128::from(today.amount.0) + state.writes().money;
        let refusal = |limit| {
            let args = [Arg::Account(*from), limit];
            Refusal::new(RejectReason::DelegationLimitReached, Field::Signers).with(args)
        };
        if delegation.daily_count > 0 && count > delegation.daily_count {
            found.add(refusal(Arg::Count(u64::from(delegation.daily_count))));
        }
        if delegation.daily_amount > Fen::ZERO && amount > i128::from(delegation.daily_amount.0) {
            found.add(refusal(Arg::Money(delegation.daily_amount)));
        }
        let amount = Fen::from_sum(amount).unwrap_or(Fen::MAX);
        let used = KeyUsage { day: now.day_number(), count, amount };
        state.put(entry, Delegation { used, ..delegation });
    }
    found.finish()
}
