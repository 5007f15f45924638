//! The invoice that a transaction is about: found, current, and owned by who signs.

use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{Asset, InvoiceRecord, InvoiceVerb, OutputRecord, Owner, RejectReason, Slot, Spend};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;

/// An invoice as it is now, and what the transaction expects of it.
pub(crate) struct Target {
    pub(crate) slot: Slot,
    pub(crate) record: OutputRecord,
    pub(crate) invoice: InvoiceRecord,
    /// The sequence named, if the transaction names one.
    expected: Option<u32>,
    /// Its place in a list of spends.
    pub(crate) item: Option<u16>,
    field: Field,
}

impl Target {
    /// Finds the invoice of a spend.
    ///
    /// # Errors
    /// Refused with `OUTPUT_UNKNOWN` or `WRONG_ASSET`.
    pub(crate) fn of_spend(state: &TxOverlay<'_, '_>, spend: &Spend, item: Option<u16>) -> Result<Self, Stop> {
        Self::find(state, spend.slot, Some(spend.sequence), Field::Spend, item)
    }

    /// Finds an invoice by its slot alone, or with the sequence it must have.
    pub(crate) fn of_slot(state: &TxOverlay<'_, '_>, slot: Slot, sequence: Option<u32>) -> Result<Self, Stop> {
        Self::find(state, slot, sequence, Field::Invoice, None)
    }

    /// Finds an invoice of a list of slots.
    pub(crate) fn of_item(state: &TxOverlay<'_, '_>, slot: Slot, item: u16) -> Result<Self, Stop> {
        Self::find(state, slot, None, Field::Invoice, Some(item))
    }

    fn find(
        state: &TxOverlay<'_, '_>,
        slot: Slot,
        expected: Option<u32>,
        field: Field,
        item: Option<u16>,
    ) -> Result<Self, Stop> {
        let refusal = |reason| Refusal { item, ..Refusal::new(reason, field).with([Arg::Slot(slot)]) };
        let Some(record) = state.output(slot)? else {
            return Err(refusal(RejectReason::OutputUnknown).into());
        };
        match record.asset {
            Asset::Invoice(invoice) => Ok(Self { slot, record, invoice, expected, item, field }),
            Asset::Payment(_) => Err(refusal(RejectReason::WrongAsset).into()),
        }
    }

    /// A refusal about this invoice.
    pub(crate) fn refusal(&self, reason: RejectReason) -> Refusal {
        Refusal { item: self.item, ..Refusal::new(reason, self.field).with([Arg::Slot(self.slot)]) }
    }

    /// Whether nobody was first.
    pub(crate) fn is_current(&self) -> bool {
        self.expected.is_none_or(|sequence| sequence == self.record.sequence)
    }

    /// `OUTPUT_SPENT` unless the sequence named is the current one.
    pub(crate) fn must_be_current(&self, found: &mut Findings) {
        if !self.is_current() {
            let refusal = self.refusal(RejectReason::OutputSpent);
            found.add(refusal.with([Arg::Sequence(self.record.sequence)]));
        }
    }

    /// `CONDITION_MISMATCH` or `NOT_OWNER` unless the signers meet the owner condition. Of an output that has moved on
    /// only that is said.
    pub(crate) fn must_be_owned(&self, call: &Call<'_>, spend: &Spend, found: &mut Findings) {
        if self.is_current()
            && let Some(reason) = unmet(&self.record.owner, call, spend)
        {
            found.add(self.refusal(reason));
        }
    }

    /// The record after one step that leaves the owner as it is.
    pub(crate) fn stepped(&self, invoice: InvoiceRecord) -> OutputRecord {
        self.stepped_to(self.record.owner, invoice)
    }

    /// The record after one step that gives it another owner.
    pub(crate) fn stepped_to(&self, owner: Owner, invoice: InvoiceRecord) -> OutputRecord {
        OutputRecord {
            sequence: self.record.sequence.saturating_add(1),
            owner,
            asset: Asset::Invoice(invoice),
            ..self.record
        }
    }

    /// Writes a step and names it as the receipt does.
    pub(crate) fn write(&self, state: &mut TxOverlay<'_, '_>, after: OutputRecord, verb: InvoiceVerb) -> (Slot, u32) {
        state.step(self.slot, self.record, after, Some(verb));
        (self.slot, after.sequence)
    }
}

/// Why the signers may not spend this, if they may not.
fn unmet(owner: &Owner, call: &Call<'_>, spend: &Spend) -> Option<RejectReason> {
    let met = match (owner, &spend.reveal) {
        (Owner::Address(address) | Owner::TokenKey(address), None) => call.present.contains(address),
        (Owner::Condition(_), Some(condition)) if condition.to_owner(call.chain) == *owner => {
            condition.is_met(&call.present, call.now.0)
        }
        _ => return Some(RejectReason::ConditionMismatch),
    };
    (!met).then_some(RejectReason::NotOwner)
}
