//! What holds for every account, from genesis or opened later.

use ledger_types::limits::MAX_KEYS;
use ledger_types::{AccountKind, KeyPurpose, KeyRecord, KeyStatus, TaxId};

/// An enterprise has a tax id and a name, a person neither, any other party at least a name.
pub(crate) fn identity_fits(kind: AccountKind, tax_id: Option<&TaxId>, name: &str) -> bool {
    match kind {
        AccountKind::Enterprise => tax_id.is_some() && !name.trim().is_empty(),
        AccountKind::Person => tax_id.is_none() && name.is_empty(),
        AccountKind::Bureau | AccountKind::ServiceProvider | AccountKind::PaymentProvider | AccountKind::Node => {
            !name.trim().is_empty()
        }
    }
}

/// Ids 0, 1, … without a gap, no key twice (a revoked one must not come back under another id), within the limit, and
/// an administrator who can still sign at `now_ms`.
pub(crate) fn keys_fit(keys: &[KeyRecord], now_ms: u64) -> bool {
    let ids_rise = keys.iter().enumerate().all(|(i, key)| usize::from(key.id.0) == i);
    let none_twice = keys.iter().enumerate().all(|(i, key)| keys[..i].iter().all(|k| k.public_key != key.public_key));
    let administered = keys
        .iter()
        .any(|key| key.purpose == KeyPurpose::Admin && key.status == KeyStatus::Active && key.valid_to_ms >= now_ms);
    keys.len() <= MAX_KEYS && ids_rise && none_twice && administered
}
