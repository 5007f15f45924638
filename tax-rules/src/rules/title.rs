//! 530: the buyer's title (抬头). An organisation has a name and, if the rule book says so, a tax id; a person may have
//! neither. A tax id that is given is right, a name is no longer than allowed. Arguments: the fault's number; for names
//! that are too long, the limit and the characters found.

use ledger_types::body::TitleKind;
use ledger_types::refusal::Arg;
use ledger_types::{Field, Refusal, RejectReason};

use crate::context::{InvoiceInput, IssueContext};
use crate::scaled::count;

/// What is wrong with a title; the number is the refusal's first argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum TitleFault {
    /// Missing or blank.
    Missing = 0,
    /// Too long.
    TooLong = 1,
    /// A tax id of the wrong length, with other characters than digits and capitals, or a wrong check digit.
    Invalid = 2,
}

pub(crate) fn judge(ctx: &IssueContext<'_>, invoice: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    let buyer = invoice.buyer;
    let organisation = buyer.kind == TitleKind::Organisation;
    let (chars, limit) = (buyer.name.chars().count(), usize::from(ctx.book.max_buyer_name));
    if organisation && buyer.name.trim().is_empty() {
        out.push(faulty(Field::BuyerName, TitleFault::Missing));
    } else if chars > limit {
        out.push(faulty(Field::BuyerName, TitleFault::TooLong).with([count(limit), count(chars)]));
    }
    match &buyer.tax_id {
        Some(tax_id) if tax_id.check().is_err() => out.push(faulty(Field::BuyerTaxId, TitleFault::Invalid)),
        None if organisation && ctx.book.organisation_needs_tax_id => {
            out.push(faulty(Field::BuyerTaxId, TitleFault::Missing));
        }
        _ => {}
    }
}

fn faulty(field: Field, fault: TitleFault) -> Refusal {
    Refusal::new(RejectReason::BuyerTitle, field).with([Arg::Choice(fault as u8)])
}
