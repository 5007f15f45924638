//! 522, 523: quantity and price come together, both above zero, and their product is the line's amount without tax.
//! Discount lines have neither (528 says so), so they are left out here.
//!
//! Argument of 522: the fault's number. Arguments of 523: the amount found, the tolerance.

use ledger_types::body::LineNature;
use ledger_types::refusal::Arg;
use ledger_types::{Fen, Field, InvoiceLine, Quantity, Refusal, RejectReason};

use crate::context::{InvoiceInput, IssueContext};

/// What is wrong with quantity and price; the number is the refusal's argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum QuantityFault {
    /// A price without a quantity.
    NoQuantity = 0,
    /// A quantity without a price.
    NoPrice = 1,
    /// One of them is not a number in its one form: more than 13 decimals, or trailing zeros.
    Malformed = 2,
    /// One of them is zero or below.
    NotPositive = 3,
}

pub(crate) fn judge(ctx: &IssueContext<'_>, invoice: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    for (number, line) in invoice.numbered().filter(|(_, l)| l.nature != LineNature::Discount) {
        let refusal = match pair(line) {
            Ok(None) => continue,
            Ok(Some((quantity, price))) => {
                if product_is_near(quantity, price, line.net, ctx.book.product_tolerance) {
                    continue;
                }
                let args = [Arg::Money(line.net), Arg::Money(ctx.book.product_tolerance)];
                Refusal::new(RejectReason::LineProduct, Field::LineNet).with(args)
            }
            Err(fault) => {
                Refusal::new(RejectReason::QuantityPrice, Field::LineQuantity).with([Arg::Choice(fault as u8)])
            }
        };
        out.push(refusal.at_line(number));
    }
}

fn pair(line: &InvoiceLine) -> Result<Option<(Quantity, Quantity)>, QuantityFault> {
    let (quantity, price) = match (line.quantity, line.price) {
        (None, None) => return Ok(None),
        (None, Some(_)) => return Err(QuantityFault::NoQuantity),
        (Some(_), None) => return Err(QuantityFault::NoPrice),
        (Some(quantity), Some(price)) => (quantity, price),
    };
    if !quantity.is_well_formed() || !price.is_well_formed() {
        return Err(QuantityFault::Malformed);
    }
    if quantity.mantissa() <= 0 || price.mantissa() <= 0 {
        return Err(QuantityFault::NotPositive);
    }
    Ok(Some((quantity, price)))
}

/// `|quantity * price - net| <= tolerance`, exactly and for all values in range: instead of scaling the amount up to the
/// product's 26 decimals, which can leave `i128`, the product is cut down to whole fen, once to each side. A whole
/// number of fen lies between the bounds exactly if the product cut towards it does.
pub(crate) fn product_is_near(quantity: Quantity, price: Quantity, net: Fen, tolerance: Fen) -> bool {
    let product = i128::from(quantity.mantissa()) * i128::from(price.mantissa());
    let decimals = u32::from(quantity.scale()) + u32::from(price.scale());
    let (low, high) = match decimals.checked_sub(2) {
        Some(digits) => {
            let unit = 10i128.pow(digits);
            let low = product.div_euclid(unit);
            (low, low + i128::from(product.rem_euclid(unit) != 0))
        }
        // A product so large that this overflows is beyond every amount.
        None => match product.checked_mul(10i128.pow(2 - decimals)) {
            Some(fen) => (fen, fen),
            None => return false,
        },
    };
    let (net, tolerance) = (i128::from(net.0), i128::from(tolerance.0));
    net - tolerance <= low && high <= net + tolerance
}

#[cfg(test)]
#[path = "quantity_test.rs"]
mod quantity_test;
