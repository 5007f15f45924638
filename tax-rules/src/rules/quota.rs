//! 507: reservations, consumption and this invoice stay within the month's quota (总授信额度). All amounts without tax.
//! Arguments: the quota, what is reserved and consumed, this invoice.

use ledger_types::refusal::Arg;
use ledger_types::{Fen, Field, Refusal, RejectReason, TaxpayerProfile, Usage};

use crate::context::{InvoiceInput, IssueContext};
use crate::scaled::money;

pub(crate) fn judge(ctx: &IssueContext<'_>, invoice: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    if let Some(profile) = ctx.profile {
        judge_amount(profile, &ctx.usage, invoice.facts.net, out);
    }
}

/// The same for an amount that is not in an invoice's facts: an application whose reservation lapsed.
pub(crate) fn judge_amount(profile: &TaxpayerProfile, usage: &Usage, net: Fen, out: &mut Vec<Refusal>) {
    let used = i128::from(usage.reserved.0) + i128::from(usage.consumed.0);
    if used + i128::from(net.0) > i128::from(profile.monthly_quota.0) {
        let args = [Arg::Money(profile.monthly_quota), money(used), Arg::Money(net)];
        out.push(Refusal::new(RejectReason::OverQuota, Field::Net).with(args));
    }
}
