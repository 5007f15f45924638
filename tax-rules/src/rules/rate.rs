//! 514, 515: the rate stands in the rule book, and the seller has a grant for it, the tax code and the policy, valid at
//! block time (both ends included).
//!
//! Argument of 514: the rate. Arguments of 515: the rate, the code, the policy; if a grant fits but for its dates, the
//! dates of the first such. Grants for a code that is none are not looked up.

use ledger_types::refusal::Arg;
use ledger_types::{BlockTime, Field, InvoiceLine, RateGrant, Refusal, RejectReason};

use crate::context::{InvoiceInput, IssueContext};

pub(crate) fn judge(ctx: &IssueContext<'_>, invoice: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    for (number, line) in invoice.numbered() {
        if !line.rate.is_well_formed() || !ctx.book.rates.contains(&line.rate) {
            let refusal = Refusal::new(RejectReason::RateUnknown, Field::LineRate).with([Arg::Rate(line.rate)]);
            out.push(refusal.at_line(number));
        }
        if let (Some(profile), true) = (ctx.profile, line.tax_code.is_well_formed()) {
            judge_grants(&profile.rates, ctx.now, number, line, out);
        }
    }
}

fn judge_grants(grants: &[RateGrant], now: BlockTime, number: u16, line: &InvoiceLine, out: &mut Vec<Refusal>) {
    let mut out_of_date = None;
    for grant in grants.iter().filter(|g| covers(g, line)) {
        if (grant.valid_from_ms..=grant.valid_to_ms).contains(&now.0) {
            return;
        }
        out_of_date = out_of_date.or(Some(grant));
    }
    let wanted = [Arg::Rate(line.rate), Arg::TaxCode(line.tax_code), Arg::Choice(line.policy as u8)];
    let dates = out_of_date.into_iter().flat_map(|g| [g.valid_from_ms, g.valid_to_ms]);
    let refusal = Refusal::new(RejectReason::RateNotGranted, Field::LineRate)
        .with(wanted)
        .with(dates.map(|ms| Arg::Time(BlockTime(ms))));
    out.push(refusal.at_line(number));
}

fn covers(grant: &RateGrant, line: &InvoiceLine) -> bool {
    grant.rate == line.rate
        && grant.policy == line.policy
        && line.tax_code.has_prefix(grant.code_prefix, grant.prefix_digits)
}
