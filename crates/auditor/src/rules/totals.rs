//! Rules about the invoice's sums (525, 526, 531, 532).

use ledger_types::{Fen, InvoiceKind, RejectReason, RuleBook, SectionKind};

use super::line_number;
use crate::opened::OpenedInvoice;
use crate::reasons::Reasons;

pub(super) fn judge(book: &RuleBook, invoice: &OpenedInvoice, found: &mut Reasons) {
    let facts = &invoice.facts;
    if invoice.erased.has(SectionKind::Lines) {
        let with_tax = i128::from(facts.net.0) + i128::from(facts.tax.0);
        let apart = (with_tax - i128::from(facts.total.0)).abs() > i128::from(book.sum_tolerance.0);
        found.add_if(apart, RejectReason::Totals);
    } else {
        against_lines(book, invoice, found);
    }
    let special = facts.special_element != 0 || facts.kind == InvoiceKind::BlockchainSpecial;
    found.add_if(special || facts.deduction.is_some(), RejectReason::Reserved);
    range(invoice, found);
}

/// The totals and the sums over the lines.
fn against_lines(book: &RuleBook, invoice: &OpenedInvoice, found: &mut Reasons) {
    let (facts, lines) = (&invoice.facts, &invoice.lines);
    let sum = |amount: fn(&ledger_types::InvoiceLine) -> i64| lines.iter().map(|l| i128::from(amount(l))).sum::<i128>();
    let (nets, taxes) = (sum(|line| line.net.0), sum(|line| line.tax.0));
    let exact: i128 = lines.iter().map(|line| i128::from(line.net.0) * line.rate.basis_points()).sum();

    let tax_gap = |tax: i128| (exact - tax * 10_000).abs() > i128::from(book.invoice_tax_tolerance.0) * 10_000;
    if tax_gap(taxes) {
        found.add(RejectReason::InvoiceTax);
    } else if tax_gap(i128::from(facts.tax.0)) {
        found.attend(RejectReason::InvoiceTax);
    }

    let tolerance = i128::from(book.sum_tolerance.0);
    let apart = |a: i128, b: Fen| (a - i128::from(b.0)).abs() > tolerance;
    let with_tax = i128::from(facts.net.0) + i128::from(facts.tax.0);
    let off = apart(nets, facts.net) || apart(taxes, facts.tax) || apart(with_tax, facts.total);
    found.add_if(off, RejectReason::Totals);
}

fn range(invoice: &OpenedInvoice, found: &mut Reasons) {
    let facts = &invoice.facts;
    // Only red invoices are negative, and those are not applied for.
    let totals = [facts.net, facts.tax, facts.total];
    found.add_if(totals.into_iter().any(|fen| fen.0 < 0 || !in_range(fen)), RejectReason::AmountRange);
    for (index, line) in invoice.lines.iter().enumerate() {
        if !in_range(line.net) || !in_range(line.tax) {
            found.add_line(line_number(index), RejectReason::AmountRange);
        }
    }
}

/// Within ±10^13 yuan.
fn in_range(amount: Fen) -> bool {
    (-Fen::MAX.0..=Fen::MAX.0).contains(&amount.0)
}
