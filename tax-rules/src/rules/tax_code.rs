//! 512, 513: the tax code has 19 digits and is within the seller's approved categories (经营范围); no categories approve
//! all. Argument: the code. A code that is none is not looked up.

use ledger_types::refusal::Arg;
use ledger_types::{Field, Refusal, RejectReason, TaxCode};

use crate::context::{InvoiceInput, IssueContext};

pub(crate) fn judge(ctx: &IssueContext<'_>, invoice: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    let categories = ctx.profile.map_or(&[][..], |p| &p.categories);
    for (number, line) in invoice.numbered() {
        let reason = if !line.tax_code.is_well_formed() {
            RejectReason::TaxCodeInvalid
        } else if !is_covered(line.tax_code, categories) {
            RejectReason::CategoryNotApproved
        } else {
            continue;
        };
        let refusal = Refusal::new(reason, Field::LineTaxCode).with([Arg::TaxCode(line.tax_code)]);
        out.push(refusal.at_line(number));
    }
}

fn is_covered(code: TaxCode, categories: &[(u64, u8)]) -> bool {
    categories.is_empty() || categories.iter().any(|(prefix, digits)| code.has_prefix(*prefix, *digits))
}
