//! 510: at least one line, at most the rule book's number. Arguments: the most, the number found.

use ledger_types::refusal::Arg;
use ledger_types::{Field, Refusal, RejectReason};

use crate::context::{InvoiceInput, IssueContext};
use crate::scaled::count;

pub(crate) fn judge(ctx: &IssueContext<'_>, invoice: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    let found = invoice.lines.len();
    if found == 0 || found > usize::from(ctx.book.max_lines) {
        let args = [Arg::Count(u64::from(ctx.book.max_lines)), count(found)];
        out.push(Refusal::new(RejectReason::LineCount, Field::Lines).with(args));
    }
}
