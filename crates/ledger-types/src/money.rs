//! Money in fen (分), 1/100 yuan.

use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// An amount in fen. Signed: red invoices are negative. Sums are made in `i128` or with the checked methods.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(transparent)]
pub struct Fen(pub i64);

/// Why a text is not an amount of yuan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoneyError {
    /// Not a decimal number such as `198` or `198.00`.
    NotANumber,
    /// More than two decimals: there is no half fen.
    TooManyDecimals,
    /// Beyond ±10^13 yuan.
    OutOfRange,
}

impl fmt::Display for MoneyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotANumber => "not an amount in yuan; write for example 198.00",
            Self::TooManyDecimals => "an amount has at most two decimals",
            Self::OutOfRange => "the amount is beyond 10^13 yuan",
        })
    }
}

impl std::error::Error for MoneyError {}

impl Fen {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount accepted: 10^13 yuan.
    pub const MAX: Self = Self(1_000_000_000_000_000);

    /// Sum, or `None` on overflow.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// Difference, or `None` on overflow.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The amount with the other sign; `None` for the one value that has none.
    pub fn checked_neg(self) -> Option<Self> {
        self.0.checked_neg().map(Self)
    }

    /// Narrows an exact sum back to an amount in range.
    pub fn from_sum(sum: i128) -> Option<Self> {
        i64::try_from(sum).ok().map(Self).filter(|f| f.in_range())
    }

    /// True within ±10^13 yuan.
    pub fn in_range(self) -> bool {
        self.0.unsigned_abs() <= Self::MAX.0.unsigned_abs()
    }

    /// Yuan with two decimals, for display only.
    pub fn to_yuan(self) -> Decimal {
        Decimal::new(self.0, 2)
    }
}

impl fmt::Display for Fen {
    /// Yuan with two decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let abs = self.0.unsigned_abs();
        f.pad(&format!("{sign}{}.{:02}", abs / 100, abs % 100))
    }
}

impl FromStr for Fen {
    type Err = MoneyError;

    /// Parses yuan: `198`, `198.0`, `198.00`, `-0.01`.
    fn from_str(s: &str) -> Result<Self, MoneyError> {
        let value = Decimal::from_str_exact(s).map_err(|_| MoneyError::NotANumber)?;
        if value.normalize().scale() > 2 {
            return Err(MoneyError::TooManyDecimals);
        }
        let fen = value.checked_mul(Decimal::ONE_HUNDRED).ok_or(MoneyError::OutOfRange)?;
        let fen = i64::try_from(fen).map(Self).map_err(|_| MoneyError::OutOfRange)?;
        if fen.in_range() { Ok(fen) } else { Err(MoneyError::OutOfRange) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn yuan_text_round_trips() {
        for (text, fen) in
            [("0.00", 0), ("198.00", 19_800), ("-0.01", -1), ("10000000000000.00", 1_000_000_000_000_000)]
        {
            assert_eq!(text.parse::<Fen>().unwrap(), Fen(fen));
            assert_eq!(Fen(fen).to_string(), text);
        }
        assert_eq!("198".parse::<Fen>().unwrap(), Fen(19_800));
    }

    #[test]
    fn what_is_not_money_is_refused_by_name() {
        assert_eq!("1.005".parse::<Fen>(), Err(MoneyError::TooManyDecimals));
        assert_eq!("¥1".parse::<Fen>(), Err(MoneyError::NotANumber));
        assert_eq!("10000000000000.01".parse::<Fen>(), Err(MoneyError::OutOfRange));
        assert_eq!("99999999999999999999999999".parse::<Fen>(), Err(MoneyError::OutOfRange));
        assert_eq!(Fen::from_sum(i128::from(i64::MAX)), None);
    }
}
