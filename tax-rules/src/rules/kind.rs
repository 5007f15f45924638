//! 505, 506: the kind of invoice is approved (票种核定), and the amount without tax is within the highest of one invoice
//! (最高开票限额): the seller's for that kind and the rule book's, whichever is lower. Arguments of 505: the kind; of
//! 506: the limit, the amount.

use ledger_types::refusal::Arg;
use ledger_types::{Field, InvoiceKind, KindApproval, Refusal, RejectReason, TaxpayerProfile};

use crate::context::{InvoiceInput, IssueContext};

pub(crate) fn judge(ctx: &IssueContext<'_>, invoice: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    let facts = invoice.facts;
    let mut limit = ctx.book.max_invoice_amount;
    if let Some(profile) = ctx.profile {
        match approval(profile, facts.kind) {
            Some(approval) => limit = limit.min(approval.max_amount),
            None => judge_approved(profile, facts.kind, out),
        }
    }
    if facts.net > limit {
        let args = [Arg::Money(limit), Arg::Money(facts.net)];
        out.push(Refusal::new(RejectReason::OverInvoiceLimit, Field::Net).with(args));
    }
}

/// 505 alone.
pub(crate) fn judge_approved(profile: &TaxpayerProfile, kind: InvoiceKind, out: &mut Vec<Refusal>) {
    if approval(profile, kind).is_none() {
        let args = [Arg::Choice(kind as u8)];
        out.push(Refusal::new(RejectReason::KindNotApproved, Field::Kind).with(args));
    }
}

/// The first approval of the kind; a valid profile has no second.
fn approval(profile: &TaxpayerProfile, kind: InvoiceKind) -> Option<&KindApproval> {
    profile.kinds.iter().find(|a| a.kind == kind)
}
