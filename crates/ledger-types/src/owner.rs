//! Who may spend an output.

use std::io;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::canonical::Canonical;
use crate::domain::{Purpose, domain_hash};
use crate::ids::{AccountId, Address, ChainId};

/// The condition as kept in state: plain cases in clear, others by hash, revealed when spent.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Owner {
    /// The holder of an address.
    Address(Address) = 0,
    /// The holder of the key derived from an order token: may claim, nothing else.
    TokenKey(Address) = 1,
    /// A condition known by its hash.
    Condition([u8; 32]) = 2,
}

/// A condition on the signers of a spend.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum OwnerCondition {
    /// The holder of an address.
    Address(Address) = 0,
    /// The holder of a token key.
    TokenKey(Address) = 1,
    /// Any one of 2 to 8 addresses.
    AnyOf(Vec<Address>) = 2,
    /// At least `threshold` of 2 to 8 addresses.
    MOfN {
        /// How many must sign.
        threshold: u8,
        /// Who may.
        members: Vec<Address>,
    } = 3,
    /// The first condition up to `until_ms` of block time, the fall-back afterwards. Not nested.
    Expiring {
        /// Last millisecond of the first condition.
        until_ms: u64,
        /// Who may spend until then.
        first: Box<OwnerCondition>,
        /// Who may spend afterwards.
        fallback: Address,
    } = 4,
}

impl OwnerCondition {
    /// Most members of a condition.
    pub const MAX_MEMBERS: usize = 8;

    /// True if the condition can be met at all and is within its limits.
    pub fn is_well_formed(&self) -> bool {
        match self {
            Self::Address(_) | Self::TokenKey(_) => true,
            Self::AnyOf(members) => is_strictly_sorted(members),
            Self::MOfN { threshold, members } => {
                is_strictly_sorted(members) && (1..=members.len()).contains(&usize::from(*threshold))
            }
            Self::Expiring { first, .. } => !matches!(**first, Self::Expiring { .. }) && first.is_well_formed(),
        }
    }

    /// The form kept in state.
    pub fn to_owner(&self, chain: &ChainId) -> Owner {
        match self {
            Self::Address(a) => Owner::Address(*a),
            Self::TokenKey(a) => Owner::TokenKey(*a),
            other => Owner::Condition(domain_hash(Purpose::OwnerCondition, chain, &other.to_canonical()).0),
        }
    }

    /// Whether signers holding `present` meet the condition at block time `now_ms`.
    pub fn is_met(&self, present: &[Address], now_ms: u64) -> bool {
        match self {
            Self::Address(a) | Self::TokenKey(a) => present.contains(a),
            Self::AnyOf(members) => members.iter().any(|m| present.contains(m)),
            Self::MOfN { threshold, members } => {
                members.iter().filter(|m| present.contains(m)).count() >= usize::from(*threshold)
            }
            Self::Expiring { until_ms, first, fallback } => {
                if now_ms <= *until_ms {
                    first.is_met(present, now_ms)
                } else {
                    present.contains(fallback)
                }
            }
        }
    }
}

impl BorshDeserialize for OwnerCondition {
    /// Not derived: bytes that nest conditions without end would use up the stack.
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        match u8::deserialize_reader(reader)? {
            4 => {
                let until_ms = u64::deserialize_reader(reader)?;
                let tag = u8::deserialize_reader(reader)?;
                let first = Box::new(Self::read_plain(tag, reader)?);
                Ok(Self::Expiring { until_ms, first, fallback: Address::deserialize_reader(reader)? })
            }
            tag => Self::read_plain(tag, reader),
        }
    }
}

impl OwnerCondition {
    /// Any condition that holds no other.
    fn read_plain<R: io::Read>(tag: u8, reader: &mut R) -> io::Result<Self> {
        Ok(match tag {
            0 => Self::Address(Address::deserialize_reader(reader)?),
            1 => Self::TokenKey(Address::deserialize_reader(reader)?),
            2 => Self::AnyOf(Vec::deserialize_reader(reader)?),
            3 => Self::MOfN { threshold: u8::deserialize_reader(reader)?, members: Vec::deserialize_reader(reader)? },
            _ => return Err(io::ErrorKind::InvalidData.into()),
        })
    }
}

/// Two to eight members in strictly rising order: one byte form for one set.
fn is_strictly_sorted(members: &[Address]) -> bool {
    (2..=OwnerCondition::MAX_MEMBERS).contains(&members.len()) && members.is_sorted_by(|a, b| a < b)
}

/// The address of an account: any key of the account that is allowed to may spend from it, also after rotation.
pub fn account_address(chain: &ChainId, account: AccountId) -> Address {
    Address(domain_hash(Purpose::AccountAddress, chain, &account.0.to_le_bytes()).0)
}

/// The address of a bare key (compressed SEC1 point): a person's wallet or an order token.
pub fn key_address(chain: &ChainId, public_key: &[u8; 33]) -> Address {
    Address(domain_hash(Purpose::KeyAddress, chain, public_key).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Address = Address([1; 32]);
    const B: Address = Address([2; 32]);

    #[test]
    fn conditions_are_met_by_the_right_signers_only() {
        let any = OwnerCondition::AnyOf(vec![A, B]);
        assert!(any.is_met(&[B], 0) && !any.is_met(&[Address([3; 32])], 0));
        let both = OwnerCondition::MOfN { threshold: 2, members: vec![A, B] };
        assert!(both.is_met(&[B, A], 0) && !both.is_met(&[A], 0) && !both.is_met(&[A, A], 0));
        let expiring =
            OwnerCondition::Expiring { until_ms: 10, first: Box::new(OwnerCondition::TokenKey(A)), fallback: B };
        assert!(expiring.is_met(&[A], 10) && !expiring.is_met(&[A], 11));
        assert!(!expiring.is_met(&[B], 10) && expiring.is_met(&[B], 11));
    }

    #[test]
    fn every_condition_reads_back_and_endless_nesting_is_refused_not_followed() {
        let inner = OwnerCondition::MOfN { threshold: 2, members: vec![A, B] };
        for condition in [
            OwnerCondition::Address(A),
            OwnerCondition::TokenKey(B),
            OwnerCondition::AnyOf(vec![A, B]),
            inner.clone(),
            OwnerCondition::Expiring { until_ms: 7, first: Box::new(inner), fallback: B },
        ] {
            assert_eq!(OwnerCondition::from_canonical(&condition.to_canonical()), Ok(condition));
        }
        let nested = [4u8, 0, 0, 0, 0, 0, 0, 0, 0].repeat(200_000);
        assert!(OwnerCondition::from_canonical(&nested).is_err());
    }

    #[test]
    fn unsorted_repeated_and_nested_conditions_are_not_well_formed() {
        assert!(!OwnerCondition::AnyOf(vec![B, A]).is_well_formed());
        assert!(!OwnerCondition::AnyOf(vec![A, A]).is_well_formed());
        assert!(!OwnerCondition::AnyOf(vec![A]).is_well_formed());
        assert!(!OwnerCondition::MOfN { threshold: 0, members: vec![A, B] }.is_well_formed());
        let inner = OwnerCondition::Expiring { until_ms: 1, first: Box::new(OwnerCondition::Address(A)), fallback: B };
        assert!(inner.is_well_formed());
        assert!(!OwnerCondition::Expiring { until_ms: 2, first: Box::new(inner), fallback: B }.is_well_formed());
    }
}
