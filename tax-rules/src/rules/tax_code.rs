//! 512, 513: the tax code has 19 digits and is within the seller's approved categories (经营范围); no categories approve
//! all. Argument: the code. A code that is none is not looked up.

use ledger_types::refusal::Arg;
use ledger_types::{Field, Refusal, RejectReason};

use crate::code_range::CodeRange;
use crate::context::{InvoiceInput, IssueContext};

pub(crate) fn judge(ctx: &IssueContext<'_>, invoice: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    let categories = ctx.profile.map_or(&[][..], |p| &p.categories);
    let ranges: Vec<CodeRange> = categories.iter().map(|(prefix, digits)| CodeRange::of(*prefix, *digits)).collect();
    for (number, line) in invoice.numbered() {
        let reason = if !line.tax_code.is_well_formed() {
            RejectReason::TaxCodeInvalid
        } else if !ranges.is_empty() && !ranges.iter().any(|r| r.contains(line.tax_code)) {
            RejectReason::CategoryNotApproved
        } else {
            continue;
        };
        let refusal = Refusal::new(reason, Field::LineTaxCode).with([Arg::TaxCode(line.tax_code)]);
        out.push(refusal.at_line(number));
    }
}
