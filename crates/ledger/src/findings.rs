//! Refusals as they are found: all that can be known are reported, in order.

use ledger_types::RejectReason;
use ledger_types::limits::{MAX_RECEIPT_ARGS, MAX_REFUSALS};
use ledger_types::refusal::{Field, Level, Refusal};

use crate::fault::ExecutionFault;
use crate::state_view::StateFault;

/// Why a transition ends early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Refused: a receipt says so.
    Refused(Vec<Refusal>),
    /// The block cannot be executed.
    Fault(ExecutionFault),
}

impl From<StateFault> for Stop {
    fn from(fault: StateFault) -> Self {
        Self::Fault(fault.into())
    }
}

impl From<ExecutionFault> for Stop {
    fn from(fault: ExecutionFault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(vec![refusal])
    }
}

/// Refusals found so far.
#[derive(Debug, Default)]
pub(crate) struct Findings(Vec<Refusal>);

impl Findings {
    /// Adds one.
    pub(crate) fn add(&mut self, refusal: Refusal) {
        self.0.push(refusal);
    }

    /// Adds one unless `holds`.
    pub(crate) fn require(&mut self, holds: bool, reason: RejectReason, field: Field) {
        if !holds {
            self.add(Refusal::new(reason, field));
        }
    }

    /// Adds many.
    pub(crate) fn extend(&mut self, refusals: impl IntoIterator<Item = Refusal>) {
        self.0.extend(refusals);
    }

    /// The value of a step, or `None` with its refusals added. Faults pass through.
    pub(crate) fn take<T>(&mut self, step: Result<T, Stop>) -> Result<Option<T>, Stop> {
        match step {
            Ok(value) => Ok(Some(value)),
            Err(Stop::Refused(refusals)) => {
                self.extend(refusals);
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }

    /// Ends the transition with what was found.
    pub(crate) fn refuse(self) -> Stop {
        Stop::Refused(self.0)
    }

    /// Goes on if nothing refuses; warnings alone do not.
    pub(crate) fn finish(self) -> Result<(), Stop> {
        if self.0.iter().any(|r| r.level == Level::Error) { Err(Stop::Refused(self.0)) } else { Ok(()) }
    }
}

/// Brings refusals into the form of a receipt: ordered by number, none twice, within the limits of a receipt.
/// Warnings give way to errors, and arguments are dropped from the end before refusals are.
pub(crate) fn for_receipt(mut refusals: Vec<Refusal>) -> Vec<Refusal> {
    refusals.sort_by_key(|r| (r.reason.number(), r.item, r.line, r.field));
    refusals.dedup();
    if refusals.len() > MAX_REFUSALS {
        refusals.retain(|r| r.level == Level::Error);
        refusals.truncate(MAX_REFUSALS);
    }
    let mut room = MAX_RECEIPT_ARGS;
    for refusal in &mut refusals {
        if refusal.args.len() > room {
            refusal.args.clear();
        }
        room -= refusal.args.len();
    }
    refusals
}

#[cfg(test)]
mod tests {
    use ledger_types::refusal::Arg;

    use super::*;

    #[test]
    fn a_receipt_is_ordered_and_bounded_and_keeps_errors() {
        let mut many: Vec<Refusal> = (0..100u16)
            .map(|i| Refusal::new(RejectReason::LineTax, Field::LineTax).at_line(100 - i).with([Arg::Count(1)]))
            .collect();
        many.push(Refusal { level: Level::Warning, ..Refusal::new(RejectReason::Malformed, Field::Transaction) });
        many.push(Refusal::new(RejectReason::OverQuota, Field::Net).with([Arg::Count(2), Arg::Count(3)]));
        let out = for_receipt(many);
        assert_eq!(out.len(), MAX_REFUSALS);
        assert_eq!(out[0].reason, RejectReason::OverQuota, "the warning made room");
        assert_eq!((out[1].line, out[2].line), (Some(1), Some(2)));
        assert_eq!(out.iter().map(|r| r.args.len()).sum::<usize>(), MAX_RECEIPT_ARGS);
    }

    #[test]
    fn warnings_alone_do_not_refuse() {
        let mut found = Findings::default();
        found.add(Refusal { level: Level::Warning, ..Refusal::new(RejectReason::LineTax, Field::LineTax) });
        assert!(found.finish().is_ok());
    }
}
