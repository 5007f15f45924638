//! Adds and revokes keys. By an administrator's key of the account, or a bureau over its area. A revocation is in force
//! for the next transaction of the same block.

use ledger_types::refusal::Field;
use ledger_types::{Account, AccountId, KeyId, KeyRecord, KeyStatus, RegistryKey, RejectReason, TxOutcome};

use crate::account_rules::keys_fit;
use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;
use crate::transitions::close_account::known_account;

pub(super) fn run(
    state: &mut TxOverlay<'_, '_>,
    call: &Call<'_>,
    account: AccountId,
    add: &[KeyRecord],
    revoke: &[KeyId],
) -> Result<TxOutcome, Stop> {
    let mut found = Findings::default();
    let account = known_account(state, account)?;
    call.administrator_or_bureau(&[account.id], account.area, &mut found)?;
    found.require(account.open, RejectReason::AccountClosed, Field::Account);
    let keys = changed(&account, add, revoke);
    let keys = keys.filter(|keys| keys_fit(keys, call.now.0));
    found.require(keys.is_some(), RejectReason::KeyListInvalid, Field::Keys);
    found.finish()?;
    let keys = keys.unwrap_or_default();
    state.put(RegistryKey::Account(account.id), Account { keys, ..Account::clone(&account) });
    Ok(TxOutcome::Done)
}

/// The key list afterwards. `None` if a key to revoke is not there or was revoked before.
fn changed(account: &Account, add: &[KeyRecord], revoke: &[KeyId]) -> Option<Vec<KeyRecord>> {
    let mut keys = account.keys.clone();
    for id in revoke {
        let key = keys.iter_mut().find(|k| k.id == *id && k.status == KeyStatus::Active)?;
        key.status = KeyStatus::Revoked;
    }
    keys.extend_from_slice(add);
    Some(keys)
}
