//! Invoices: the public fields of a request, and the forms of numbers in the opened sections.
//!
//! Amounts, tax codes, texts and tax ids of the body are left to the rules, which report all that is wrong at once;
//! here stand only forms that two byte strings could share, or that arithmetic could not digest.

use ledger_types::payload::InvoiceRequest;
use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{InvoiceLine, Quantity};

use super::{bad, check_owner, ensure, is_positive, spends};
use crate::admission::opened::{OpenedBody, OpenedInvoice};

/// Owner, order and payments of one invoice.
pub(super) fn check_request(request: &InvoiceRequest) -> Result<(), Refusal> {
    check_owner(&request.owner)?;
    spends::check_list(request.payments.iter().map(|p| &p.spend), Field::Payments)?;
    for (i, payment) in request.payments.iter().enumerate() {
        let refusal = || bad(Field::Payments).with([Arg::Money(payment.amount)]).at_item(i as u16);
        ensure(is_positive(payment.amount), refusal)?;
    }
    Ok(())
}

/// Numbers of the opened body in their one form. Items are counted as the batch does.
pub(in crate::admission) fn check_opened(opened: &OpenedBody) -> Result<(), Refusal> {
    match opened {
        OpenedBody::None => Ok(()),
        OpenedBody::Invoice(invoice) => check_lines(invoice),
        OpenedBody::Batch(invoices) => {
            for (i, invoice) in invoices.iter().enumerate() {
                check_lines(invoice).map_err(|refusal| refusal.at_item(i as u16))?;
            }
            Ok(())
        }
    }
}

fn check_lines(invoice: &OpenedInvoice) -> Result<(), Refusal> {
    for (i, line) in invoice.lines.iter().enumerate() {
        // Lines are counted as printed, from 1; more than the transaction's bytes allow cannot come.
        let number = u16::try_from(i + 1).unwrap_or(u16::MAX);
        check_line(line).map_err(|refusal| refusal.at_line(number))?;
    }
    Ok(())
}

fn check_line(line: &InvoiceLine) -> Result<(), Refusal> {
    let formed = |q: Option<Quantity>| q.is_none_or(Quantity::is_well_formed);
    ensure(formed(line.quantity) && formed(line.price), || bad(Field::LineQuantity))?;
    ensure(line.rate.is_well_formed(), || bad(Field::LineRate).with([Arg::Rate(line.rate)]))
}
