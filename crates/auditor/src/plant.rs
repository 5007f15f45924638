//! Planted alterations: proof that the auditor sees. Stored verdicts are altered in memory, after reading.

use std::collections::BTreeSet;

use ledger_types::receipt::{Issued, ReceiptSubject};
use ledger_types::{
    AccountId, ApplicationId, BlockFrame, Field, FormId, InvoiceCode, InvoiceNumber, PayloadKind, ProposalId, Receipt,
    Refusal, RejectReason, Slot, TxOutcome, Verdict,
};

/// Which verdicts to alter, by their place among all transactions of the chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlantPlan {
    targets: BTreeSet<u64>,
}

impl PlantPlan {
    /// Spreads `count` alterations evenly over a chain of `transactions`; as many as there are, if there are fewer.
    pub fn spread(transactions: u64, count: u64) -> Self {
        let count = count.min(transactions);
        let place = |n: u64| (u128::from(2 * n + 1) * u128::from(transactions) / u128::from(2 * count)) as u64;
        Self { targets: (0..count).map(place).collect() }
    }

    /// How many alterations.
    pub fn len(&self) -> u64 {
        self.targets.len() as u64
    }

    /// True if nothing is altered.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }
}

/// Alters the planned verdicts of the frames that pass through.
pub struct Planted<I> {
    frames: I,
    plan: PlantPlan,
    seen: u64,
    done: u64,
}

impl<I> Planted<I> {
    /// Around an iterator over frames from height 1.
    pub fn new(frames: I, plan: PlantPlan) -> Self {
        Self { frames, plan, seen: 0, done: 0 }
    }
}

impl<I: Iterator<Item = Result<BlockFrame, E>>, E> Iterator for Planted<I> {
    type Item = Result<BlockFrame, E>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut item = self.frames.next()?;
        if let Ok(frame) = &mut item {
            let kinds: Vec<PayloadKind> = frame.block.txs.iter().map(|tx| tx.envelope.payload.kind()).collect();
            let of_txs = frame.receipts.iter_mut().filter(|receipt| matches!(receipt.subject, ReceiptSubject::Tx(_)));
            for (receipt, kind) in of_txs.zip(kinds) {
                if self.plan.targets.contains(&self.seen) {
                    alter(receipt, kind, self.done);
                    self.done += 1;
                }
                self.seen += 1;
            }
        }
        Some(item)
    }
}

/// Alters a verdict: every other time it is turned round, otherwise a detail of it is changed.
fn alter(receipt: &mut Receipt, kind: PayloadKind, turn: u64) {
    let detail = turn % 2 == 1;
    receipt.verdict = match &receipt.verdict {
        Verdict::Accepted(outcome) => match other_outcome(outcome, turn / 2).filter(|_| detail) {
            Some(outcome) => Verdict::Accepted(outcome),
            None => Verdict::Refused(vec![Refusal::new(RejectReason::OutputSpent, Field::Spend)]),
        },
        Verdict::Refused(_) if detail => {
            Verdict::Refused(vec![Refusal::new(impossible_reason(kind), Field::Transaction)])
        }
        Verdict::Refused(_) => Verdict::Accepted(TxOutcome::Done),
    };
}

/// A reason that no transaction of this kind can have.
fn impossible_reason(kind: PayloadKind) -> RejectReason {
    if kind == PayloadKind::OpenAccount { RejectReason::ApplicationGone } else { RejectReason::TaxIdTaken }
}

/// The outcome with one detail changed; none if it has no detail.
fn other_outcome(outcome: &TxOutcome, turn: u64) -> Option<TxOutcome> {
    Some(match outcome {
        TxOutcome::Done => return None,
        TxOutcome::AccountOpened(id) => TxOutcome::AccountOpened(AccountId(id.0 ^ 1)),
        TxOutcome::Applied(id) => TxOutcome::Applied(ApplicationId(id.0 ^ 1)),
        TxOutcome::FormOpened(id) => TxOutcome::FormOpened(FormId(id.0 ^ 1)),
        TxOutcome::Proposed(id) => TxOutcome::Proposed(ProposalId(id.0 ^ 1)),
        TxOutcome::PaymentRecorded(slot) => TxOutcome::PaymentRecorded(Slot(slot.0 ^ 1)),
        TxOutcome::Issued(issued) => TxOutcome::Issued(other_issued(issued, turn)),
        TxOutcome::BatchIssued { first, count } => {
            TxOutcome::BatchIssued { first: other_issued(first, turn), count: *count }
        }
        TxOutcome::RedIssued { red, blue } => TxOutcome::RedIssued { red: other_issued(red, turn), blue: *blue },
        TxOutcome::Stepped(steps) => {
            let mut steps = steps.clone();
            steps.last_mut()?.1 ^= 1;
            TxOutcome::Stepped(steps)
        }
    })
}

/// Another number, slot or code.
fn other_issued(issued: &Issued, turn: u64) -> Issued {
    let mut other = *issued;
    match turn % 3 {
        0 => other.number = InvoiceNumber::new(issued.number.value() ^ 2).unwrap_or(InvoiceNumber::LAST),
        1 => other.slot = Slot(issued.slot.0 ^ 1),
        _ => {
            let batch = if issued.code.batch() == 1 { 2 } else { 1 };
            other.code = InvoiceCode::build(issued.code.area(), issued.code.year(), batch).unwrap_or(issued.code);
        }
    }
    other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_spread_distinct_and_within_the_chain() {
        let plan = PlantPlan::spread(1_000, 5);
        assert_eq!(plan.targets.iter().copied().collect::<Vec<_>>(), [100, 300, 500, 700, 900]);
        assert_eq!(PlantPlan::spread(3, 5).targets.iter().copied().collect::<Vec<_>>(), [0, 1, 2]);
        assert!(PlantPlan::spread(0, 5).is_empty());
    }

    #[test]
    fn every_alteration_alters() {
        let area = ledger_types::Area(4403);
        let code = InvoiceCode::build(area, 26, 1).expect("a code");
        for number in [1, 2, 3, 99_999_999] {
            let number = InvoiceNumber::new(number).expect("in range");
            let issued = Issued { slot: Slot(0), code, number };
            for turn in 0..3 {
                assert_ne!(other_issued(&issued, turn), issued, "{turn}");
            }
        }
    }
}
