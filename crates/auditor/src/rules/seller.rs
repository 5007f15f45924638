//! Rules about the seller: standing, kinds, limits, quota and counts (502-509).

use ledger_types::{RejectReason, RiskLevel, TaxpayerProfile, TaxpayerStatus};

use super::{Judgement, Used};
use crate::opened::OpenedInvoice;
use crate::reasons::Reasons;

/// What blocks a taxpayer from issuing, and from red letters.
pub(crate) fn standing(profile: Option<&TaxpayerProfile>, found: &mut Reasons) {
    match profile {
        None => found.add(RejectReason::TaxpayerNotApproved),
        Some(profile) => {
            found.add_if(profile.status != TaxpayerStatus::Normal, RejectReason::TaxpayerBlocked);
            found.add_if(profile.risk == RiskLevel::High, RejectReason::TaxpayerRisk);
        }
    }
}

pub(super) fn judge(by: &Judgement<'_>, invoice: &OpenedInvoice, found: &mut Reasons) {
    standing(by.profile, found);
    let facts = &invoice.facts;
    let over_book = facts.net > by.book.max_invoice_amount;
    let Some(profile) = by.profile else {
        found.add_if(over_book, RejectReason::OverInvoiceLimit);
        return;
    };
    let approval = profile.kinds.iter().find(|approval| approval.kind == facts.kind);
    found.add_if(approval.is_none(), RejectReason::KindNotApproved);
    let over_approval = approval.is_some_and(|approval| facts.net > approval.max_amount);
    found.add_if(over_book || over_approval, RejectReason::OverInvoiceLimit);
    let month = by.used.month + i128::from(facts.net.0);
    found.add_if(month > i128::from(profile.monthly_quota.0), RejectReason::OverQuota);
    if by.counts {
        counts(by.used, profile, found);
    }
}

/// What one more invoice breaks of the day's and the minute's count.
pub(crate) fn counts(used: Used, profile: &TaxpayerProfile, found: &mut Reasons) {
    let reached = |limit: u32, count: u64| limit != 0 && count >= u64::from(limit);
    found.add_if(reached(profile.daily_count, used.day_count), RejectReason::OverDailyCount);
    found.add_if(reached(profile.burst_per_minute, used.minute_count), RejectReason::OverBurst);
}
