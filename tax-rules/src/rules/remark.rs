//! 529: the length of the remark (备注). Arguments: the most characters, those found.

use ledger_types::refusal::Arg;
use ledger_types::{Field, Refusal, RejectReason};

use crate::context::{InvoiceInput, IssueContext};
use crate::scaled::count;

pub(crate) fn judge(ctx: &IssueContext<'_>, invoice: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    let found = invoice.facts.remark.chars().count();
    if found > usize::from(ctx.book.max_remark) {
        let args = [Arg::Count(u64::from(ctx.book.max_remark)), count(found)];
        out.push(Refusal::new(RejectReason::RemarkTooLong, Field::Remark).with(args));
    }
}
