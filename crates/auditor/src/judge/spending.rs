//! What every spend of an invoice has to show.

use ledger_types::payload::Spend;
use ledger_types::{InvoiceRecord, OutputRecord, Owner, RejectReason, Slot};

use super::Case;
use crate::reasons::Reasons;

/// An invoice's output.
#[derive(Clone, Copy)]
pub(super) struct Invoice<'a> {
    pub(super) slot: Slot,
    pub(super) output: &'a OutputRecord,
    pub(super) record: &'a InvoiceRecord,
}

/// The invoice in a slot.
pub(super) fn invoice<'a>(case: &'a Case<'_>, slot: Slot, found: &mut Reasons) -> Option<Invoice<'a>> {
    let Some(output) = case.world.output(slot) else {
        found.add(RejectReason::OutputUnknown);
        return None;
    };
    let Some(record) = output.invoice() else {
        found.add(RejectReason::WrongAsset);
        return None;
    };
    Some(Invoice { slot, output, record })
}

/// The invoice that a spend names, with the sequence it names.
pub(super) fn spent<'a>(case: &'a Case<'_>, spend: &Spend, found: &mut Reasons) -> Option<Invoice<'a>> {
    let invoice = invoice(case, spend.slot, found)?;
    found.add_if(invoice.output.sequence != spend.sequence, RejectReason::OutputSpent);
    Some(invoice)
}

/// The signers meet the owner condition; a condition kept by hash is revealed, another is not.
pub(super) fn owner_signs(case: &Case<'_>, output: &OutputRecord, spend: &Spend, found: &mut Reasons) {
    let present = &case.signers.addresses;
    let met = match (&output.owner, &spend.reveal) {
        (Owner::Address(address) | Owner::TokenKey(address), reveal) => {
            found.add_if(reveal.is_some(), RejectReason::ConditionMismatch);
            present.contains(address)
        }
        (Owner::Condition(_), None) => {
            found.add(RejectReason::ConditionMismatch);
            found.attend(RejectReason::NotOwner);
            return;
        }
        (Owner::Condition(_), Some(condition)) => {
            if condition.to_owner(case.world.chain()) != output.owner {
                found.add(RejectReason::ConditionMismatch);
                found.attend(RejectReason::NotOwner);
                return;
            }
            condition.is_met(present, case.now.0)
        }
    };
    found.add_if(!met, RejectReason::NotOwner);
}
