//! 508, 509: invoices a day and within a minute; a limit of 0 is no limit. Applications do not count until they are
//! issued. Arguments: the limit, invoices so far.

use ledger_types::refusal::Arg;
use ledger_types::{Field, Refusal, RejectReason, TaxpayerProfile, Usage};

use crate::context::{InvoiceInput, IssueContext, IssuePurpose};

pub(crate) fn judge(ctx: &IssueContext<'_>, _: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    if let (Some(profile), IssuePurpose::Issue) = (ctx.profile, ctx.purpose) {
        judge_issuing(profile, &ctx.usage, out);
    }
}

/// The same, for an application that is issued.
pub(crate) fn judge_issuing(profile: &TaxpayerProfile, usage: &Usage, out: &mut Vec<Refusal>) {
    let limits = [
        (RejectReason::OverDailyCount, profile.daily_count, usage.day_count),
        (RejectReason::OverBurst, profile.burst_per_minute, usage.minute_count),
    ];
    for (reason, limit, so_far) in limits {
        if limit != 0 && so_far >= limit {
            let args = [Arg::Count(u64::from(limit)), Arg::Count(u64::from(so_far))];
            out.push(Refusal::new(reason, Field::Seller).with(args));
        }
    }
}
