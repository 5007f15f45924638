//! 525: the sum of the lines' taxes is near the sum of their amounts times their rates, which no line is rounded in.
//! Arguments: that sum half up, the sum of taxes, the tolerance.

use ledger_types::refusal::Arg;
use ledger_types::{Field, Refusal, RejectReason};

use crate::context::{InvoiceInput, IssueContext};
use crate::scaled::{exact_tax, is_near, money, shown_tax};

pub(crate) fn judge(ctx: &IssueContext<'_>, invoice: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    let exact: i128 = invoice.lines.iter().map(exact_tax).sum();
    let taxes: i128 = invoice.lines.iter().map(|l| i128::from(l.tax.0)).sum();
    let tolerance = ctx.book.invoice_tax_tolerance;
    if !is_near(exact, taxes, tolerance) {
        let args = [shown_tax(exact), money(taxes), Arg::Money(tolerance)];
        out.push(Refusal::new(RejectReason::InvoiceTax, Field::Tax).with(args));
    }
}
