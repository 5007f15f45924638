#![allow(clippy::unwrap_used)]

use super::*;
use ledger_types::{Area, TaxRate};

fn faults(change: impl FnOnce(&mut RuleBook)) -> Vec<u8> {
    let mut book = RuleBook::standard(Area(4403), 1, 0);
    change(&mut book);
    let refusals = check_book(&book);
    assert!(refusals.iter().all(|r| r.reason == RejectReason::RuleBookInvalid && r.field == Field::RuleBook));
    let numbers = refusals.iter().map(|r| match r.args[0] {
        Arg::Choice(n) => n,
        _ => unreachable!("the fault comes first"),
    });
    numbers.collect()
}

#[test]
fn the_standing_rules_can_be_published() {
    assert_eq!(faults(|_| {}), []);
    assert_eq!(faults(|b| b.line_tax_tolerance = Fen(1)), [], "the channel with 0.01 a line");
}

#[test]
fn every_fault_is_found_by_its_number() {
    assert_eq!(faults(|b| b.version = 0), [BookFault::Version as u8]);
    assert_eq!(faults(|b| b.rates.clear()), [BookFault::RateCount as u8]);
    assert_eq!(faults(|b| b.rates = vec![TaxRate::Percent(100); 257]), [BookFault::RateCount as u8]);
    assert_eq!(faults(|b| b.rates.push(TaxRate::Percent(0))), [BookFault::RateMalformed as u8]);
    assert_eq!(faults(|b| b.rates.push(TaxRate::Percent(1300))), [BookFault::RateTwice as u8]);
    assert_eq!(faults(|b| b.sum_tolerance = Fen(-1)), [BookFault::ToleranceRange as u8]);
    assert_eq!(faults(|b| b.product_tolerance = Fen(10_001)), [BookFault::ToleranceRange as u8]);
    assert_eq!(faults(|b| b.line_tax_tolerance = Fen(128)), [BookFault::ToleranceOrder as u8]);
    assert_eq!(faults(|b| b.discount_tax_tolerance = Fen(7)), [BookFault::ToleranceOrder as u8]);
    assert_eq!(faults(|b| b.max_lines = 0), [BookFault::MaxLines as u8]);
    assert_eq!(faults(|b| b.max_lines = 10_001), [BookFault::MaxLines as u8]);
    assert_eq!(faults(|b| b.max_line_name = 3), [BookFault::MaxLineName as u8]);
    assert_eq!(faults(|b| b.max_buyer_name = 0), [BookFault::MaxBuyerName as u8]);
    assert_eq!(faults(|b| b.max_invoice_amount = Fen(0)), [BookFault::MaxInvoiceAmount as u8]);
    assert_eq!(faults(|b| b.max_payment_links = 0), [BookFault::MaxPaymentLinks as u8]);
    assert_eq!(faults(|b| b.red_confirm_ms = 59_999), [BookFault::RedConfirm as u8]);
    assert_eq!(faults(|b| b.max_application_ms = u64::MAX), [BookFault::MaxApplication as u8]);
    assert_eq!(faults(|b| b.max_lock_ms = 0), [BookFault::MaxLock as u8]);
    assert_eq!(faults(|b| b.max_offer_ms = 0), [BookFault::MaxOffer as u8]);
}

#[test]
fn all_faults_come_at_once_with_the_bound_that_is_passed() {
    let mut book = RuleBook::standard(Area(4403), 0, 0);
    book.max_lines = 20_000;
    let args: Vec<_> = check_book(&book).into_iter().map(|r| r.args).collect();
    assert_eq!(
        args,
        [
            [Arg::Choice(BookFault::Version as u8), Arg::Count(1), Arg::Count(0)],
            [Arg::Choice(BookFault::MaxLines as u8), Arg::Count(10_000), Arg::Count(20_000)],
        ]
    );
}
