//! Exact amounts in 1/10000 fen, the scale of `amount * rate`, and how sums become arguments of a refusal.

use ledger_types::rate::div_half_up;
use ledger_types::refusal::Arg;
use ledger_types::{Fen, InvoiceLine};

/// Parts of a fen: rates are in 1/10000.
pub(crate) const SCALE: i128 = 10_000;

/// The exact tax on a line, in 1/10000 fen. Any `i64` amount and any `u16` rate fit.
pub(crate) fn exact_tax(line: &InvoiceLine) -> i128 {
    i128::from(line.net.0) * line.rate.basis_points()
}

/// `|exact - found| <= tolerance`, where `exact` is in 1/10000 fen and the others in fen.
pub(crate) fn is_near(exact: i128, found: i128, tolerance: Fen) -> bool {
    (exact - found * SCALE).abs() <= i128::from(tolerance.0) * SCALE
}

/// The exact tax as an amount to show: half up to the fen.
pub(crate) fn shown_tax(exact: i128) -> Arg {
    money(div_half_up(exact, SCALE))
}

/// A sum as an argument. Sums beyond `i64` show its ends; they are refused for other reasons as well.
pub(crate) fn money(fen: i128) -> Arg {
    let clamped = fen.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
    Arg::Money(Fen(i64::try_from(clamped).expect("clamped to the range of i64")))
}

/// A length as an argument.
pub(crate) fn count(n: usize) -> Arg {
    Arg::Count(u64::try_from(n).unwrap_or(u64::MAX))
}
