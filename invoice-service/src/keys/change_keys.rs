//! Another keeper: which keys are added and which revoked.

use ledger_types::limits::MAX_KEYS;
use ledger_types::{Account, AccountKind, KeyId, KeyPurpose, KeyRecord, KeyStatus, Payload, PayloadKind, Role};
use proto::convert::{KeyMode, field};
use proto::invoice::v1 as pb;
use proto::types::v1 as types;

use crate::business::Business;
use crate::change::Made;
use crate::content::Asked;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::store::keys::{HeldKey, MadeFor};

/// What the service's keys of an account may sign, each: none for an administrator's.
pub(crate) fn offered(mode: KeyMode, kind: AccountKind) -> Vec<Option<u64>> {
    let (issues, holds) = (Role::InvoicingOperator.kinds(), Role::FinanceClerk.kinds());
    let business = match kind {
        AccountKind::Enterprise | AccountKind::ServiceProvider => vec![Some(issues), Some(holds)],
        AccountKind::PaymentProvider => vec![Some(PayloadKind::RecordPayment.bit())],
        AccountKind::Person => vec![Some(holds)],
        AccountKind::Bureau | AccountKind::Node => Vec::new(),
    };
    match mode {
        KeyMode::Hosted => [vec![None], business].concat(),
        KeyMode::PartHosted => business,
        KeyMode::Own => Vec::new(),
    }
}

/// Keys that the service makes for a change, one for each of these kinds, with ids from `next` on. At a retry the same.
pub(crate) async fn service_keys(
    desk: &Desk,
    made_for: MadeFor,
    wanted: Vec<Option<u64>>,
    next: usize,
) -> Result<Vec<KeyRecord>, Failure> {
    let mut keys = Vec::with_capacity(wanted.len());
    for (id, kinds) in (next..).zip(wanted) {
        let id = KeyId(u16::try_from(id).map_err(|_| Failure::field("own_keys", "are too many"))?);
        let admin = KeyRecord::admin(id, desk.vault.key_for(made_for, kinds).await?);
        keys.push(match kinds {
            None => admin,
            Some(kinds) => KeyRecord { purpose: KeyPurpose::Operator, kinds, ..admin },
        });
    }
    Ok(keys)
}

/// What becomes of the service's keys: the kinds that still need one, and the keys that are no longer needed.
fn settled(account: &Account, held: &[HeldKey], wanted: Vec<Option<u64>>) -> (Vec<Option<u64>>, Vec<KeyId>) {
    let mut missing = wanted;
    let mut over = Vec::new();
    for record in account.keys.iter().filter(|record| record.status == KeyStatus::Active) {
        if !held.iter().any(|held| held.public_key == record.public_key) {
            continue;
        }
        let kinds = (record.purpose == KeyPurpose::Operator).then_some(record.kinds);
        match missing.iter().position(|wanted| *wanted == kinds) {
            Some(place) => drop(missing.remove(place)),
            None => over.push(record.id),
        }
    }
    (missing, over)
}

impl Business for pb::ChangeKeysRequest {
    const PATH: &'static str = "taxchain.invoice.v1.KeyService/ChangeKeys";
    const KIND: PayloadKind = PayloadKind::UpdateKeys;

    async fn draft(self, desk: &Desk, asked: Asked) -> Result<Made, Failure> {
        let mode: KeyMode = field::choice::<types::KeyMode, _>(self.mode, "mode")?;
        let mut add: Vec<KeyRecord> = field::list(self.own_keys, MAX_KEYS, "own_keys")?;
        let mut revoke = field::list_with(self.revoke, MAX_KEYS, "revoke", |id| field::key_id(id, ""))?;
        let account = desk.account(asked.account).await?;
        let held = desk.vault.held(asked.account).await?;
        let (missing, over) = settled(&account, &held, offered(mode, account.kind));
        revoke.extend(over);
        revoke.sort_unstable();
        revoke.dedup();
        let made_for = (asked.account, asked.request);
        add.extend(service_keys(desk, made_for, missing, account.keys.len() + add.len()).await?);
        if add.is_empty() && revoke.is_empty() {
            return Err(Failure::field("mode", "is what holds already"));
        }
        Ok(desk.plain(asked, account.area, Payload::UpdateKeys { account: account.id, add, revoke }))
    }
}

#[cfg(test)]
mod tests {
    use ledger_types::{AccountId, Area};

    use super::*;

    fn record(id: u16, kinds: Option<u64>, status: KeyStatus) -> KeyRecord {
        let purpose = if kinds.is_some() { KeyPurpose::Operator } else { KeyPurpose::Admin };
        KeyRecord { purpose, kinds: kinds.unwrap_or(0), status, ..KeyRecord::admin(KeyId(id), [id as u8; 33]) }
    }

    #[test]
    fn what_the_service_has_and_needs_stays_the_rest_goes() {
        let (issues, holds) = (Some(Role::InvoicingOperator.kinds()), Some(Role::FinanceClerk.kinds()));
        let keys = vec![
            record(0, None, KeyStatus::Active),
            record(1, issues, KeyStatus::Active),
            record(2, holds, KeyStatus::Revoked),
            record(3, None, KeyStatus::Active),
        ];
        let account = Account {
            id: AccountId(7),
            kind: AccountKind::Enterprise,
            area: Area(4403),
            tax_id: None,
            name: "merchant".into(),
            open: true,
            keys,
        };
        // The enterprise keeps key 3 itself.
        let held = [0u8, 1, 2].map(|id| HeldKey { public_key: [id; 33], key_id: Some(KeyId(id.into())), kinds: None });
        let after = |mode| settled(&account, &held, offered(mode, account.kind));
        assert_eq!(after(KeyMode::Hosted), (vec![holds], vec![]));
        assert_eq!(after(KeyMode::PartHosted), (vec![holds], vec![KeyId(0)]));
        assert_eq!(after(KeyMode::Own), (vec![], vec![KeyId(0), KeyId(1)]));
    }

    #[test]
    fn no_key_but_the_hosted_administrators_signs_more_than_daily_business() {
        for kind in
            [AccountKind::Enterprise, AccountKind::ServiceProvider, AccountKind::PaymentProvider, AccountKind::Person]
        {
            for kinds in offered(KeyMode::PartHosted, kind) {
                assert_eq!(kinds.map(|kinds| kinds & PayloadKind::administration_bits()), Some(0), "{kind:?}");
            }
            assert_eq!(offered(KeyMode::Hosted, kind)[1..], offered(KeyMode::PartHosted, kind));
            assert!(offered(KeyMode::Own, kind).is_empty());
        }
    }
}
