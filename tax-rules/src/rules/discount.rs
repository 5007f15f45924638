//! 527, 528: discount pairs. A discounted line (被折扣行) is followed at once by its discount line (折扣行), and a discount
//! line stands nowhere else. The discount has the name, tax code, rate and policy of its line, neither quantity nor
//! price, and is no larger than the line.
//!
//! Arguments of 527: the nature the neighbour should have, the one it has (none at the end of the invoice). Arguments of
//! 528: the line's value and the discount's, by field; none for names and quantities.

use ledger_types::body::LineNature;
use ledger_types::refusal::Arg;
use ledger_types::{Field, InvoiceLine, Refusal, RejectReason};

use crate::context::{InvoiceInput, IssueContext};

pub(crate) fn judge(_: &IssueContext<'_>, invoice: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    let mut previous: Option<&InvoiceLine> = None;
    let mut following = invoice.lines.iter().skip(1);
    for (number, line) in invoice.numbered() {
        let next = following.next();
        match line.nature {
            LineNature::Normal => {}
            LineNature::Discounted => judge_neighbour(next, LineNature::Discount, number, out),
            LineNature::Discount => {
                judge_neighbour(previous, LineNature::Discounted, number, out);
                judge_quantity(line, number, out);
                if let Some(discounted) = previous.filter(|p| p.nature == LineNature::Discounted) {
                    judge_pair(discounted, line, number, out);
                }
            }
        }
        previous = Some(line);
    }
}

fn judge_neighbour(found: Option<&InvoiceLine>, expected: LineNature, number: u16, out: &mut Vec<Refusal>) {
    let found = found.map(|l| l.nature);
    if found != Some(expected) {
        let args = std::iter::once(expected).chain(found).map(|n| Arg::Choice(n as u8));
        out.push(Refusal::new(RejectReason::DiscountPair, Field::LineNature).with(args).at_line(number));
    }
}

fn judge_quantity(discount: &InvoiceLine, number: u16, out: &mut Vec<Refusal>) {
    if discount.quantity.is_some() || discount.price.is_some() {
        out.push(mismatch(Field::LineQuantity, [], number));
    }
}

fn judge_pair(line: &InvoiceLine, discount: &InvoiceLine, number: u16, out: &mut Vec<Refusal>) {
    if discount.name != line.name {
        out.push(mismatch(Field::LineName, [], number));
    }
    if discount.tax_code != line.tax_code {
        let codes = [Arg::TaxCode(line.tax_code), Arg::TaxCode(discount.tax_code)];
        out.push(mismatch(Field::LineTaxCode, codes, number));
    }
    if discount.rate != line.rate {
        out.push(mismatch(Field::LineRate, [Arg::Rate(line.rate), Arg::Rate(discount.rate)], number));
    }
    if discount.policy != line.policy {
        let policies = [line.policy, discount.policy].map(|p| Arg::Choice(p as u8));
        out.push(mismatch(Field::LinePolicy, policies, number));
    }
    if i128::from(line.net.0) + i128::from(discount.net.0) < 0 {
        let amounts = [Arg::Money(line.net), Arg::Money(discount.net)];
        out.push(mismatch(Field::LineNet, amounts, number));
    }
}

fn mismatch<const N: usize>(field: Field, args: [Arg; N], number: u16) -> Refusal {
    Refusal::new(RejectReason::DiscountMismatch, field).with(args).at_line(number)
}
