//! 526: amounts and taxes of the lines add up to 合计金额 and 合计税额, and those to 价税合计. Arguments: the sum, the total
//! found, the tolerance.

use ledger_types::refusal::Arg;
use ledger_types::{Fen, Field, Refusal, RejectReason};

use crate::context::{InvoiceInput, IssueContext};
use crate::scaled::money;

pub(crate) fn judge(ctx: &IssueContext<'_>, invoice: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    let facts = invoice.facts;
    let sum =
        |of: fn(&ledger_types::InvoiceLine) -> Fen| -> i128 { invoice.lines.iter().map(|l| i128::from(of(l).0)).sum() };
    let checks = [
        (Field::Net, sum(|l| l.net), facts.net),
        (Field::Tax, sum(|l| l.tax), facts.tax),
        (Field::Total, i128::from(facts.net.0) + i128::from(facts.tax.0), facts.total),
    ];
    let tolerance = ctx.book.sum_tolerance;
    for (field, sum, found) in checks {
        if (sum - i128::from(found.0)).abs() > i128::from(tolerance.0) {
            let args = [money(sum), Arg::Money(found), Arg::Money(tolerance)];
            out.push(Refusal::new(RejectReason::Totals, field).with(args));
        }
    }
}
