//! Lines in number and mixture, remark, title, reserved features, printed texts of the whole: 510, 519, 520, 529 to 531
//! and 533.

use ledger_types::body::TitleKind;
use ledger_types::refusal::Arg;
use ledger_types::{Field, InvoiceKind, RejectReason};

use super::lines::{first_control, is_out_of_scope, is_simplified};
use super::report::Report;
use crate::context::{InvoiceInput, IssueContext};

pub(super) fn judge(ctx: &IssueContext<'_>, invoice: &InvoiceInput<'_>, report: &mut Report) {
    let (lines, most) = (invoice.lines.len(), ctx.book.max_lines as usize);
    if !(1..=most).contains(&lines) {
        report.whole(RejectReason::LineCount, Field::Lines, counts(&[most, lines]));
    }
    let scopes: Vec<bool> = invoice.lines.iter().map(|l| is_out_of_scope(l.rate)).collect();
    mixture(&scopes, RejectReason::OutOfScopeMixed, Field::LineRate, report);
    let levies: Vec<bool> = invoice.lines.iter().map(|l| is_simplified(l.policy)).collect();
    mixture(&levies, RejectReason::SimplifiedMixed, Field::LinePolicy, report);

    let remark: Vec<char> = invoice.facts.remark.chars().collect();
    if remark.len() > ctx.book.max_remark as usize {
        let args = counts(&[ctx.book.max_remark as usize, remark.len()]);
        report.whole(RejectReason::RemarkTooLong, Field::Remark, args);
    }
    title(ctx, invoice, report);
    reserved(invoice, report);
    texts(invoice, report);
}

fn counts(numbers: &[usize]) -> Vec<Arg> {
    numbers.iter().map(|n| Arg::Count(*n as u64)).collect()
}

/// All lines are special or none is.
fn mixture(special: &[bool], reason: RejectReason, field: Field, report: &mut Report) {
    let yes = special.iter().filter(|s| **s).count();
    let no = special.len() - yes;
    if yes == 0 || no == 0 {
        return;
    }
    let mut stranger = 0;
    while special[stranger] == special[0] {
        stranger += 1;
    }
    report.line(stranger, reason, field, counts(&[yes, no]));
}

fn title(ctx: &IssueContext<'_>, invoice: &InvoiceInput<'_>, report: &mut Report) {
    let buyer = invoice.buyer;
    let length = buyer.name.chars().count();
    let most = ctx.book.max_buyer_name as usize;
    let blank = buyer.name.chars().all(char::is_whitespace);
    let reason = RejectReason::BuyerTitle;
    match buyer.kind {
        TitleKind::Organisation if blank => report.whole(reason, Field::BuyerName, vec![Arg::Choice(0)]),
        _ if length > most => {
            let mut args = vec![Arg::Choice(1)];
            args.extend(counts(&[most, length]));
            report.whole(reason, Field::BuyerName, args);
        }
        _ => {}
    }
    match (&buyer.tax_id, buyer.kind) {
        (None, TitleKind::Organisation) => {
            if ctx.book.organisation_needs_tax_id {
                report.whole(reason, Field::BuyerTaxId, vec![Arg::Choice(0)]);
            }
        }
        (None, TitleKind::Individual) => {}
        (Some(id), _) => {
            if id.check() != Ok(()) {
                report.whole(reason, Field::BuyerTaxId, vec![Arg::Choice(2)]);
            }
        }
    }
}

fn reserved(invoice: &InvoiceInput<'_>, report: &mut Report) {
    let facts = invoice.facts;
    let reason = RejectReason::Reserved;
    match facts.kind {
        InvoiceKind::BlockchainOrdinary => {}
        InvoiceKind::BlockchainSpecial => report.whole(reason, Field::Kind, vec![Arg::Choice(1)]),
    }
    if facts.special_element > 0 {
        report.whole(reason, Field::SpecialElement, vec![Arg::Choice(facts.special_element)]);
    }
    if let Some(amount) = facts.deduction {
        report.whole(reason, Field::Deduction, vec![Arg::Money(amount)]);
    }
}

fn texts(invoice: &InvoiceInput<'_>, report: &mut Report) {
    let mut printed = vec![
        (Field::Remark, invoice.facts.remark.clone()),
        (Field::Drawer, invoice.facts.drawer.clone()),
        (Field::BuyerName, invoice.buyer.name.clone()),
        (Field::Buyer, invoice.buyer.address_and_bank.clone()),
    ];
    if let Some(seller) = invoice.seller {
        printed.push((Field::SellerFace, seller.branch.clone() + &seller.address_and_bank));
    }
    for (field, text) in printed {
        if let Some(code) = first_control(&text) {
            report.whole(RejectReason::TextCharacters, field, vec![Arg::Count(code)]);
        }
    }
}
