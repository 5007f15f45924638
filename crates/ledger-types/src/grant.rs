//! Grants (授权查看): who holds or issued invoices lets somebody else see what they say, for a time, section by section.
//!
//! A grant gives no more than its giver has: each read asks again whether he still holds or issued the invoice.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::ids::{Address, Slot};
use crate::invoice_state::{ClaimState, InvoiceRecord};
use crate::output::OutputRecord;
use crate::owner::Owner;
use crate::place_id::GrantId;
use crate::section::SectionKind;
use crate::taxpayer::InvoiceKind;

/// Most invoices that a grant names one by one.
pub const MAX_GRANT_SLOTS: usize = 1_000;
/// Most grants of one giver that have not ended.
pub const MAX_LIVE_GRANTS: usize = 256;
/// A grant ends at most so far ahead, ms: five years, as long as vouchers of a tax return are asked for at most.
pub const MAX_GRANT_MS: u64 = 5 * 366 * 86_400_000;

/// Some of an invoice's sections, one bit a kind.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct SectionSet(pub u16);

impl SectionSet {
    /// All six sections of an invoice.
    pub const ALL: Self = Self(0b11_1111);

    /// These.
    pub fn of(kinds: &[SectionKind]) -> Self {
        Self(kinds.iter().fold(0, |bits, kind| bits | 1 << (*kind as u8)))
    }

    /// Whether it has this one.
    pub fn has(self, kind: SectionKind) -> bool {
        self.0 & 1 << (kind as u8) != 0
    }

    /// Whether it has any, and none that is no section of an invoice.
    pub fn is_valid(self) -> bool {
        self.0 != 0 && self.0 & !Self::ALL.0 == 0
    }

    /// What is in either.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Which invoices a grant is for.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum GrantScope {
    /// These, by rising slot.
    Slots(Vec<Slot>) = 0,
    /// All of the giver's that were issued within a period, also later ones. Accounts only.
    Period {
        /// Those that he issued.
        issued: bool,
        /// Those that he holds.
        held: bool,
        /// Of one kind, or of any.
        kind: Option<InvoiceKind>,
        /// First block time (ms) of issuing.
        from_ms: u64,
        /// Last block time (ms) of issuing.
        to_ms: u64,
    } = 1,
}

impl GrantScope {
    /// Whether it names anything, in order and within its limits.
    pub fn is_well_formed(&self) -> bool {
        match self {
            Self::Slots(slots) => (1..=MAX_GRANT_SLOTS).contains(&slots.len()) && slots.is_sorted_by(|a, b| a.0 < b.0),
            Self::Period { issued, held, from_ms, to_ms, .. } => (*issued || *held) && from_ms <= to_ms,
        }
    }
}

/// What a giver asks for.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct GrantRequest {
    /// Who may see: the address of an account or of a key.
    pub to: Address,
    /// Which invoices.
    pub scope: GrantScope,
    /// What of them.
    pub sections: SectionSet,
    /// Last block time (ms) of the grant.
    pub until_ms: u64,
}

/// A grant as it stands in the register.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Grant {
    /// Who gives: the address of an account or of a key.
    pub from: Address,
    /// Who may see.
    pub to: Address,
    /// Which invoices.
    pub scope: GrantScope,
    /// What of them.
    pub sections: SectionSet,
    /// Last block time (ms) of it.
    pub until_ms: u64,
}

/// Who gives a grant of one invoice: what of it is his.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Giver {
    /// He issued it.
    pub issued: bool,
    /// He holds it: claimed it, may claim it, or offers it.
    pub holds: bool,
}

impl Giver {
    /// What `from` has of an invoice that was issued by who has the address `seller`.
    pub fn of(from: Address, seller: Address, output: &OutputRecord, invoice: &InvoiceRecord) -> Self {
        let holds = match (output.owner, invoice.claim) {
            (Owner::Address(owner) | Owner::TokenKey(owner), _) => owner == from,
            (Owner::Condition(_), ClaimState::Offered { from: giver, .. }) => giver == from,
            (Owner::Condition(_), _) => false,
        };
        Self { issued: seller == from, holds }
    }
}

impl Grant {
    /// Whether it lets its receiver see an invoice now, as far as it is still the giver's.
    pub fn covers(&self, slot: Slot, invoice: &InvoiceRecord, giver: Giver, now_ms: u64) -> bool {
        let of_scope = match &self.scope {
            GrantScope::Slots(slots) => (giver.issued || giver.holds) && slots.binary_search(&slot).is_ok(),
            GrantScope::Period { issued, held, kind, from_ms, to_ms } => {
                let of_side = (*issued && giver.issued) || (*held && giver.holds);
                let of_kind = kind.is_none_or(|kind| kind == invoice.kind);
                of_side && of_kind && (*from_ms..=*to_ms).contains(&invoice.issued_ms)
            }
        };
        of_scope && now_ms <= self.until_ms
    }
}

/// A grant in a list, with its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct GrantRef {
    /// Which.
    pub id: GrantId,
    /// Last block time (ms) of it.
    pub until_ms: u64,
}

/// All grants of one giver, by rising id; those that ended leave when he gives the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct GrantsBy {
    /// They.
    pub grants: Vec<GrantRef>,
}

/// All grants of one giver to one receiver, by rising id.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct GrantsTo {
    /// They.
    pub grants: Vec<GrantRef>,
}

#[cfg(test)]
#[path = "grant_test.rs"]
mod grant_test;
