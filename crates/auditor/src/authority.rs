//! Who signs, and whether each signer may.

use ledger_types::owner::{account_address, key_address};
use ledger_types::registry::KeyUsage;
use ledger_types::{
    Account, AccountKind, Address, Area, BlockTime, Envelope, KeyRecord, KeyStatus, RejectReason, SignerIdentity,
    SignerRole,
};

use crate::delegations::{self, Delegate, Used};
use crate::offices::{self, Signing};
use crate::reasons::Reasons;
use crate::world::World;

/// The signers of a transaction as the register knows them.
#[derive(Debug)]
pub(crate) struct Present<'w> {
    /// The account that acts: of the first signer that signs as owner. None if that is a bare key.
    pub(crate) actor: Option<&'w Account>,
    /// The key it acts with.
    pub(crate) actor_key: Option<&'w KeyRecord>,
    /// Addresses that count towards owner conditions.
    pub(crate) addresses: Vec<Address>,
    /// Delegations that were used.
    pub(crate) delegated: Vec<Used>,
    /// Registered keys that signed.
    pub(crate) keys: Vec<Signing<'w>>,
}

/// Looks the signers up and names what they may not do.
pub(crate) fn present<'w>(world: &'w World, envelope: &Envelope, now: BlockTime, found: &mut Reasons) -> Present<'w> {
    let mut present =
        Present { actor: None, actor_key: None, addresses: Vec::new(), delegated: Vec::new(), keys: Vec::new() };
    let (mut owner_seen, mut acting_as) = (false, None);
    for signer in &envelope.signers {
        let acts = signer.role == SignerRole::Owner && !owner_seen;
        owner_seen |= acts;
        let mut own = None;
        let mut address = match signer.identity {
            SignerIdentity::BareKey(point) => key_address(world.chain(), &point),
            SignerIdentity::Account { account, key } => {
                let known = world.account(account).and_then(|account| Some((account, account.key(key)?)));
                own = known;
                if let Some((account, key)) = known {
                    check_key(account, key, envelope, now, found);
                    let signing = Signing { account, key, stands_for: signer.role };
                    offices::check_key(world, &signing, envelope.payload.kind(), now, found);
                    present.keys.push(signing);
                    if acts {
                        (present.actor, present.actor_key) = (Some(account), Some(key));
                    }
                }
                account_address(world.chain(), account)
            }
        };
        if let Some(principal) = signer.acting_for {
            let delegate = Delegate { own, signs: signer.role };
            let given = delegations::principal(world, delegate, principal, envelope.payload.kind(), now, found);
            if let Some((enterprise, used)) = given {
                present.delegated.push(used);
                address = account_address(world.chain(), enterprise.id);
                if acts {
                    acting_as = Some(enterprise);
                }
            }
        }
        if signer.role != SignerRole::Sponsor {
            present.addresses.push(address);
        }
    }
    found.add_if(!owner_seen, RejectReason::OwnerMissing);
    if let (Some(account), Some(key)) = (present.actor, present.actor_key) {
        let acting = Signing { account, key, stands_for: SignerRole::Owner };
        offices::check_pair(world, &acting, &present.keys, envelope.payload.kind(), now, found);
    }
    // From here on who is acted for is who acts.
    present.actor = acting_as.or(present.actor);
    present
}

fn check_key(account: &Account, key: &KeyRecord, envelope: &Envelope, now: BlockTime, found: &mut Reasons) {
    found.add_if(!account.open, RejectReason::AccountClosed);
    found.add_if(key.status == KeyStatus::Revoked, RejectReason::KeyRevoked);
    let in_force = (key.valid_from_ms..=key.valid_to_ms).contains(&now.0);
    found.add_if(!in_force, RejectReason::KeyNotInForce);
    found.add_if(!key.allows(envelope.payload.kind()), RejectReason::KeyNotAllowed);
}

/// True if the key's use is counted.
fn has_limits(key: &KeyRecord) -> bool {
    key.daily_count != 0 || key.daily_amount.0 != 0
}

/// What each limited key will have used after a transaction over `money` fen, and whether that is too much.
pub(crate) fn key_usages(
    world: &World,
    present: &Present<'_>,
    now: BlockTime,
    money: i128,
    found: &mut Reasons,
) -> Vec<(ledger_types::RegistryKey, KeyUsage)> {
    let mut usages = Vec::new();
    for Signing { account, key, .. } in present.keys.iter().filter(|signing| has_limits(signing.key)) {
        let today = now.day_number();
        let used = world.key_usage(account.id, key.id).filter(|used| used.day == today);
        let (count, amount) = used.map_or((0, 0), |used| (used.count, used.amount.0));
        let amount = i128::from(amount) + money;
        let over_count = key.daily_count != 0 && count >= key.daily_count;
        let over_amount = key.daily_amount.0 != 0 && amount > i128::from(key.daily_amount.0);
        found.add_if(over_count || over_amount, RejectReason::KeyLimitReached);
        if let Some(amount) = ledger_types::Fen::from_sum(amount) {
            let usage = KeyUsage { day: today, count: count.saturating_add(1), amount };
            usages.push((ledger_types::RegistryKey::KeyUsage { account: account.id, key: key.id }, usage));
        }
    }
    usages
}

/// Whether a bureau of one area has authority over another: the same, any of its province, or all.
pub(crate) fn covers(bureau: Area, area: Area) -> bool {
    bureau.0 == 0 || bureau == area || (bureau.0.is_multiple_of(100) && bureau.0 / 100 == area.0 / 100)
}

impl<'w> Present<'w> {
    /// The acting account, if it is of this kind.
    pub(crate) fn acting(&self, kind: AccountKind, found: &mut Reasons) -> Option<&'w Account> {
        found.add_if(self.actor.is_none_or(|account| account.kind != kind), RejectReason::WrongRole);
        self.actor
    }

    /// The acting bureau, with authority over an area.
    pub(crate) fn bureau_over(&self, area: Area, found: &mut Reasons) {
        let outside = self.actor.is_none_or(|account| !covers(account.area, area));
        if self.acting(AccountKind::Bureau, found).is_some_and(|account| account.kind == AccountKind::Bureau) {
            found.add_if(outside, RejectReason::WrongArea);
        } else if outside {
            found.attend(RejectReason::WrongArea);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authority_reaches_down_and_not_sideways() {
        assert!(covers(Area(4403), Area(4403)) && covers(Area(4400), Area(4403)) && covers(Area(0), Area(4403)));
        assert!(!covers(Area(4403), Area(4400)), "not up");
        assert!(!covers(Area(4403), Area(4401)) && !covers(Area(5300), Area(4403)), "not sideways");
    }
}
