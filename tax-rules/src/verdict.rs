//! What the rules say about one invoice.

use ledger_types::refusal::Level;
use ledger_types::{Field, Refusal, RejectReason};

/// Every rule that failed, ordered by reason number, line and field. At most one refusal for each of those three.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The failed rules; warnings do not refuse. A receipt may keep fewer of them than stand here.
    pub refusals: Vec<Refusal>,
}

impl Verdict {
    /// The verdict where an area has no rule book at all.
    pub fn no_rule_book() -> Self {
        Self { refusals: vec![Refusal::new(RejectReason::NoRuleBook, Field::RuleBook)] }
    }

    /// True if nothing refuses.
    pub fn passes(&self) -> bool {
        self.refusals.iter().all(|r| r.level != Level::Error)
    }

    /// Brings refusals into their one order.
    pub(crate) fn ordered(mut refusals: Vec<Refusal>) -> Self {
        refusals.sort_by_key(|r| (r.reason, r.line, r.field));
        Self { refusals }
    }
}
