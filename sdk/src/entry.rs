//! From what a merchant enters to what is signed: amounts with tax are split, prices follow, totals are added up.

use ledger_types::body::EntryMode;
use ledger_types::refusal::Arg;
use ledger_types::{Fen, Field, InvoiceLine, LineNature, Quantity, Refusal, RejectReason, RuleBook};
use proto::convert::{DraftInvoice, DraftLine};
use tax_rules::entry::{self, Item, LineLabel};

use crate::invoice_draft::InvoiceDraft;

/// Lines beyond this many are rounded together: alone, their roundings could add up to more than an invoice may be off.
const ROUNDED_ALONE: usize = 64;

/// Whether [`draft`] needs the rule book.
#[must_use]
pub fn needs_book(input: &DraftInvoice) -> bool {
    input.lines.len() > ROUNDED_ALONE && input.lines.iter().all(|l| l.tax.is_none())
}

/// The invoice as it will stand on the face. What the rules judge is left to the rules; refused here is only what would
/// not survive the way: reserved features, totals that are not the sum of the lines, prices that do not give their
/// amount.
///
/// # Errors
/// Every refusal.
pub fn draft(input: DraftInvoice, book: Option<&RuleBook>) -> Result<InvoiceDraft, Vec<Refusal>> {
    let mut refusals = reserved(&input);
    let lines = match book.filter(|_| needs_book(&input)).and_then(|book| together(book, &input)) {
        Some(lines) => lines,
        None => numbered(&input.lines).map(|(n, line)| alone(input.entry, line, n, &mut refusals)).collect(),
    };
    let draft = InvoiceDraft {
        kind: input.kind,
        entry: input.entry,
        buyer: input.buyer,
        seller: input.seller,
        lines,
        remark: input.remark,
        drawer: input.drawer,
        token: None,
    };
    match (draft.totals(), input.totals) {
        (Err(_), _) => refusals.push(Refusal::new(RejectReason::AmountRange, Field::Total)),
        (Ok((net, tax)), Some(given)) => {
            let total = Fen(net.0.saturating_add(tax.0));
            for (field, found, sum) in
                [(Field::Net, given.net, net), (Field::Tax, given.tax, tax), (Field::Total, given.total, total)]
            {
                if found != sum {
                    let refusal = Refusal::new(RejectReason::Totals, field);
                    refusals.push(refusal.with([Arg::Money(found), Arg::Money(sum)]));
                }
            }
        }
        (Ok(_), None) => {}
    }
    if refusals.is_empty() { Ok(draft) } else { Err(refusals) }
}

fn reserved(input: &DraftInvoice) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    if input.special_element != 0 {
        refusals.push(Refusal::new(RejectReason::Reserved, Field::SpecialElement));
    }
    if input.deduction.is_some() {
        refusals.push(Refusal::new(RejectReason::Reserved, Field::Deduction));
    }
    refusals
}

/// Lines with their printed numbers.
fn numbered(lines: &[DraftLine]) -> impl Iterator<Item = (u16, &DraftLine)> {
    (1u16..=u16::MAX).zip(lines)
}

fn label(line: &DraftLine) -> LineLabel {
    LineLabel {
        name: line.name.clone(),
        tax_code: line.tax_code,
        spec: line.spec.clone(),
        unit: line.unit.clone(),
        rate: line.rate,
        policy: line.policy,
    }
}

/// One line by itself.
fn alone(entry: EntryMode, line: &DraftLine, number: u16, refusals: &mut Vec<Refusal>) -> InvoiceLine {
    let amount = i128::from(line.amount.0);
    let (net, tax) = match (entry, line.tax) {
        (EntryMode::Net, Some(tax)) => (line.amount, tax),
        (EntryMode::Gross, Some(tax)) => (Fen(line.amount.0.saturating_sub(tax.0)), tax),
        (EntryMode::Net, None) => (line.amount, fen(line.rate.tax_on_net(amount))),
        (EntryMode::Gross, None) => {
            let net = line.rate.net_of_gross(amount);
            (fen(net), fen(amount - net))
        }
    };
    InvoiceLine {
        nature: line.nature,
        name: line.name.clone(),
        tax_code: line.tax_code,
        spec: line.spec.clone(),
        unit: line.unit.clone(),
        quantity: line.quantity,
        price: price(entry, line, net, number, refusals),
        net,
        rate: line.rate,
        policy: line.policy,
        tax,
    }
}

/// The price without tax. With tax it is first held against its amount, then made anew from the net amount.
fn price(entry: EntryMode, line: &DraftLine, net: Fen, number: u16, refusals: &mut Vec<Refusal>) -> Option<Quantity> {
    let (EntryMode::Gross, Some(quantity), Some(price)) = (entry, line.quantity, line.price) else { return line.price };
    if !quantity.times_is_about(price, i128::from(line.amount.0), 1) {
        let refusal = Refusal::new(RejectReason::LineProduct, Field::LineQuantity).at_line(number);
        refusals.push(refusal.with([Arg::Money(line.amount)]));
    }
    // A quantity for which there is no such price keeps the one with tax: the rules name what is wrong with it.
    entry::line_from_net(label(line), Some(quantity), net).map_or(Some(price), |made| made.price)
}

fn fen(value: i128) -> Fen {
    Fen(i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX }))
}

/// All lines rounded together; `None` if they are not such as the rules' own helper makes.
fn together(book: &RuleBook, input: &DraftInvoice) -> Option<Vec<InvoiceLine>> {
    let mut items = Vec::new();
    let mut rest = input.lines.iter().peekable();
    while let Some(line) = rest.next() {
        let discount = match (line.nature, rest.peek()) {
            (LineNature::Normal, _) => Fen::ZERO,
            (LineNature::Discounted, Some(next)) if next.nature == LineNature::Discount => {
                rest.next()?.amount.checked_neg()?
            }
            _ => return None,
        };
        // Prices without tax are the merchant's own and stay; such lines are made alone.
        if input.entry == EntryMode::Net && line.price.is_some() {
            return None;
        }
        let quantity = line.price.and(line.quantity);
        items.push(Item { label: label(line), quantity, amount: line.amount, discount });
    }
    entry::lines(book, input.entry, &items).ok()
}

#[cfg(test)]
#[path = "entry_test.rs"]
mod entry_test;
