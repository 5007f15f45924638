//! 521: lines of a blue invoice are above zero, discount lines below; none is zero. Arguments: the line's nature, its
//! amount.

use ledger_types::body::LineNature;
use ledger_types::refusal::Arg;
use ledger_types::{Fen, Field, Refusal, RejectReason};

use crate::context::{InvoiceInput, IssueContext};

pub(crate) fn judge(_: &IssueContext<'_>, invoice: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    for (number, line) in invoice.numbered() {
        let right = match line.nature {
            LineNature::Normal | LineNature::Discounted => line.net > Fen::ZERO,
            LineNature::Discount => line.net < Fen::ZERO,
        };
        if !right {
            let args = [Arg::Choice(line.nature as u8), Arg::Money(line.net)];
            out.push(Refusal::new(RejectReason::LineSign, Field::LineNet).with(args).at_line(number));
        }
    }
}
