//! 531: what is reserved for later: the special kind of invoice, special elements (特定要素) and 差额征税. Argument: what
//! was found.

use ledger_types::refusal::Arg;
use ledger_types::{Field, InvoiceKind, Refusal, RejectReason};

use crate::context::{InvoiceInput, IssueContext};

pub(crate) fn judge(_: &IssueContext<'_>, invoice: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    let facts = invoice.facts;
    let found = [
        (facts.kind == InvoiceKind::BlockchainSpecial).then_some((Field::Kind, Arg::Choice(facts.kind as u8))),
        (facts.special_element != 0).then_some((Field::SpecialElement, Arg::Choice(facts.special_element))),
        facts.deduction.map(|amount| (Field::Deduction, Arg::Money(amount))),
    ];
    let refusals = found.into_iter().flatten();
    out.extend(refusals.map(|(field, arg)| Refusal::new(RejectReason::Reserved, field).with([arg])));
}
