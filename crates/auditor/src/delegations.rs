//! Delegations: for whom a signer may act, written from the decision, not from the node.

use ledger_types::registry::KeyUsage;
use ledger_types::{
    Account, AccountId, BlockTime, Delegation, Fen, KeyPurpose, KeyRecord, PayloadKind, RegistryKey, RegistryValue,
    RejectReason, SignerRole, TaxpayerStatus,
};

use crate::reasons::Reasons;
use crate::world::World;

/// A delegation that a signer used: of whom, to whom.
pub(crate) type Used = (AccountId, AccountId);

/// A signer's own account and key, if he has one, and what he signs as.
#[derive(Clone, Copy)]
pub(crate) struct Delegate<'w> {
    pub(crate) own: Option<(&'w Account, &'w KeyRecord)>,
    pub(crate) signs: SignerRole,
}

/// The enterprise that a signer acts for. None, and a reason, if it gave him no such right.
pub(crate) fn principal<'w>(
    world: &'w World,
    delegate: Delegate<'w>,
    principal: AccountId,
    kind: PayloadKind,
    now: BlockTime,
    found: &mut Reasons,
) -> Option<(&'w Account, Used)> {
    let own = delegate.own.filter(|_| delegate.signs != SignerRole::Sponsor);
    let given = own.and_then(|(account, key)| {
        let used = (principal, account.id);
        Some((world.account(principal)?, world.delegation(used.0, used.1)?, key, used))
    });
    let Some((enterprise, delegation, key, used)) = given else {
        found.add(RejectReason::NoDelegation);
        return None;
    };
    found.add_if(now.0 > delegation.until_ms, RejectReason::DelegationOver);
    let is_business = PayloadKind::Apply <= kind && kind <= PayloadKind::IssueRed;
    let covered = is_business && kind != PayloadKind::RecordPayment && delegation.kinds >> (kind as u8) & 1 == 1;
    found.add_if(!covered, RejectReason::DelegationNotAllowed);
    found.add_if(key.purpose != KeyPurpose::Operator, RejectReason::KeyNotAllowed);
    found.add_if(!enterprise.open, RejectReason::AccountClosed);
    let standing = world.profile(principal).map_or(TaxpayerStatus::Normal, |profile| profile.status);
    found.add_if(standing != TaxpayerStatus::Normal, RejectReason::PrincipalBlocked);
    Some((enterprise, used))
}

/// What each limited delegation will have been used for after a transaction over `money` fen, and whether that is too much.
pub(crate) fn usages(
    world: &World,
    used: &[Used],
    now: BlockTime,
    money: i128,
    found: &mut Reasons,
) -> Vec<(RegistryKey, RegistryValue)> {
    let mut entries = Vec::new();
    let day = now.day_number();
    for (from, to) in used.iter().collect::<std::collections::BTreeSet<_>>() {
        let Some(delegation) = world.delegation(*from, *to) else { continue };
        let (counted, summed) = (delegation.daily_count != 0, delegation.daily_amount.0 != 0);
        if !counted && !summed {
            continue;
        }
        let before =
            if delegation.used.day == day { delegation.used } else { KeyUsage { day, count: 0, amount: Fen(0) } };
        let amount = i128::from(before.amount.0) + money;
        let too_many = counted && before.count >= delegation.daily_count;
        let too_much = summed && amount > i128::from(delegation.daily_amount.0);
        found.add_if(too_many || too_much, RejectReason::DelegationLimitReached);
        if let Some(amount) = Fen::from_sum(amount) {
            let used = KeyUsage { day, count: before.count.saturating_add(1), amount };
            let entry = RegistryKey::Delegation { from: *from, to: *to };
            entries.push((entry, RegistryValue::Delegation(Delegation { used, ..*delegation })));
        }
    }
    entries
}
