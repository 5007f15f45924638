//! Whether a rule book that a bureau publishes makes sense (408). Version order and dates are the ledger's.

use std::ops::RangeInclusive;

use ledger_types::refusal::Arg;
use ledger_types::{Fen, Field, Refusal, RejectReason, RuleBook};

use crate::scaled::count;

/// What is wrong with a rule book; the number is the refusal's first argument. For values out of range the bound that is
/// passed and the value follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum BookFault {
    /// Versions count from 1.
    Version = 0,
    /// No rate, or more than 256.
    RateCount = 1,
    /// A rate that is none (the rate follows).
    RateMalformed = 2,
    /// The same rate twice (the rate follows).
    RateTwice = 3,
    /// A tolerance below zero or above 100 yuan.
    ToleranceRange = 4,
    /// Tolerances of discount, line and invoice must rise in this order: what a line may be off, an invoice of that one
    /// line may be off.
    ToleranceOrder = 5,
    /// Most lines: 1 to 10,000.
    MaxLines = 6,
    /// Longest line name: at least 4 characters, `*a*b`.
    MaxLineName = 7,
    /// Longest buyer's name: at least 1 character.
    MaxBuyerName = 8,
    /// Highest amount of an invoice: from 0.01 to 10^13 yuan.
    MaxInvoiceAmount = 9,
    /// Most payments in one invoice: 1 to 100.
    MaxPaymentLinks = 10,
    /// Time to answer a red-letter form: from a minute to ten years, ms.
    RedConfirm = 11,
    /// Longest life of an application, within the same.
    MaxApplication = 12,
    /// Longest lock, within the same.
    MaxLock = 13,
    /// Longest offer, within the same.
    MaxOffer = 14,
}

const RATE_COUNT: RangeInclusive<usize> = 1..=256;
const TOLERANCE: RangeInclusive<i64> = 0..=10_000;
const SPAN_MS: RangeInclusive<u64> = 60_000..=10 * 366 * 86_400_000;

/// Everything that contradicts itself in a rule book; empty if it can be published.
pub fn check_book(book: &RuleBook) -> Vec<Refusal> {
    let mut out = Vec::new();
    counted(BookFault::Version, u64::from(book.version), 1..=u64::from(u32::MAX), &mut out);
    check_rates(book, &mut out);
    check_tolerances(book, &mut out);
    counted(BookFault::MaxLines, u64::from(book.max_lines), 1..=10_000, &mut out);
    counted(BookFault::MaxLineName, u64::from(book.max_line_name), 4..=u64::from(u16::MAX), &mut out);
    counted(BookFault::MaxBuyerName, u64::from(book.max_buyer_name), 1..=u64::from(u16::MAX), &mut out);
    paid(BookFault::MaxInvoiceAmount, book.max_invoice_amount, 1..=Fen::MAX.0, &mut out);
    counted(BookFault::MaxPaymentLinks, u64::from(book.max_payment_links), 1..=100, &mut out);
    counted(BookFault::RedConfirm, book.red_confirm_ms, SPAN_MS, &mut out);
    counted(BookFault::MaxApplication, book.max_application_ms, SPAN_MS, &mut out);
    counted(BookFault::MaxLock, book.max_lock_ms, SPAN_MS, &mut out);
    counted(BookFault::MaxOffer, book.max_offer_ms, SPAN_MS, &mut out);
    out
}

fn check_rates(book: &RuleBook, out: &mut Vec<Refusal>) {
    let rates = &book.rates;
    if !RATE_COUNT.contains(&rates.len()) {
        let bound = rates.len().clamp(*RATE_COUNT.start(), *RATE_COUNT.end());
        out.push(refusal(BookFault::RateCount).with([count(bound), count(rates.len())]));
        return;
    }
    for (index, rate) in rates.iter().enumerate() {
        if !rate.is_well_formed() {
            out.push(refusal(BookFault::RateMalformed).with([Arg::Rate(*rate)]));
        } else if rates[..index].contains(rate) {
            out.push(refusal(BookFault::RateTwice).with([Arg::Rate(*rate)]));
        }
    }
}

fn check_tolerances(book: &RuleBook, out: &mut Vec<Refusal>) {
    let tolerances = [
        book.discount_tax_tolerance,
        book.line_tax_tolerance,
        book.invoice_tax_tolerance,
        book.product_tolerance,
        book.sum_tolerance,
    ];
    for tolerance in tolerances {
        paid(BookFault::ToleranceRange, tolerance, TOLERANCE, out);
    }
    let of_tax = &tolerances[..3];
    if !of_tax.is_sorted() {
        out.push(refusal(BookFault::ToleranceOrder).with(of_tax.iter().map(|t| Arg::Money(*t))));
    }
}

fn counted(fault: BookFault, value: u64, range: RangeInclusive<u64>, out: &mut Vec<Refusal>) {
    if !range.contains(&value) {
        let bound = value.clamp(*range.start(), *range.end());
        out.push(refusal(fault).with([Arg::Count(bound), Arg::Count(value)]));
    }
}

fn paid(fault: BookFault, value: Fen, range: RangeInclusive<i64>, out: &mut Vec<Refusal>) {
    if !range.contains(&value.0) {
        let bound = Fen(value.0.clamp(*range.start(), *range.end()));
        out.push(refusal(fault).with([Arg::Money(bound), Arg::Money(value)]));
    }
}

fn refusal(fault: BookFault) -> Refusal {
    Refusal::new(RejectReason::RuleBookInvalid, Field::RuleBook).with([Arg::Choice(fault as u8)])
}

#[cfg(test)]
#[path = "book_check_test.rs"]
mod book_check_test;
