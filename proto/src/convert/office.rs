//! Offices of keys.

use ledger_types::limits::MAX_KEYS;
use ledger_types::{Hands, KeyId, Office, Role, Staff};

use super::error::ConvertError;
use super::field::{Read, bytes, choice, digest, end_ms, key_id, list_with, message, wire_end_ms};
use crate::types::v1 as wire;

/// Most persons who have a hand in one proposal.
const MAX_HANDS: usize = 256;

impl From<&Office> for wire::Office {
    fn from(office: &Office) -> Self {
        Self {
            role: wire::Role::from(office.role).into(),
            holder: office.holder.0.to_vec(),
            until_ms: wire_end_ms(office.until_ms),
        }
    }
}

impl TryFrom<wire::Office> for Office {
    type Error = ConvertError;

    fn try_from(w: wire::Office) -> Result<Self, ConvertError> {
        Ok(Self {
            role: choice::<wire::Role, Role>(w.role, "role")?,
            holder: digest(&w.holder, "holder")?,
            until_ms: end_ms(w.until_ms, "until_ms")?,
        })
    }
}

impl From<&Hands> for wire::Hands {
    fn from(hands: &Hands) -> Self {
        Self { holders: hands.holders.iter().map(|holder| holder.0.to_vec()).collect() }
    }
}

impl TryFrom<wire::Hands> for Hands {
    type Error = ConvertError;

    fn try_from(w: wire::Hands) -> Result<Self, ConvertError> {
        let holder = |w: Vec<u8>| bytes(&w, "").map(ledger_types::Digest);
        Ok(Self { holders: list_with(w.holders, MAX_HANDS, "holders", holder)? })
    }
}

/// How many offices an account has.
pub(super) fn staff(offices: u32) -> Read<Staff> {
    let most = MAX_KEYS;
    let offices = u16::try_from(offices).ok().filter(|count| usize::from(*count) <= most);
    let too_many = || ConvertError::invalid("staff", format!("more offices than {most} keys"));
    Ok(Staff { offices: offices.ok_or_else(too_many)? })
}

/// The offices of an account as they are listed.
pub fn wire_offices(offices: &[(KeyId, Office)]) -> Vec<wire::KeyOffice> {
    let one = |(key, office): &(KeyId, Office)| wire::KeyOffice { key: key.0.into(), office: Some(office.into()) };
    offices.iter().map(one).collect()
}

/// Reads the offices of an account.
///
/// # Errors
/// [`ConvertError`] for more than an account has keys, or one that is not valid.
pub fn offices(list: Vec<wire::KeyOffice>) -> Read<Vec<(KeyId, Office)>> {
    list_with(list, MAX_KEYS, "offices", |w| Ok((key_id(w.key, "key")?, message(w.office, "office")?)))
}
