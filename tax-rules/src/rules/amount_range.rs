//! 532: amounts within ±10^13 yuan, and no total of a blue invoice below zero (a tolerance must not make one). A total of
//! exactly zero is a full discount. Arguments: the bound that is passed, the amount found.

use ledger_types::refusal::Arg;
use ledger_types::{Fen, Field, Refusal, RejectReason};

use crate::context::{InvoiceInput, IssueContext};

const MIN: Fen = Fen(-Fen::MAX.0);

pub(crate) fn judge_totals(_: &IssueContext<'_>, invoice: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    let facts = invoice.facts;
    for (field, amount) in [(Field::Net, facts.net), (Field::Tax, facts.tax), (Field::Total, facts.total)] {
        out.extend(outside(field, amount, Fen::ZERO));
    }
}

pub(crate) fn judge_lines(_: &IssueContext<'_>, invoice: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    for (number, line) in invoice.numbered() {
        for (field, amount) in [(Field::LineNet, line.net), (Field::LineTax, line.tax)] {
            out.extend(outside(field, amount, MIN).map(|r| r.at_line(number)));
        }
    }
}

fn outside(field: Field, amount: Fen, least: Fen) -> Option<Refusal> {
    let bound = if amount < least {
        least
    } else if amount > Fen::MAX {
        Fen::MAX
    } else {
        return None;
    };
    Some(Refusal::new(RejectReason::AmountRange, field).with([Arg::Money(bound), Arg::Money(amount)]))
}
