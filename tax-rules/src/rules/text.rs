//! 533: printed texts hold no control characters: those of Unicode's class Cc (line feed and tab too), line and
//! paragraph separators, the byte order mark, and the controls of writing direction, which make a face read differently
//! from its data. Argument: the first such character's code point.

use ledger_types::refusal::Arg;
use ledger_types::{Field, Refusal, RejectReason};

use crate::context::{InvoiceInput, IssueContext};

pub(crate) fn judge_invoice(_: &IssueContext<'_>, invoice: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    let (facts, buyer) = (invoice.facts, invoice.buyer);
    out.extend(controlled(Field::Remark, &[&facts.remark]));
    out.extend(controlled(Field::Drawer, &[&facts.drawer]));
    out.extend(controlled(Field::BuyerName, &[&buyer.name]));
    out.extend(controlled(Field::Buyer, &[&buyer.address_and_bank]));
    if let Some(face) = invoice.seller {
        out.extend(controlled(Field::SellerFace, &[&face.branch, &face.address_and_bank]));
    }
}

pub(crate) fn judge_lines(_: &IssueContext<'_>, invoice: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    for (number, line) in invoice.numbered() {
        out.extend(controlled(Field::LineName, &[&line.name]).map(|r| r.at_line(number)));
        out.extend(controlled(Field::LineText, &[&line.spec, &line.unit]).map(|r| r.at_line(number)));
    }
}

fn controlled(field: Field, texts: &[&str]) -> Option<Refusal> {
    let found = texts.iter().flat_map(|t| t.chars()).find(|c| is_control(*c))?;
    Some(Refusal::new(RejectReason::TextCharacters, field).with([Arg::Count(u64::from(u32::from(found)))]))
}

fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}
