//! The issuing rules 501-533, written from the rule book's parameters, the reasons' texts and the domain's facts.
//! Exact integers only; every broken rule is named.

mod lines;
mod pairs;
mod product;
mod seller;
mod texts;
mod totals;

use ledger_types::{BlockTime, RuleBook, SectionKind, TaxpayerProfile};

pub(crate) use lines::zero_fits;
pub(crate) use seller::{counts, standing};

use crate::opened::OpenedInvoice;
use crate::reasons::Reasons;

/// What a taxpayer has used when an invoice is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Used {
    /// Issued less given back, and reserved, in the month of judgement, fen without tax.
    pub(crate) month: i128,
    /// Invoices of the day.
    pub(crate) day_count: u64,
    /// Invoices of the minute.
    pub(crate) minute_count: u64,
}

/// What an invoice is judged by.
#[derive(Clone, Copy)]
pub(crate) struct Judgement<'a> {
    /// The rule book in force.
    pub(crate) book: &'a RuleBook,
    /// What is approved for the seller, if anything.
    pub(crate) profile: Option<&'a TaxpayerProfile>,
    /// What the seller has used.
    pub(crate) used: Used,
    /// Block time.
    pub(crate) now: BlockTime,
    /// Whether it is an invoice already, which counts, or an application, which does not.
    pub(crate) counts: bool,
}

/// Names every rule that the invoice breaks.
pub(crate) fn judge(by: &Judgement<'_>, invoice: &OpenedInvoice, found: &mut Reasons) {
    seller::judge(by, invoice, found);
    if !invoice.erased.has(SectionKind::Lines) {
        lines::judge(by, &invoice.lines, found);
        pairs::judge(&invoice.lines, found);
    }
    totals::judge(by.book, invoice, found);
    texts::judge(by.book, invoice, found);
}

/// The number of a line as printed, from 1.
fn line_number(index: usize) -> u16 {
    u16::try_from(index + 1).unwrap_or(u16::MAX)
}

#[cfg(test)]
#[path = "rules/rules_test.rs"]
mod rules_test;
