//! 519, 520: 不征税 lines (by rate) and 简易征收 lines (by policy) stand on invoices of their own. Line: the first that
//! differs from line 1. Arguments: lines of the special kind, other lines.

use ledger_types::refusal::Arg;
use ledger_types::{Field, InvoiceLine, Refusal, RejectReason, TaxRate, ZeroKind};

use crate::context::{InvoiceInput, IssueContext};

pub(crate) fn judge(_: &IssueContext<'_>, invoice: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    let out_of_scope = |l: &InvoiceLine| l.rate == TaxRate::Zero(ZeroKind::OutOfScope);
    let simplified = |l: &InvoiceLine| l.policy.is_simplified();
    judge_one(invoice, out_of_scope, RejectReason::OutOfScopeMixed, Field::LineRate, out);
    judge_one(invoice, simplified, RejectReason::SimplifiedMixed, Field::LinePolicy, out);
}

fn judge_one(
    invoice: &InvoiceInput<'_>,
    is_special: impl Fn(&InvoiceLine) -> bool,
    reason: RejectReason,
    field: Field,
    out: &mut Vec<Refusal>,
) {
    let Some(first) = invoice.lines.first().map(&is_special) else { return };
    let Some((stranger, _)) = invoice.numbered().find(|(_, l)| is_special(l) != first) else { return };
    let (mut special, mut others) = (0u64, 0u64);
    for line in invoice.lines {
        *(if is_special(line) { &mut special } else { &mut others }) += 1;
    }
    let args = [Arg::Count(special), Arg::Count(others)];
    out.push(Refusal::new(reason, field).with(args).at_line(stranger));
}
