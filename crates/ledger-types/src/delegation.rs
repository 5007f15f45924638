//! Delegation for business (委托): a service provider's operators act for an enterprise, within limits that stand on the
//! chain.
//!
//! Who acts for whom stands in the envelope, under the signature: `Signer::acting_for`.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::ids::AccountId;
use crate::money::Fen;
use crate::payload::PayloadKind;
use crate::registry::KeyUsage;

/// What an enterprise lets one service provider do, and what that has used of it today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Delegation {
    /// Bit `n` allows payload kind `n`; kinds of business only.
    pub kinds: u64,
    /// Last block time (ms) of the delegation.
    pub until_ms: u64,
    /// Most transactions a day (Asia/Shanghai), 0 for no limit.
    pub daily_count: u32,
    /// Most money a day in fen, 0 for no limit.
    pub daily_amount: Fen,
    /// What was used on the day of the last use; counted where there is a limit.
    pub used: KeyUsage,
}

impl Delegation {
    /// Whether it has not run out.
    pub fn is_in_force(&self, now_ms: u64) -> bool {
        now_ms <= self.until_ms
    }

    /// Whether it covers a kind of transaction.
    pub fn covers(&self, kind: PayloadKind) -> bool {
        self.kinds & PayloadKind::delegable_bits() & kind.bit() != 0
    }

    /// Whether its use is counted.
    pub fn is_limited(&self) -> bool {
        self.daily_count > 0 || self.daily_amount > Fen::ZERO
    }
}

/// To whom an enterprise has delegated.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Delegates {
    /// The service providers, rising, at most [`crate::limits::MAX_DELEGATES`].
    pub to: Vec<AccountId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_an_account_is_never_delegated() {
        let used = KeyUsage { day: 0, count: 0, amount: Fen::ZERO };
        let all = Delegation { kinds: u64::MAX, until_ms: 9, daily_count: 0, daily_amount: Fen::ZERO, used };
        for kind in PayloadKind::ALL {
            let business = (PayloadKind::Apply..=PayloadKind::IssueRed).contains(kind);
            assert_eq!(all.covers(*kind), business && *kind != PayloadKind::RecordPayment, "{}", kind.name());
        }
        assert!(all.is_in_force(9) && !all.is_in_force(10));
        assert!(!all.is_limited() && Delegation { daily_count: 1, ..all }.is_limited());
    }
}
