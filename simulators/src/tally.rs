//! What is counted while a day is played.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use ledger_types::{RejectReason, TxOutcome};

use crate::life::What;
use crate::plan::Act;
use crate::seen::{Expect, Seen};

/// What is remembered of a transaction under way.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    /// Which invoice of the plan.
    pub invoice: usize,
    /// What is done to it.
    pub what: What,
    /// What must come.
    pub expect: Expect,
    /// The simulated minute it was sent in.
    pub minute: u32,
}

/// Something that came otherwise than expected.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Violation {
    /// Which invoice of the plan.
    pub invoice: usize,
    /// What was done.
    pub what: String,
    /// What was expected.
    pub expected: String,
    /// What came.
    pub seen: String,
}

/// Counters of a run.
pub struct Tally {
    /// Attempts to issue an invoice.
    pub attempted: u64,
    /// Invoices issued.
    pub issued: u64,
    /// Transactions answered.
    pub transactions: u64,
    /// Attempts to issue that were refused, by reason; one with several counts under each.
    pub issue_refusals: BTreeMap<RejectReason, u64>,
    /// All refusals by reason.
    pub refusals: BTreeMap<RejectReason, u64>,
    /// Accepted steps by name.
    pub flows: BTreeMap<&'static str, u64>,
    /// Cheats by name: tried and refused as expected.
    pub cheats: BTreeMap<&'static str, (u64, u64)>,
    /// Latency in microseconds.
    pub latency: Histogram<u64>,
    /// Answers by minute of the run.
    pub answered: Vec<u32>,
    /// Issued invoices by minute of the run.
    pub issued_by_minute: Vec<u32>,
    /// The first violations.
    pub violations: Vec<Violation>,
    /// All of them.
    pub violations_total: u64,
}

/// Violations kept with their text.
const KEPT: usize = 100;

/// A latency histogram: one microsecond to ten minutes, three digits.
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 600_000_000, 3).expect("constant bounds are valid")
}

/// Microseconds, at least one.
pub fn micros(latency: Duration) -> u64 {
    u64::try_from(latency.as_micros()).unwrap_or(u64::MAX).clamp(1, 600_000_000)
}

impl Tally {
    /// Nothing yet, for a run of so many minutes.
    pub fn new(minutes: usize) -> Self {
        Self {
            attempted: 0,
            issued: 0,
            transactions: 0,
            issue_refusals: BTreeMap::new(),
            refusals: BTreeMap::new(),
            flows: BTreeMap::new(),
            cheats: BTreeMap::new(),
            latency: histogram(),
            answered: vec![0; minutes],
            issued_by_minute: vec![0; minutes],
            violations: Vec::new(),
            violations_total: 0,
        }
    }

    /// Counts an answer. `cheat` names the cheat if it was one.
    pub fn count(&mut self, sent: Mark, cheat: Option<&'static str>, seen: &Seen, latency: Duration) {
        let Mark { invoice, what, expect, minute } = sent;
        self.transactions += 1;
        self.latency.saturating_record(micros(latency));
        let minute = (minute as usize).min(self.answered.len().saturating_sub(1));
        self.answered[minute] += 1;
        match (what, seen) {
            (What::Issue, Seen::Accepted(TxOutcome::Issued(_))) => {
                self.issued += 1;
                self.issued_by_minute[minute] += 1;
            }
            (What::Again, _) => *self.flows.entry("repeated").or_default() += 1,
            (What::Act(act), Seen::Accepted(_)) => *self.flows.entry(flow(act)).or_default() += 1,
            _ => {}
        }
        if let Seen::Refused(reasons) = seen {
            for reason in reasons {
                *self.refusals.entry(*reason).or_default() += 1;
                if what == What::Issue {
                    *self.issue_refusals.entry(*reason).or_default() += 1;
                }
            }
        }
        let met = expect.is_met(seen);
        if let Some(cheat) = cheat {
            let (tried, refused) = self.cheats.entry(cheat).or_default();
            *tried += 1;
            *refused += u64::from(met);
        }
        if !met {
            self.violate(invoice, format!("{what:?}"), format!("{expect:?}"), seen.describe());
        }
    }

    /// Notes that something came otherwise than expected.
    pub fn violate(&mut self, invoice: usize, what: String, expected: String, seen: String) {
        self.violations_total += 1;
        if self.violations.len() < KEPT {
            self.violations.push(Violation { invoice, what, expected, seen });
        }
    }
}

/// The name of an accepted step in reports.
fn flow(act: Act) -> &'static str {
    match act {
        Act::Claim => "claimed",
        Act::Offer => "offered",
        Act::Accept => "transferred",
        Act::Lock => "locked",
        Act::Book => "booked",
        Act::Reimburse => "reimbursed",
        Act::RedDirect | Act::RedConfirmed => "red",
        Act::AskRed => "red_asked",
        Act::ConfirmRed => "red_confirmed",
        Act::Cheat(_) => "cheated",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::personas::cheat::Cheat;

    #[test]
    fn a_successful_cheat_is_a_violation_and_not_counted_as_refused() {
        let mut tally = Tally::new(10);
        let cheat = Cheat::ReimburseTwice;
        let expect = Expect::Refused(cheat.expected(false));
        let what = What::Act(Act::Cheat(cheat));
        let refused = Seen::Refused(vec![cheat.expected(false)]);
        tally.count(
            Mark { invoice: 1, what, expect, minute: 3 },
            Some(cheat.name()),
            &refused,
            Duration::from_millis(2),
        );
        assert_eq!((tally.violations_total, tally.cheats[cheat.name()]), (0, (1, 1)));
        tally.count(
            Mark { invoice: 2, what, expect, minute: 99 },
            Some(cheat.name()),
            &Seen::Accepted(TxOutcome::Done),
            Duration::ZERO,
        );
        assert_eq!((tally.violations_total, tally.cheats[cheat.name()]), (1, (2, 1)));
        assert_eq!(tally.violations[0].invoice, 2);
        assert_eq!(
            (tally.answered[3], tally.answered[9]),
            (1, 1),
            "what comes after the day counts in its last minute"
        );
        assert_eq!(tally.refusals[&RejectReason::AlreadyReimbursed], 1);
        assert!(tally.issue_refusals.is_empty());
    }
}
