//! Failures by reason number, line and field: a sorted map, so that no order has to be kept by hand.

use std::collections::BTreeMap;

use ledger_types::refusal::{Arg, Level};
use ledger_types::{Field, Refusal, RejectReason};

use crate::verdict::Verdict;

#[derive(Default)]
pub(super) struct Report {
    failures: BTreeMap<(u16, u16, Field), Refusal>,
}

impl Report {
    /// A failure of the invoice as a whole.
    pub(super) fn whole(&mut self, reason: RejectReason, field: Field, args: Vec<Arg>) {
        self.insert(reason, field, None, args);
    }

    /// A failure of the line at `index`.
    pub(super) fn line(&mut self, index: usize, reason: RejectReason, field: Field, args: Vec<Arg>) {
        let printed = u16::try_from(index + 1).unwrap_or(u16::MAX);
        self.insert(reason, field, Some(printed), args);
    }

    fn insert(&mut self, reason: RejectReason, field: Field, line: Option<u16>, args: Vec<Arg>) {
        let refusal = Refusal { reason, level: Level::Error, field, item: None, line, args };
        self.failures.insert((reason.number(), line.unwrap_or(0), field), refusal);
    }

    pub(super) fn verdict(self) -> Verdict {
        Verdict { refusals: self.failures.into_values().collect() }
    }
}
