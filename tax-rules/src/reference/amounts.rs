//! Amounts, in yuan with all decimals: 521 to 526, the size of discounts in 528, 532.

use ledger_types::body::LineNature;
use ledger_types::refusal::Arg;
use ledger_types::{Fen, Field, InvoiceLine, Quantity, RejectReason};

use super::decimal::Decimal;
use super::report::Report;
use crate::context::{InvoiceInput, IssueContext};

/// 10^13 yuan.
const MOST: i64 = 1_000_000_000_000_000;

fn money(fen: i64) -> Arg {
    Arg::Money(Fen(fen))
}

/// Amount times rate.
fn full_tax(line: &InvoiceLine) -> Decimal {
    let ten_thousandths = i64::try_from(line.rate.basis_points()).unwrap_or(i64::MAX);
    Decimal::yuan(line.net.0).times(&Decimal::new(ten_thousandths, 4))
}

fn total(parts: impl Iterator<Item = Decimal>) -> Decimal {
    let mut sum = Decimal::yuan(0);
    for part in parts {
        sum = sum.plus(&part);
    }
    sum
}

pub(super) fn judge_whole(ctx: &IssueContext<'_>, invoice: &InvoiceInput<'_>, report: &mut Report) {
    let (facts, book) = (invoice.facts, ctx.book);
    let nets = total(invoice.lines.iter().map(|l| Decimal::yuan(l.net.0)));
    let taxes = total(invoice.lines.iter().map(|l| Decimal::yuan(l.tax.0)));
    let exact = total(invoice.lines.iter().map(full_tax));

    if !exact.is_within(&Decimal::yuan(book.invoice_tax_tolerance.0), &taxes) {
        let args = [exact.fen_half_up(), taxes.fen_half_up(), book.invoice_tax_tolerance.0];
        report.whole(RejectReason::InvoiceTax, Field::Tax, args.map(money).to_vec());
    }
    let with_tax = Decimal::yuan(facts.net.0).plus(&Decimal::yuan(facts.tax.0));
    for (field, sum, found) in
        [(Field::Net, nets, facts.net.0), (Field::Tax, taxes, facts.tax.0), (Field::Total, with_tax, facts.total.0)]
    {
        if !sum.is_within(&Decimal::yuan(book.sum_tolerance.0), &Decimal::yuan(found)) {
            let args = [sum.fen_half_up(), found, book.sum_tolerance.0];
            report.whole(RejectReason::Totals, field, args.map(money).to_vec());
        }
        if found < 0 {
            report.whole(RejectReason::AmountRange, field, vec![money(0), money(found)]);
        }
        if found > MOST {
            report.whole(RejectReason::AmountRange, field, vec![money(MOST), money(found)]);
        }
    }
}

pub(super) fn judge_line(ctx: &IssueContext<'_>, line: &InvoiceLine, index: usize, report: &mut Report) {
    for (field, amount) in [(Field::LineNet, line.net.0), (Field::LineTax, line.tax.0)] {
        if amount > MOST {
            report.line(index, RejectReason::AmountRange, field, vec![money(MOST), money(amount)]);
        }
        if amount < -MOST {
            report.line(index, RejectReason::AmountRange, field, vec![money(-MOST), money(amount)]);
        }
    }
    let is_discount = line.nature == LineNature::Discount;
    if line.net.0 == 0 || (line.net.0 < 0) != is_discount {
        let args = vec![Arg::Choice(line.nature as u8), money(line.net.0)];
        report.line(index, RejectReason::LineSign, Field::LineNet, args);
    }
    let tolerance = if is_discount { ctx.book.discount_tax_tolerance } else { ctx.book.line_tax_tolerance };
    let exact = full_tax(line);
    if !exact.is_within(&Decimal::yuan(tolerance.0), &Decimal::yuan(line.tax.0)) {
        let args = [exact.fen_half_up(), line.tax.0, tolerance.0];
        report.line(index, RejectReason::LineTax, Field::LineTax, args.map(money).to_vec());
    }
    if !is_discount {
        quantity_and_price(ctx, line, index, report);
    }
}

fn quantity_and_price(ctx: &IssueContext<'_>, line: &InvoiceLine, index: usize, report: &mut Report) {
    let fault = match (line.quantity, line.price) {
        (None, None) => return,
        (None, Some(_)) => 0,
        (Some(_), None) => 1,
        (Some(q), Some(p)) if !has_one_form(q) || !has_one_form(p) => 2,
        (Some(q), Some(p)) if q.mantissa() < 1 || p.mantissa() < 1 => 3,
        (Some(q), Some(p)) => {
            let product = decimal(q).times(&decimal(p));
            let tolerance = ctx.book.product_tolerance.0;
            if !product.is_within(&Decimal::yuan(tolerance), &Decimal::yuan(line.net.0)) {
                let args = vec![money(line.net.0), money(tolerance)];
                report.line(index, RejectReason::LineProduct, Field::LineNet, args);
            }
            return;
        }
    };
    report.line(index, RejectReason::QuantityPrice, Field::LineQuantity, vec![Arg::Choice(fault)]);
}

fn decimal(quantity: Quantity) -> Decimal {
    Decimal::new(quantity.mantissa(), usize::from(quantity.scale()))
}

/// At most 13 decimals, the last of them not zero.
fn has_one_form(quantity: Quantity) -> bool {
    quantity.scale() == 0 || (quantity.scale() <= 13 && !quantity.mantissa().to_string().ends_with('0'))
}

/// The part of 528 on amounts: a discount is no larger than what it discounts.
pub(super) fn judge_discount(full: &InvoiceLine, discount: &InvoiceLine, index: usize, report: &mut Report) {
    if Decimal::yuan(discount.net.0).negated().exceeds(&Decimal::yuan(full.net.0)) {
        let args = vec![money(full.net.0), money(discount.net.0)];
        report.line(index, RejectReason::DiscountMismatch, Field::LineNet, args);
    }
}
