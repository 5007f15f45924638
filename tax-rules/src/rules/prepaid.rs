//! 518: tax codes that start with 6 (no sale yet: prepaid cards, advance payments) are 不征税. Arguments: the rate
//! expected, the rate found.

use ledger_types::refusal::Arg;
use ledger_types::{Field, Refusal, RejectReason, TaxRate, ZeroKind};

use crate::context::{InvoiceInput, IssueContext};

const NO_SALE_YET: u8 = 6;
const OUT_OF_SCOPE: TaxRate = TaxRate::Zero(ZeroKind::OutOfScope);

pub(crate) fn judge(_: &IssueContext<'_>, invoice: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    for (number, line) in invoice.numbered() {
        if line.tax_code.part() == NO_SALE_YET && line.rate != OUT_OF_SCOPE {
            let args = [Arg::Rate(OUT_OF_SCOPE), Arg::Rate(line.rate)];
            let refusal = Refusal::new(RejectReason::PrepaidNotOutOfScope, Field::LineRate).with(args);
            out.push(refusal.at_line(number));
        }
    }
}
