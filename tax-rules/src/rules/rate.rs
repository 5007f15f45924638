//! 514, 515: the rate stands in the rule book, and the seller has a grant for it, the tax code and the policy, valid at
//! block time (both ends included).
//!
//! Argument of 514: the rate. Arguments of 515: the rate, the code, the policy; if a grant fits but for its dates, the
//! dates of the first such. Grants for a code that is none are not looked up.

use ledger_types::refusal::Arg;
use ledger_types::{BlockTime, Field, InvoiceLine, RateGrant, Refusal, RejectReason};

use crate::code_range::CodeRange;
use crate::context::{InvoiceInput, IssueContext};

pub(crate) fn judge(ctx: &IssueContext<'_>, invoice: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    let grants: Option<Vec<Grant<'_>>> = ctx.profile.map(|p| p.rates.iter().map(Grant::new).collect());
    for (number, line) in invoice.numbered() {
        if !line.rate.is_well_formed() || !ctx.book.rates.contains(&line.rate) {
            let refusal = Refusal::new(RejectReason::RateUnknown, Field::LineRate).with([Arg::Rate(line.rate)]);
            out.push(refusal.at_line(number));
        }
        if let (Some(grants), true) = (&grants, line.tax_code.is_well_formed()) {
            judge_grants(grants, ctx.now, number, line, out);
        }
    }
}

struct Grant<'a> {
    granted: &'a RateGrant,
    codes: CodeRange,
}

impl<'a> Grant<'a> {
    fn new(granted: &'a RateGrant) -> Self {
        Self { granted, codes: CodeRange::of(granted.code_prefix, granted.prefix_digits) }
    }

    fn covers(&self, line: &InvoiceLine) -> bool {
        self.codes.contains(line.tax_code) && self.granted.rate == line.rate && self.granted.policy == line.policy
    }
}

fn judge_grants(grants: &[Grant<'_>], now: BlockTime, number: u16, line: &InvoiceLine, out: &mut Vec<Refusal>) {
    let mut out_of_date = None;
    for grant in grants.iter().filter(|g| g.covers(line)).map(|g| g.granted) {
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
