//! 502-504: the seller is approved, in good standing, and no risk taxpayer (风险纳税人). Arguments of 503 and 504: the
//! standing or the highest risk level that is allowed, and the one found.

use ledger_types::refusal::Arg;
use ledger_types::{Field, Refusal, RejectReason, RiskLevel, TaxpayerProfile, TaxpayerStatus};

use crate::context::{InvoiceInput, IssueContext};

pub(crate) fn judge(ctx: &IssueContext<'_>, _: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    judge_seller(ctx.profile, out);
}

/// The same for whatever else a seller does: blocked taxpayers may not reverse either.
pub(crate) fn judge_seller(profile: Option<&TaxpayerProfile>, out: &mut Vec<Refusal>) {
    let Some(profile) = profile else {
        out.push(Refusal::new(RejectReason::TaxpayerNotApproved, Field::Seller));
        return;
    };
    if profile.status != TaxpayerStatus::Normal {
        let args = [Arg::Choice(TaxpayerStatus::Normal as u8), Arg::Choice(profile.status as u8)];
        out.push(Refusal::new(RejectReason::TaxpayerBlocked, Field::Status).with(args));
    }
    if profile.risk == RiskLevel::High {
        let args = [Arg::Choice(RiskLevel::Medium as u8), Arg::Choice(profile.risk as u8)];
        out.push(Refusal::new(RejectReason::TaxpayerRisk, Field::Seller).with(args));
    }
}
