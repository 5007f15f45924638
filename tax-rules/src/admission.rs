//! Checks of the seller alone: before a red letter, and when an application is issued.

use ledger_types::{Application, Refusal, TaxpayerProfile};

use crate::context::IssueContext;
use crate::rules::{counts, kind, quota, standing};
use crate::verdict::Verdict;

/// Whether a seller may issue a red letter or ask for one: those whose standing or risk blocks issuing may not reverse
/// either. Reasons 502 to 504; empty if nothing stands against it.
pub fn check_red(profile: Option<&TaxpayerProfile>) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    standing::judge_seller(profile, &mut refusals);
    refusals
}

/// Whether an application may be issued now. The invoice was judged when it was applied for and is not judged again;
/// the seller is: standing, risk, kind, counts per day and minute, and the month's quota if the reservation lapsed with
/// an earlier month. Reasons 502 to 505 and 507 to 509. `ctx.purpose` does not matter; the expiry is the ledger's.
pub fn check_applied(ctx: &IssueContext<'_>, application: &Application) -> Verdict {
    let mut refusals = check_red(ctx.profile);
    if let Some(profile) = ctx.profile {
        kind::judge_approved(profile, application.kind, &mut refusals);
        if application.quota_month != ctx.usage.month {
            quota::judge_amount(profile, &ctx.usage, application.net, &mut refusals);
        }
        counts::judge_issuing(profile, &ctx.usage, &mut refusals);
    }
    Verdict::ordered(refusals)
}

#[cfg(test)]
#[path = "admission_test.rs"]
mod admission_test;
