//! 524: a line's tax is near its amount times its rate; discount lines have a tolerance of their own. Arguments: the
//! tax half up, the tax found, the tolerance.

use ledger_types::body::LineNature;
use ledger_types::refusal::Arg;
use ledger_types::{Field, Refusal, RejectReason};

use crate::context::{InvoiceInput, IssueContext};
use crate::scaled::{exact_tax, is_near, shown_tax};

pub(crate) fn judge(ctx: &IssueContext<'_>, invoice: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    for (number, line) in invoice.numbered() {
        let tolerance = match line.nature {
            LineNature::Normal | LineNature::Discounted => ctx.book.line_tax_tolerance,
            LineNature::Discount => ctx.book.discount_tax_tolerance,
        };
        let exact = exact_tax(line);
        if !is_near(exact, i128::from(line.tax.0), tolerance) {
            let args = [shown_tax(exact), Arg::Money(line.tax), Arg::Money(tolerance)];
            out.push(Refusal::new(RejectReason::LineTax, Field::LineTax).with(args).at_line(number));
        }
    }
}
