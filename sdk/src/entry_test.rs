//! Entry with and without tax ends in faces that pass.
#![allow(clippy::unwrap_used)]

use ledger_types::{Area, BuyerTitle, InvoiceKind, Policy, TaxRate, TitleKind, Usage};
use proto::convert::DraftTotals;
use tax_rules::{InvoiceInput, IssueContext, IssuePurpose};

use super::*;

fn line(amount: i64) -> DraftLine {
    DraftLine {
        nature: LineNature::Normal,
        name: "*餐饮服务*餐费".into(),
        tax_code: "3070401000000000000".parse().unwrap(),
        spec: String::new(),
        unit: String::new(),
        quantity: None,
        price: None,
        amount: Fen(amount),
        rate: TaxRate::Percent(600),
        policy: Policy::None,
        tax: None,
    }
}

fn input(entry: EntryMode, lines: Vec<DraftLine>) -> DraftInvoice {
    DraftInvoice {
        kind: InvoiceKind::BlockchainOrdinary,
        entry,
        buyer: BuyerTitle {
            kind: TitleKind::Individual,
            name: "个人".into(),
            tax_id: None,
            address_and_bank: String::new(),
        },
        seller: None,
        lines,
        remark: String::new(),
        drawer: String::new(),
        totals: None,
        special_element: 0,
        deduction: None,
    }
}

/// The reasons of the rules about lines and totals; who the seller is does not matter here.
fn arithmetic(draft: &InvoiceDraft, book: &RuleBook) -> Vec<RejectReason> {
    let facts = draft.facts([0; 16]);
    let now = ledger_types::BlockTime(1_793_462_400_000);
    let usage = tax_rules::usage::roll(Usage::default(), now);
    let context = IssueContext { book, profile: None, usage, now, purpose: IssuePurpose::Issue };
    let face = InvoiceInput { facts: &facts, seller: None, buyer: &draft.buyer, lines: &draft.lines };
    let about_lines = RejectReason::LineSign..=RejectReason::DiscountMismatch;
    let found = tax_rules::evaluate(&context, &face).refusals;
    found.into_iter().map(|r| r.reason).filter(|r| about_lines.contains(r)).collect()
}

#[test]
fn gross_entry_keeps_the_gross_and_net_entry_the_net() {
    let gross = draft(input(EntryMode::Gross, vec![line(19_800)]), None).unwrap();
    assert_eq!((gross.lines[0].net, gross.lines[0].tax), (Fen(18_679), Fen(1_121)));
    let net = draft(input(EntryMode::Net, vec![line(18_679)]), None).unwrap();
    assert_eq!((net.lines[0].net, net.lines[0].tax), (Fen(18_679), Fen(1_121)));
}

#[test]
fn the_merchants_own_tax_is_taken_as_it_is() {
    let own = DraftLine { tax: Some(Fen(1_120)), ..line(19_800) };
    let gross = draft(input(EntryMode::Gross, vec![own.clone()]), None).unwrap();
    assert_eq!((gross.lines[0].net, gross.lines[0].tax), (Fen(18_680), Fen(1_120)));
    let net = draft(input(EntryMode::Net, vec![own]), None).unwrap();
    assert_eq!((net.lines[0].net, net.lines[0].tax), (Fen(19_800), Fen(1_120)));
}

#[test]
fn a_price_with_tax_becomes_one_without_that_gives_the_net() {
    let priced = DraftLine { quantity: Some("3".parse().unwrap()), price: Some("66".parse().unwrap()), ..line(19_800) };
    let made = draft(input(EntryMode::Gross, vec![priced.clone()]), None).unwrap();
    assert!(made.lines[0].quantity.unwrap().times_is_about(made.lines[0].price.unwrap(), 18_679, 1));
    assert!(arithmetic(&made, &RuleBook::standard(Area(4403), 1, 0)).is_empty());
    let wrong = DraftLine { price: Some("67".parse().unwrap()), ..priced };
    let refusals = draft(input(EntryMode::Gross, vec![line(100), wrong]), None).unwrap_err();
    assert_eq!((refusals[0].reason, refusals[0].line), (RejectReason::LineProduct, Some(2)));
}

#[test]
fn totals_of_the_merchant_are_held_against_the_sums() {
    let with = |net, tax, total| {
        let totals = Some(DraftTotals { net: Fen(net), tax: Fen(tax), total: Fen(total) });
        draft(DraftInvoice { totals, ..input(EntryMode::Gross, vec![line(19_800)]) }, None)
    };
    assert!(with(18_679, 1_121, 19_800).is_ok());
    let refusals = with(18_680, 1_121, 19_801).unwrap_err();
    let fields: Vec<Field> = refusals.iter().map(|r| r.field).collect();
    assert_eq!(fields, [Field::Net, Field::Total]);
    assert_eq!(refusals[0].args, [Arg::Money(Fen(18_680)), Arg::Money(Fen(18_679))]);
}

#[test]
fn what_is_reserved_is_refused_by_field_and_money_out_of_range_too() {
    let reserved =
        DraftInvoice { special_element: 3, deduction: Some(Fen(1)), ..input(EntryMode::Gross, vec![line(100)]) };
    let fields: Vec<Field> = draft(reserved, None).unwrap_err().iter().map(|r| r.field).collect();
    assert_eq!(fields, [Field::SpecialElement, Field::Deduction]);
    let huge = input(EntryMode::Net, vec![line(i64::MAX), line(i64::MAX)]);
    assert_eq!(draft(huge, None).unwrap_err()[0].reason, RejectReason::AmountRange);
    let negative = input(EntryMode::Gross, vec![line(i64::MIN), line(i64::MIN)]);
    assert_eq!(draft(negative, None).unwrap_err()[0].reason, RejectReason::AmountRange);
}

#[test]
fn very_many_like_lines_are_rounded_together_and_pass() {
    let book = RuleBook::standard(Area(4403), 1, 0);
    let many = input(EntryMode::Gross, vec![line(110); 1_000]);
    assert!(needs_book(&many));
    let alone = draft(many.clone(), None).unwrap();
    assert_eq!(arithmetic(&alone, &book), [RejectReason::InvoiceTax], "one by one the roundings add up");
    let together = draft(many, Some(&book)).unwrap();
    assert!(arithmetic(&together, &book).is_empty());
    let (net, tax) = together.totals().unwrap();
    assert_eq!(net.0 + tax.0, 110_000, "the gross stays exact");
    assert!(!needs_book(&input(EntryMode::Gross, vec![line(110); 64])));
}

#[test]
fn discounts_keep_their_pairs_alone_and_together() {
    let book = RuleBook::standard(Area(4403), 1, 0);
    let pair = [
        DraftLine { nature: LineNature::Discounted, ..line(10_000) },
        DraftLine { nature: LineNature::Discount, ..line(-1_000) },
    ];
    for times in [1, 40] {
        let lines: Vec<DraftLine> = std::iter::repeat_n(pair.clone(), times).flatten().collect();
        let made = draft(input(EntryMode::Gross, lines), Some(&book)).unwrap();
        assert_eq!(made.lines.len(), 2 * times);
        assert_eq!(made.lines[1].nature, LineNature::Discount);
        assert!(arithmetic(&made, &book).is_empty(), "{times}");
    }
}
