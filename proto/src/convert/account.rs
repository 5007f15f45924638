//! Accounts and keys.

use ledger_types::limits::{MAX_KEYS, MAX_NAME_BYTES};
use ledger_types::{Account, AccountKind, Fen, KeyPurpose, KeyRecord, KeyStatus, TaxId};

use super::error::ConvertError;
use super::field::{
    account, area, bytes, choice, end_ms, key_id, list, ms, parse_optional, text, wire_end_ms, wire_ms,
};
use crate::types::v1 as wire;

impl From<&KeyRecord> for wire::KeyRecord {
    fn from(key: &KeyRecord) -> Self {
        Self {
            id: key.id.0.into(),
            algorithm: wire::KeyAlgorithm::from(key.algorithm).into(),
            purpose: wire::KeyPurpose::from(key.purpose).into(),
            public_key: key.public_key.to_vec(),
            kinds: key.kinds,
            daily_count: key.daily_count,
            daily_amount: key.daily_amount.0,
            valid_from_ms: wire_ms(key.valid_from_ms),
            valid_to_ms: wire_end_ms(key.valid_to_ms),
            status: wire::KeyStatus::from(key.status).into(),
        }
    }
}

impl TryFrom<wire::KeyRecord> for KeyRecord {
    type Error = ConvertError;

    fn try_from(w: wire::KeyRecord) -> Result<Self, ConvertError> {
        Ok(Self {
            id: key_id(w.id, "id")?,
            algorithm: choice::<wire::KeyAlgorithm, _>(w.algorithm, "algorithm")?,
            purpose: choice::<wire::KeyPurpose, KeyPurpose>(w.purpose, "purpose")?,
            public_key: bytes(&w.public_key, "public_key")?,
            kinds: w.kinds,
            daily_count: w.daily_count,
            daily_amount: Fen(w.daily_amount),
            valid_from_ms: ms(w.valid_from_ms, "valid_from_ms")?,
            valid_to_ms: end_ms(w.valid_to_ms, "valid_to_ms")?,
            status: choice::<wire::KeyStatus, KeyStatus>(w.status, "status")?,
        })
    }
}

impl From<&Account> for wire::Account {
    fn from(a: &Account) -> Self {
        Self {
            id: a.id.0,
            kind: wire::AccountKind::from(a.kind).into(),
            area: a.area.0.into(),
            tax_id: a.tax_id.as_ref().map(|t| t.as_str().to_owned()),
            name: a.name.clone(),
            open: a.open,
            keys: a.keys.iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<wire::Account> for Account {
    type Error = ConvertError;

    fn try_from(w: wire::Account) -> Result<Self, ConvertError> {
        Ok(Self {
            id: account(w.id, "id")?,
            kind: choice::<wire::AccountKind, AccountKind>(w.kind, "kind")?,
            area: area(w.area, "area")?,
            tax_id: parse_optional::<TaxId>(w.tax_id.as_deref(), "tax_id")?,
            name: text(w.name, MAX_NAME_BYTES, "name")?,
            open: w.open,
            keys: list(w.keys, MAX_KEYS, "keys")?,
        })
    }
}
