//! Rules about names, remarks and titles (511, 529, 530, 533).

use ledger_types::{BuyerTitle, RejectReason, RuleBook, SectionKind, TitleKind};

use super::line_number;
use crate::opened::OpenedInvoice;
use crate::reasons::Reasons;

pub(super) fn judge(book: &RuleBook, invoice: &OpenedInvoice, found: &mut Reasons) {
    let (facts, buyer) = (&invoice.facts, &invoice.buyer);
    found.add_if(longer(&facts.remark, book.max_remark), RejectReason::RemarkTooLong);
    found.add_if(!invoice.erased.has(SectionKind::Buyer) && !title_is_good(book, buyer), RejectReason::BuyerTitle);

    let face = invoice.seller.as_ref().map(|face| [&face.branch, &face.address_and_bank]);
    let whole = [&facts.remark, &facts.drawer, &buyer.name, &buyer.address_and_bank];
    let controls = whole.into_iter().chain(face.into_iter().flatten()).any(|text| has_control(text));
    found.add_if(controls, RejectReason::TextCharacters);

    for (index, line) in invoice.lines.iter().enumerate() {
        let at = line_number(index);
        if longer(&line.name, book.max_line_name) || !is_line_name(&line.name) {
            found.add_line(at, RejectReason::LineName);
        }
        if [&line.name, &line.spec, &line.unit].into_iter().any(|text| has_control(text)) {
            found.add_line(at, RejectReason::TextCharacters);
        }
    }
}

fn longer(text: &str, limit: u16) -> bool {
    text.chars().nth(usize::from(limit)).is_some()
}

/// Characters that print nothing but steer the printing: controls, line separators, writing direction, byte order.
fn has_control(text: &str) -> bool {
    let steers = |c| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    text.chars().any(|c| c.is_control() || steers(c))
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// Most characters of the short name with its two stars (domain: the direct-connect channel's field limits).
const SHORT_NAME_WITH_STARS: u16 = 17;
/// Most characters of the item's own name.
const ITEM_NAME: u16 = 100;

/// `*short name*item`, neither part empty or too long.
fn is_line_name(name: &str) -> bool {
    let parts = name.strip_prefix('*').and_then(|rest| rest.split_once('*'));
    parts.is_some_and(|(short, item)| {
        !is_blank(short) && !is_blank(item) && !longer(short, SHORT_NAME_WITH_STARS - 2) && !longer(item, ITEM_NAME)
    })
}

fn title_is_good(book: &RuleBook, buyer: &BuyerTitle) -> bool {
    let organisation = buyer.kind == TitleKind::Organisation;
    let named = !organisation || !is_blank(&buyer.name);
    let identified = buyer.tax_id.is_some() || !organisation || !book.organisation_needs_tax_id;
    let good_id = buyer.tax_id.as_ref().is_none_or(|id| id.check().is_ok());
    named && identified && good_id && !longer(&buyer.name, book.max_buyer_name)
}
