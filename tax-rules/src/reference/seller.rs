//! The book and the seller: 501 to 509.

use ledger_types::refusal::Arg;
use ledger_types::{BlockTime, Fen, Field, RejectReason, RiskLevel, TaxpayerStatus};

use super::decimal::Decimal;
use super::report::Report;
use crate::context::{InvoiceInput, IssueContext, IssuePurpose};

pub(super) fn no_book_yet(ctx: &IssueContext<'_>, report: &mut Report) -> bool {
    let missing = ctx.book.effective_ms > ctx.now.0;
    if missing {
        let from = BlockTime(ctx.book.effective_ms);
        report.whole(RejectReason::NoRuleBook, Field::RuleBook, vec![Arg::Time(from), Arg::Time(ctx.now)]);
    }
    missing
}

pub(super) fn judge(ctx: &IssueContext<'_>, invoice: &InvoiceInput<'_>, report: &mut Report) {
    let facts = invoice.facts;
    let mut limits = vec![ctx.book.max_invoice_amount.0];
    match ctx.profile {
        None => report.whole(RejectReason::TaxpayerNotApproved, Field::Seller, vec![]),
        Some(profile) => {
            standing(profile.status, profile.risk, report);
            match profile.kinds.iter().position(|a| a.kind as u8 == facts.kind as u8) {
                Some(at) => limits.push(profile.kinds[at].max_amount.0),
                None => {
                    let kind = Arg::Choice(facts.kind as u8);
                    report.whole(RejectReason::KindNotApproved, Field::Kind, vec![kind]);
                }
            }
            quota(ctx, profile.monthly_quota.0, facts.net.0, report);
            if ctx.purpose != IssuePurpose::Apply {
                let (day, minute) = (ctx.usage.day_count, ctx.usage.minute_count);
                one_more(RejectReason::OverDailyCount, profile.daily_count, day, report);
                one_more(RejectReason::OverBurst, profile.burst_per_minute, minute, report);
            }
        }
    }
    let lowest = limits.into_iter().min().unwrap_or(0);
    if Decimal::yuan(facts.net.0).exceeds(&Decimal::yuan(lowest)) {
        let args = vec![Arg::Money(Fen(lowest)), Arg::Money(facts.net)];
        report.whole(RejectReason::OverInvoiceLimit, Field::Net, args);
    }
}

fn standing(status: TaxpayerStatus, risk: RiskLevel, report: &mut Report) {
    match status {
        TaxpayerStatus::Normal => {}
        TaxpayerStatus::Abnormal | TaxpayerStatus::Suspended | TaxpayerStatus::Fled | TaxpayerStatus::Cancelled => {
            let args = vec![Arg::Choice(0), Arg::Choice(status as u8)];
            report.whole(RejectReason::TaxpayerBlocked, Field::Status, args);
        }
    }
    match risk {
        RiskLevel::Low | RiskLevel::Medium => {}
        RiskLevel::High => {
            report.whole(RejectReason::TaxpayerRisk, Field::Seller, vec![Arg::Choice(1), Arg::Choice(2)]);
        }
    }
}

fn quota(ctx: &IssueContext<'_>, quota: i64, net: i64, report: &mut Report) {
    let used = Decimal::yuan(ctx.usage.reserved.0).plus(&Decimal::yuan(ctx.usage.consumed.0));
    if used.plus(&Decimal::yuan(net)).exceeds(&Decimal::yuan(quota)) {
        let amounts = [quota, used.fen_half_up(), net].map(|fen| Arg::Money(Fen(fen)));
        report.whole(RejectReason::OverQuota, Field::Net, amounts.to_vec());
    }
}

/// Whether one invoice more is over the limit; 0 is no limit.
fn one_more(reason: RejectReason, limit: u32, so_far: u32, report: &mut Report) {
    if limit > 0 && u64::from(so_far) + 1 > u64::from(limit) {
        let args = vec![Arg::Count(limit.into()), Arg::Count(so_far.into())];
        report.whole(reason, Field::Seller, args);
    }
}
