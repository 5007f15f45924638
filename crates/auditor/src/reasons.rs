//! Reasons found by the auditor, and how a stored refusal is held against them.

use std::collections::BTreeSet;

use ledger_types::limits::MAX_REFUSALS;
use ledger_types::refusal::Level;
use ledger_types::{PayloadKind, ReasonClass, Refusal, RejectReason};

/// One reason, and where it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// Why.
    pub reason: RejectReason,
    /// Which invoice of a batch, or which spend, from 0.
    pub item: Option<u16>,
    /// Which line, from 1.
    pub line: Option<u16>,
}

/// Every reason that is true of a transaction at its place in the chain.
///
/// A transaction is refused exactly if there is a deciding one. A refusal is right if each reason it gives is true, at
/// least one of them decides, and the issuing rules (5xx), once it gives any, are given whole.
#[derive(Clone, Debug, Default)]
pub struct Reasons {
    deciding: BTreeSet<Mark>,
    /// True as well, but a consequence of another: may be given or left out.
    attendant: BTreeSet<Mark>,
    item: Option<u16>,
}

impl Reasons {
    /// The item that reasons found from now on belong to.
    pub fn at_item(&mut self, item: Option<u16>) {
        self.item = item;
    }

    /// A reason that refuses.
    pub fn add(&mut self, reason: RejectReason) {
        self.deciding.insert(Mark { reason, item: self.item, line: None });
    }

    /// The same, if `broken`.
    pub fn add_if(&mut self, broken: bool, reason: RejectReason) {
        if broken {
            self.add(reason);
        }
    }

    /// A reason that refuses, in line `line` (from 1).
    pub fn add_line(&mut self, line: u16, reason: RejectReason) {
        self.deciding.insert(Mark { reason, item: self.item, line: Some(line) });
    }

    /// A reason that may stand beside a deciding one but need not.
    pub fn attend(&mut self, reason: RejectReason) {
        self.attendant.insert(Mark { reason, item: self.item, line: None });
    }

    /// The same in a line.
    pub fn attend_line(&mut self, line: u16, reason: RejectReason) {
        self.attendant.insert(Mark { reason, item: self.item, line: Some(line) });
    }

    /// True if nothing refuses.
    pub fn is_empty(&self) -> bool {
        self.deciding.is_empty()
    }

    /// True if this reason decides, wherever.
    pub fn has(&self, reason: RejectReason) -> bool {
        self.deciding.iter().any(|mark| mark.reason == reason)
    }

    /// The deciding marks, in order.
    pub fn deciding(&self) -> impl Iterator<Item = &Mark> {
        self.deciding.iter()
    }

    /// Whether a stored refusal of a transaction of this kind is right.
    pub fn justify(&self, kind: PayloadKind, stored: &[Refusal]) -> bool {
        let given: BTreeSet<Mark> = stored
            .iter()
            .filter(|refusal| refusal.level == Level::Error)
            .map(|r| shape(kind, Mark { reason: r.reason, item: r.item, line: r.line }))
            .collect();
        let deciding: BTreeSet<Mark> = self.deciding.iter().map(|mark| shape(kind, *mark)).collect();
        let attendant: BTreeSet<Mark> = self.attendant.iter().map(|mark| shape(kind, *mark)).collect();
        let all_true = given.iter().all(|mark| deciding.contains(mark) || attendant.contains(mark));
        let one_decides = given.iter().any(|mark| deciding.contains(mark));
        all_true && one_decides && (stored.len() >= MAX_REFUSALS || rules_are_whole(&given, &deciding))
    }
}

fn rules_are_whole(given: &BTreeSet<Mark>, deciding: &BTreeSet<Mark>) -> bool {
    let is_rule = |mark: &&Mark| mark.reason.class() == ReasonClass::Rule;
    !given.iter().any(|mark| is_rule(&mark)) || deciding.iter().filter(is_rule).all(|mark| given.contains(mark))
}

/// The form in which marks are compared: an item only where the transaction has several, a line only for rules that
/// belong to a line, and neither for reasons that belong to the signers or to the transaction as a whole.
fn shape(kind: PayloadKind, mark: Mark) -> Mark {
    use PayloadKind::*;
    let several = matches!(
        kind,
        IssueBatch | Lock | Unlock | GrantAccess | OpenInspection | RecordAccess | RecordLinkAccess | OrderErasure
    );
    let whole = mark.reason.class() == ReasonClass::Authority || mark.reason == RejectReason::TimeOutOfRange;
    Mark {
        reason: mark.reason,
        item: mark.item.filter(|_| several && !whole),
        line: mark.line.filter(|_| belongs_to_a_line(mark.reason)),
    }
}

/// Rules that are broken by one line. The others are broken by the invoice, whatever line shows it first.
fn belongs_to_a_line(reason: RejectReason) -> bool {
    use RejectReason::*;
    matches!(
        reason,
        LineName
            | TaxCodeInvalid
            | CategoryNotApproved
            | RateUnknown
            | RateNotGranted
            | PolicyRate
            | ZeroPolicy
            | PrepaidNotOutOfScope
            | LineSign
            | QuantityPrice
            | LineProduct
            | LineTax
            | DiscountPair
            | DiscountMismatch
    )
}

#[cfg(test)]
mod tests {
    use ledger_types::Field;

    use super::*;

    fn refusal(reason: RejectReason) -> Refusal {
        Refusal::new(reason, Field::Transaction)
    }

    #[test]
    fn a_refusal_needs_a_true_deciding_reason_and_no_false_one() {
        let mut reasons = Reasons::default();
        reasons.add(RejectReason::OutputSpent);
        reasons.attend(RejectReason::AlreadyClaimed);
        let justified = |list: &[Refusal]| reasons.justify(PayloadKind::Claim, list);
        assert!(justified(&[refusal(RejectReason::OutputSpent)]));
        assert!(justified(&[refusal(RejectReason::OutputSpent), refusal(RejectReason::AlreadyClaimed)]));
        assert!(!justified(&[refusal(RejectReason::AlreadyClaimed)]), "does not decide");
        assert!(!justified(&[refusal(RejectReason::OutputSpent), refusal(RejectReason::NotOwner)]), "false");
        assert!(!justified(&[]));
    }

    #[test]
    fn broken_rules_are_given_whole_and_at_their_line() {
        let mut reasons = Reasons::default();
        reasons.add_line(2, RejectReason::LineTax);
        reasons.add(RejectReason::OverQuota);
        reasons.add(RejectReason::OrderInvoiced);
        let justified = |list: &[Refusal]| reasons.justify(PayloadKind::Issue, list);
        let tax = refusal(RejectReason::LineTax);
        assert!(justified(&[refusal(RejectReason::OverQuota), tax.clone().at_line(2)]));
        assert!(!justified(&[tax.clone().at_line(2)]), "the quota is left out");
        assert!(!justified(&[refusal(RejectReason::OverQuota), tax.at_line(1)]), "another line");
        assert!(justified(&[refusal(RejectReason::OrderInvoiced)]), "stopped before the rules");
    }

    #[test]
    fn items_count_in_batches_only() {
        let mut reasons = Reasons::default();
        reasons.at_item(Some(3));
        reasons.add(RejectReason::Locked);
        let at = |item| refusal(RejectReason::Locked).at_item(item);
        assert!(reasons.justify(PayloadKind::Lock, &[at(3)]));
        assert!(!reasons.justify(PayloadKind::Lock, &[at(2)]));
        assert!(reasons.justify(PayloadKind::Book, &[refusal(RejectReason::Locked)]));
    }
}
