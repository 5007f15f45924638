//! Rules about each line by itself, and about lines that may not stand together (510, 512-524).

use ledger_types::{
    InvoiceLine, LineNature, Policy, RejectReason, RuleBook, TaxCode, TaxRate, TaxpayerProfile, ZeroKind,
};

use super::product::{Product, product};
use super::{Judgement, line_number};
use crate::reasons::Reasons;

const OUT_OF_SCOPE: TaxRate = TaxRate::Zero(ZeroKind::OutOfScope);

pub(super) fn judge(by: &Judgement<'_>, lines: &[InvoiceLine], found: &mut Reasons) {
    let count = lines.len();
    found.add_if(count == 0 || count > usize::from(by.book.max_lines), RejectReason::LineCount);
    for (index, line) in lines.iter().enumerate() {
        let at = line_number(index);
        rate_and_policy(by, line, at, found);
        amounts(by.book, line, at, found);
    }
    mixtures(lines, found);
}

fn rate_and_policy(by: &Judgement<'_>, line: &InvoiceLine, at: u16, found: &mut Reasons) {
    let mut add_if = |broken: bool, reason| {
        if broken {
            found.add_line(at, reason);
        }
    };
    let well_formed = line.tax_code.is_well_formed();
    add_if(!well_formed, RejectReason::TaxCodeInvalid);
    add_if(!by.book.rates.contains(&line.rate), RejectReason::RateUnknown);
    let prescribed = line.policy.prescribed_rate().filter(|rate| matches!(rate, TaxRate::Percent(_)));
    add_if(prescribed.is_some_and(|rate| rate != line.rate), RejectReason::PolicyRate);
    add_if(!zero_fits(line.rate, line.policy), RejectReason::ZeroPolicy);
    let prepaid = well_formed && line.tax_code.part() == 6;
    add_if(prepaid && line.rate != OUT_OF_SCOPE, RejectReason::PrepaidNotOutOfScope);
    if let Some(profile) = by.profile {
        let approved = |code: TaxCode| {
            profile.categories.is_empty()
                || profile.categories.iter().any(|(prefix, digits)| starts_with(code, *prefix, *digits))
        };
        add_if(!approved(line.tax_code), RejectReason::CategoryNotApproved);
        add_if(!granted(profile, line, by.now.0), RejectReason::RateNotGranted);
    }
}

/// Exempt and out of scope go with their own policy and nothing else, the ordinary zero with none. There is no policy
/// for exports, so they go with any that is not another zero's.
pub(crate) fn zero_fits(rate: TaxRate, policy: Policy) -> bool {
    match rate {
        TaxRate::Zero(ZeroKind::Exempt) => policy == Policy::Exempt,
        TaxRate::Zero(ZeroKind::OutOfScope) => policy == Policy::OutOfScope,
        TaxRate::Zero(ZeroKind::Ordinary) => policy == Policy::None,
        TaxRate::Zero(ZeroKind::Export) | TaxRate::Percent(_) => !matches!(policy, Policy::Exempt | Policy::OutOfScope),
    }
}

fn granted(profile: &TaxpayerProfile, line: &InvoiceLine, now: u64) -> bool {
    profile.rates.iter().any(|grant| {
        grant.rate == line.rate
            && grant.policy == line.policy
            && (grant.valid_from_ms..=grant.valid_to_ms).contains(&now)
            && starts_with(line.tax_code, grant.code_prefix, grant.prefix_digits)
    })
}

/// Compares the digits as they are written, most significant first.
fn starts_with(code: TaxCode, prefix: u64, digits: u8) -> bool {
    if digits > 19 {
        return false;
    }
    let mut head = code.value();
    for _ in digits..19 {
        head /= 10;
    }
    head == prefix
}

fn amounts(book: &RuleBook, line: &InvoiceLine, at: u16, found: &mut Reasons) {
    let positive = line.nature != LineNature::Discount;
    if line.net.0 == 0 || (line.net.0 > 0) != positive {
        found.add_line(at, RejectReason::LineSign);
    }
    match (line.quantity, line.price) {
        (None, None) => {}
        // A discount has neither: that is a rule of its own.
        _ if !positive => {
            found.attend_line(at, RejectReason::QuantityPrice);
            found.attend_line(at, RejectReason::LineProduct);
        }
        (Some(quantity), Some(price)) if quantity.mantissa() > 0 && price.mantissa() > 0 => {
            match product(quantity, price, line.net.0, book.product_tolerance.0) {
                Product::Fits => {}
                Product::Off => found.add_line(at, RejectReason::LineProduct),
                Product::FitsBeyondRange => found.attend_line(at, RejectReason::LineProduct),
            }
        }
        // One without the other, or one that is nothing or less.
        _ => {
            found.add_line(at, RejectReason::QuantityPrice);
            found.attend_line(at, RejectReason::LineProduct);
        }
    }
    let tolerance = if positive { book.line_tax_tolerance } else { book.discount_tax_tolerance };
    if off_by(line, tolerance.0) {
        found.add_line(at, RejectReason::LineTax);
    }
}

/// `|net * rate - tax| > tolerance`, in ten-thousandths of a fen.
fn off_by(line: &InvoiceLine, tolerance: i64) -> bool {
    let exact = i128::from(line.net.0) * line.rate.basis_points();
    let gap = exact - i128::from(line.tax.0) * 10_000;
    gap.abs() > i128::from(tolerance) * 10_000
}

fn mixtures(lines: &[InvoiceLine], found: &mut Reasons) {
    let some_but_not_all = |is: &dyn Fn(&InvoiceLine) -> bool| {
        let with = lines.iter().filter(|line| is(line)).count();
        with != 0 && with != lines.len()
    };
    found.add_if(some_but_not_all(&|line| line.rate == OUT_OF_SCOPE), RejectReason::OutOfScopeMixed);
    found.add_if(some_but_not_all(&|line| line.policy.is_simplified()), RejectReason::SimplifiedMixed);
}
