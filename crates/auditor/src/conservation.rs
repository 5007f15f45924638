//! What must hold of the stored changes whatever the rules are: numbers without gaps, sums that agree, one reimbursement.
//! This reads the change sets alone and shares nothing with the verdicts.

use std::collections::BTreeMap;

use ledger_types::invoice_state::{FaceState, ReimbursementState};
use ledger_types::{
    AccountId, Asset, BlockTime, ChangeSet, Height, InvoiceCode, InvoiceRecord, Month, OutputRecord, RegistryKey,
    RegistryValue, Slot, Usage,
};

use crate::report::{AuditReport, Sums};

/// Follows the stored records.
#[derive(Debug, Default)]
pub(crate) struct Conservation {
    records: BTreeMap<Slot, OutputRecord>,
    last_numbers: BTreeMap<InvoiceCode, u32>,
    usages: BTreeMap<AccountId, Usage>,
    /// Net of issued invoices, less what same-month red letters gave back.
    consumed: BTreeMap<(AccountId, Month), i128>,
    height: Option<Height>,
}

impl Conservation {
    /// Adds an invoice's net, read from its body.
    pub(crate) fn issued(&mut self, seller: AccountId, at: BlockTime, net: i128) {
        *self.consumed.entry((seller, at.month())).or_default() += net;
    }

    /// Adds what a red letter of the same month gives back.
    pub(crate) fn given_back(&mut self, seller: AccountId, month: Month, net: i128) {
        *self.consumed.entry((seller, month)).or_default() -= net;
    }

    /// Reads the changes of a block.
    pub(crate) fn observe(&mut self, height: Height, changes: &ChangeSet, report: &mut AuditReport) {
        self.height = Some(height);
        for (slot, record) in changes.outputs() {
            match self.records.get(&slot) {
                None => self.check_new(height, slot, record, report),
                Some(before) => check_step(height, slot, before, record, report),
            }
            check_state(height, slot, record, report);
            self.records.insert(slot, *record);
        }
        for (key, value) in changes.registry() {
            if let (RegistryKey::Usage(account), Some(RegistryValue::Usage(usage))) = (key, value) {
                self.usages.insert(*account, *usage);
            }
        }
    }

    fn check_new(&mut self, height: Height, slot: Slot, record: &OutputRecord, report: &mut AuditReport) {
        if slot.0 != self.records.len() as u64 {
            report.add(height, None, format!("output {slot}"), "a slot out of order", self.records.len());
        }
        if let Some(invoice) = record.invoice() {
            let last = self.last_numbers.entry(invoice.code).or_insert(0);
            let (number, next) = (invoice.number.value(), *last + 1);
            if number != next {
                report.add(height, None, format!("number in code {}", invoice.code), number, next);
            }
            *last = number;
        }
    }

    /// Adds everything up at the end.
    pub(crate) fn finish(&self, report: &mut AuditReport) {
        let height = self.height.unwrap_or(Height(0));
        report.sums = self.sums();
        report.reimbursed = self.invoices().filter(|(_, _, invoice)| is_closed(invoice)).count() as u64;
        for (slot, output, invoice) in self.invoices() {
            if let Some(gap) = self.pair_gap(slot, output, invoice) {
                report.add(height, None, format!("red and blue of output {slot}"), gap, "one red of the same amount");
            }
        }
        for ((account, month), sum) in &self.consumed {
            let usage = self.usages.get(account).filter(|usage| usage.month == *month);
            if let Some(usage) = usage.filter(|usage| i128::from(usage.consumed.0) != *sum) {
                report.add(height, None, format!("quota used by account {account} in {month}"), usage.consumed, sum);
            }
        }
    }

    fn invoices(&self) -> impl Iterator<Item = (Slot, &OutputRecord, &InvoiceRecord)> {
        self.records.iter().filter_map(|(slot, output)| Some((*slot, output, output.invoice()?)))
    }

    fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        for (_, output, invoice) in self.invoices() {
            let amount = i128::from(output.amount.0);
            match invoice.face {
                FaceState::Red { .. } => sums.red += amount,
                FaceState::Blue | FaceState::Reversed { .. } => sums.issued += amount,
            }
            if is_closed(invoice) {
                sums.reimbursed += amount;
            }
        }
        sums
    }

    /// What is wrong between a red invoice and its blue one.
    fn pair_gap(&self, slot: Slot, output: &OutputRecord, invoice: &InvoiceRecord) -> Option<&'static str> {
        let (other, points_back): (Slot, fn(FaceState, Slot) -> bool) = match invoice.face {
            FaceState::Blue => return None,
            FaceState::Reversed { by } => (by, |face, slot| face == FaceState::Red { of: slot }),
            FaceState::Red { of } => (of, |face, slot| face == FaceState::Reversed { by: slot }),
        };
        let Some(pair) = self.records.get(&other) else { return Some("points to nothing") };
        let Some(face) = pair.invoice().map(|invoice| invoice.face) else { return Some("points to no invoice") };
        if !points_back(face, slot) {
            return Some("does not point back");
        }
        (output.amount.0.checked_add(pair.amount.0) != Some(0)).then_some("does not add up to nothing")
    }
}

fn is_closed(invoice: &InvoiceRecord) -> bool {
    matches!(invoice.reimbursement, ReimbursementState::Closed { .. })
}

fn check_step(height: Height, slot: Slot, before: &OutputRecord, after: &OutputRecord, report: &mut AuditReport) {
    let mut tell = |stored: &str, expected: &str| report.add(height, None, format!("output {slot}"), stored, expected);
    if after.sequence <= before.sequence {
        tell("a sequence that did not rise", "a rising sequence");
    }
    match (&before.asset, &after.asset) {
        (Asset::Invoice(old), Asset::Invoice(new)) => {
            if !same_face(old, new) || before.amount != after.amount {
                tell("another face or amount", "a face that never changes");
            }
            if is_closed(old) && old.reimbursement != new.reimbursement {
                tell("reimbursed twice or reopened", "closed for ever");
            }
            if old.face != FaceState::Blue && old.face != new.face {
                tell("reversed twice", "reversed once");
            }
        }
        (Asset::Payment(old), Asset::Payment(new)) => {
            if old.paid != new.paid || old.payee != new.payee || after.amount > before.amount {
                tell("another payment", "a payment that only shrinks");
            }
        }
        _ => tell("another asset", "the asset it was"),
    }
}

/// What is printed never changes.
fn same_face(old: &InvoiceRecord, new: &InvoiceRecord) -> bool {
    (old.code, old.number, old.seller, old.tax) == (new.code, new.number, new.seller, new.tax)
        && (old.origin, old.issued_ms, old.kind, old.title) == (new.origin, new.issued_ms, new.kind, new.title)
}

fn check_state(height: Height, slot: Slot, output: &OutputRecord, report: &mut AuditReport) {
    let mut tell = |stored: &str, expected: &str| report.add(height, None, format!("output {slot}"), stored, expected);
    match &output.asset {
        Asset::Invoice(invoice) => {
            let locked = matches!(invoice.reimbursement, ReimbursementState::Locked { .. });
            if locked && invoice.face != FaceState::Blue {
                tell("a lock on a reversed or red invoice", "no lock");
            }
            let red = matches!(invoice.face, FaceState::Red { .. });
            if (output.amount.0 < 0) != red && output.amount.0 != 0 {
                tell("an amount of the wrong sign", "blue above zero, red below");
            }
        }
        Asset::Payment(payment) => {
            if output.amount.0 < 0 || output.amount > payment.paid {
                tell("a payment used beyond what was paid", "between nothing and what was paid");
            }
        }
    }
}
