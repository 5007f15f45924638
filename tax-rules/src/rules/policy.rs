//! 516, 517: policies and rates that belong together.
//!
//! 516: 按3%简易, 按5%简易 and 减按1.5% have their rate. Arguments: the rate prescribed, the rate found.
//!
//! 517: 免税 and 不征税 go with the policies of those names, in both directions, and 普通零税率 goes with none. There is no
//! policy number for 出口零税 in the list 01-18, so exports go with any policy but those of the other zeros; the grant
//! decides. Arguments: rate and policy found, then the policy that the zero needs, or the zero that the policy needs.

use ledger_types::refusal::Arg;
use ledger_types::{Field, Policy, Refusal, RejectReason, TaxRate, ZeroKind};

use crate::context::{InvoiceInput, IssueContext};

pub(crate) fn judge(_: &IssueContext<'_>, invoice: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    for (number, line) in invoice.numbered() {
        if let Some(expected) = missed_rate(line.policy, line.rate) {
            let args = [Arg::Rate(expected), Arg::Rate(line.rate)];
            out.push(Refusal::new(RejectReason::PolicyRate, Field::LineRate).with(args).at_line(number));
        }
        if let Some(expected) = missed_partner(line.policy, line.rate) {
            let args = [Arg::Rate(line.rate), Arg::Choice(line.policy as u8), expected];
            out.push(Refusal::new(RejectReason::ZeroPolicy, Field::LinePolicy).with(args).at_line(number));
        }
    }
}

/// The rate above zero that the policy prescribes and the line does not have.
pub(crate) fn missed_rate(policy: Policy, rate: TaxRate) -> Option<TaxRate> {
    policy.prescribed_rate().filter(|r| matches!(r, TaxRate::Percent(_)) && *r != rate)
}

/// The policy that the zero needs, or the zero that the policy needs, where the line has another.
pub(crate) fn missed_partner(policy: Policy, rate: TaxRate) -> Option<Arg> {
    let needed = match rate {
        TaxRate::Zero(ZeroKind::Exempt) => Some(Policy::Exempt),
        TaxRate::Zero(ZeroKind::OutOfScope) => Some(Policy::OutOfScope),
        TaxRate::Zero(ZeroKind::Ordinary) => Some(Policy::None),
        TaxRate::Zero(ZeroKind::Export) | TaxRate::Percent(_) => None,
    };
    match needed {
        Some(needed) => (policy != needed).then_some(Arg::Choice(needed as u8)),
        None => policy.prescribed_rate().filter(|r| matches!(r, TaxRate::Zero(_))).map(Arg::Rate),
    }
}
