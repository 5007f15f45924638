//! Owners and owner conditions.

use ledger_types::{Owner, OwnerCondition};

use super::error::ConvertError;
use super::field::{Read, address, bytes, list_with, ms, required, u8_of, wire_ms};
use crate::types::v1 as wire;
use crate::types::v1::owner::Owner as WireOwner;
use crate::types::v1::owner_condition::Condition;

impl From<&Owner> for wire::Owner {
    fn from(owner: &Owner) -> Self {
        let owner = match owner {
            Owner::Address(a) => WireOwner::Address(a.0.to_vec()),
            Owner::TokenKey(a) => WireOwner::TokenKey(a.0.to_vec()),
            Owner::Condition(hash) => WireOwner::Condition(hash.to_vec()),
        };
        Self { owner: Some(owner) }
    }
}

impl TryFrom<wire::Owner> for Owner {
    type Error = ConvertError;

    fn try_from(w: wire::Owner) -> Result<Self, ConvertError> {
        Ok(match required(w.owner, "owner")? {
            WireOwner::Address(a) => Self::Address(address(&a, "address")?),
            WireOwner::TokenKey(a) => Self::TokenKey(address(&a, "token_key")?),
            WireOwner::Condition(hash) => Self::Condition(bytes(&hash, "condition")?),
        })
    }
}

impl From<&OwnerCondition> for wire::OwnerCondition {
    fn from(condition: &OwnerCondition) -> Self {
        let all = |members: &[ledger_types::Address]| members.iter().map(|m| m.0.to_vec()).collect();
        let condition = match condition {
            OwnerCondition::Address(a) => Condition::Address(a.0.to_vec()),
            OwnerCondition::TokenKey(a) => Condition::TokenKey(a.0.to_vec()),
            OwnerCondition::AnyOf(members) => Condition::AnyOf(wire::Addresses { members: all(members) }),
            OwnerCondition::MOfN { threshold, members } => {
                Condition::MOfN(wire::Threshold { threshold: (*threshold).into(), members: all(members) })
            }
            OwnerCondition::Expiring { until_ms, first, fallback } => Condition::Expiring(Box::new(wire::Expiring {
                until_ms: wire_ms(*until_ms),
                first: Some(Box::new((&**first).into())),
                fallback: fallback.0.to_vec(),
            })),
        };
        Self { condition: Some(condition) }
    }
}

impl TryFrom<wire::OwnerCondition> for OwnerCondition {
    type Error = ConvertError;

    fn try_from(w: wire::OwnerCondition) -> Result<Self, ConvertError> {
        let condition = match required(w.condition, "condition")? {
            Condition::Expiring(e) => {
                let first = plain(*required(e.first, "expiring.first")?).map_err(|e| e.within("expiring.first"))?;
                Self::Expiring {
                    until_ms: ms(e.until_ms, "expiring.until_ms")?,
                    first: Box::new(first),
                    fallback: address(&e.fallback, "expiring.fallback")?,
                }
            }
            other => plain(wire::OwnerCondition { condition: Some(other) })?,
        };
        if condition.is_well_formed() {
            Ok(condition)
        } else {
            Err(ConvertError::invalid(
                "condition",
                "must name 2 to 8 addresses in rising order, and a threshold among them",
            ))
        }
    }
}

/// A condition that is not an expiring one: nesting ends here, whatever the message's depth.
fn plain(w: wire::OwnerCondition) -> Read<OwnerCondition> {
    let members =
        |list: Vec<Vec<u8>>| list_with(list, OwnerCondition::MAX_MEMBERS, "members", |m: Vec<u8>| address(&m, ""));
    Ok(match required(w.condition, "condition")? {
        Condition::Address(a) => OwnerCondition::Address(address(&a, "address")?),
        Condition::TokenKey(a) => OwnerCondition::TokenKey(address(&a, "token_key")?),
        Condition::AnyOf(any) => OwnerCondition::AnyOf(members(any.members)?),
        Condition::MOfN(t) => {
            OwnerCondition::MOfN { threshold: u8_of(t.threshold, "threshold")?, members: members(t.members)? }
        }
        Condition::Expiring(_) => return Err(ConvertError::invalid("expiring", "may not be nested")),
    })
}
