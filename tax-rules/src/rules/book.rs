//! 501: a rule book must be in force. Arguments: when it takes force, block time.

use ledger_types::refusal::Arg;
use ledger_types::{BlockTime, Field, Refusal, RejectReason};

use crate::context::{InvoiceInput, IssueContext};

pub(crate) fn judge(ctx: &IssueContext<'_>, _: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    if ctx.now.0 < ctx.book.effective_ms {
        let times = [Arg::Time(BlockTime(ctx.book.effective_ms)), Arg::Time(ctx.now)];
        out.push(Refusal::new(RejectReason::NoRuleBook, Field::RuleBook).with(times));
    }
}
