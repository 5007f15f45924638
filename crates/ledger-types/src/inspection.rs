//! Inspections (检查): a bureau opens one for a case, and only within it, and on record, its auditors see contents.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, Area, Digest, KeyId, Slot};
use crate::invoice_state::InvoiceRecord;
use crate::place_id::InspectionId;
use crate::tax_id::TaxId;

/// Most taxpayers of one inspection.
pub const MAX_INSPECTED: usize = 100;
/// Most auditors of one inspection.
pub const MAX_INSPECTORS: usize = 16;
/// Most invoices of one access record.
pub const MAX_ACCESS_SLOTS: usize = 100;
/// An inspection ends at most so far ahead, ms: a year.
pub const MAX_INSPECTION_MS: u64 = 366 * 86_400_000;
/// So long after an access record its officers may read what it names, ms of block time. Long enough to ask again when an
/// answer got lost or a node failed, too short to come back for more: that takes another record.
pub const ACCESS_WINDOW_MS: u64 = 600_000;

/// What a bureau asks for.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct InspectionRequest {
    /// Where the invoices were issued.
    pub area: Area,
    /// Tax ids of who issued them, rising.
    pub tax_ids: Vec<TaxId>,
    /// First block time (ms) of issuing.
    pub from_ms: u64,
    /// Last block time (ms) of issuing.
    pub to_ms: u64,
    /// A digest of the case file.
    pub case: Digest,
    /// Last block time (ms) of the inspection.
    pub until_ms: u64,
    /// Keys of its auditors in the acting bureau, rising.
    pub auditors: Vec<KeyId>,
}

impl InspectionRequest {
    /// Whether its lists are in order and within their limits, and it names a case.
    pub fn is_well_formed(&self) -> bool {
        (1..=MAX_INSPECTED).contains(&self.tax_ids.len())
            && self.tax_ids.is_sorted_by(|a, b| a.as_str() < b.as_str())
            && (2..=MAX_INSPECTORS).contains(&self.auditors.len())
            && self.auditors.is_sorted_by(|a, b| a < b)
            && self.from_ms <= self.to_ms
            && self.case != Digest::ZERO
    }
}

/// What two auditors put on record.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct AccessRequest {
    /// Under which inspection.
    pub inspection: InspectionId,
    /// Which invoices, by rising slot.
    pub slots: Vec<Slot>,
    /// A digest of what for.
    pub purpose: Digest,
}

impl AccessRequest {
    /// Whether its slots are in order and within their limit, and it names a purpose.
    pub fn is_well_formed(&self) -> bool {
        (1..=MAX_ACCESS_SLOTS).contains(&self.slots.len())
            && self.slots.is_sorted_by(|a, b| a < b)
            && self.purpose != Digest::ZERO
    }
}

/// An inspection as it stands in the register.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Inspection {
    /// Whose: a staffed bureau.
    pub bureau: AccountId,
    /// Where the invoices were issued: within the bureau's authority.
    pub area: Area,
    /// Who issued them, by rising id.
    pub sellers: Vec<AccountId>,
    /// First block time (ms) of issuing.
    pub from_ms: u64,
    /// Last block time (ms) of issuing.
    pub to_ms: u64,
    /// A digest of the case file, which stays off the chain.
    pub case: Digest,
    /// Last block time (ms) of it.
    pub until_ms: u64,
    /// Keys of its auditors, rising.
    pub auditors: Vec<KeyId>,
}

impl Inspection {
    /// Whether an invoice is what it is about.
    pub fn concerns(&self, invoice: &InvoiceRecord) -> bool {
        invoice.code.area() == self.area
            && self.sellers.binary_search(&invoice.seller).is_ok()
            && (self.from_ms..=self.to_ms).contains(&invoice.issued_ms)
    }
}

/// The newest record of an officer's access to an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Access {
    /// Under which inspection.
    pub inspection: InspectionId,
    /// Block time (ms) of the record.
    pub at_ms: u64,
}

impl Access {
    /// Whether it may still be read on.
    pub fn is_fresh(&self, now_ms: u64) -> bool {
        now_ms.saturating_sub(self.at_ms) <= ACCESS_WINDOW_MS
    }
}

/// The newest record that an officer asks which claims are of the wallet that claimed an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LinkAccess(pub Access);
