//! Runs the list of rules.

use crate::context::{InvoiceInput, IssueContext};
use crate::rule_list::{RULES, Scope};
use crate::verdict::Verdict;

/// Judges an invoice: all failed rules, ordered by reason number, line and field.
///
/// Without a rule book in force only that is reported: nothing else can be judged. With more lines than the book
/// allows, the rules on single lines are left out: the invoice has to be split, and the refusals of tens of thousands
/// of lines would help nobody.
pub fn evaluate(ctx: &IssueContext<'_>, invoice: &InvoiceInput<'_>) -> Verdict {
    let too_many = invoice.lines.len() > usize::from(ctx.book.max_lines);
    let mut refusals = Vec::new();
    for rule in RULES {
        if rule.scope == Scope::Lines && too_many {
            continue;
        }
        (rule.judge)(ctx, invoice, &mut refusals);
        if rule.scope == Scope::Gate && !refusals.is_empty() {
            break;
        }
    }
    Verdict::ordered(refusals)
}
