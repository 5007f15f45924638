//! Goods and services tax codes (商品和服务税收分类编码), 19 digits.

use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};

/// A 19-digit tax code: one digit for the part (篇 1-6) and nine pairs below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct TaxCode(u64);

/// A text or number that is not a tax code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxCodeError;

impl fmt::Display for TaxCodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a tax code has 19 digits, the first from 1 to 6")
    }
}

impl std::error::Error for TaxCodeError {}

const ONE_AND_18_ZEROS: u64 = 1_000_000_000_000_000_000;

impl TaxCode {
    /// Accepts 19 digits that start with 1 to 6.
    pub fn new(value: u64) -> Result<Self, TaxCodeError> {
        if (1..=6).contains(&(value / ONE_AND_18_ZEROS)) { Ok(Self(value)) } else { Err(TaxCodeError) }
    }

    /// The digits as a number.
    pub fn value(self) -> u64 {
        self.0
    }

    /// True if the decoded value is a tax code (bytes from outside may not be).
    pub fn is_well_formed(self) -> bool {
        Self::new(self.0).is_ok()
    }

    /// The part (篇): 1 goods, 2 labour, 3 services, 4 intangibles, 5 real estate, 6 no sale yet (不征税).
    pub fn part(self) -> u8 {
        (self.0 / ONE_AND_18_ZEROS) as u8
    }

    /// True if `prefix`, given with its number of digits, starts this code.
    pub fn has_prefix(self, prefix: u64, digits: u8) -> bool {
        digits <= 19 && self.0 / 10u64.pow(u32::from(19 - digits)) == prefix
    }
}

impl fmt::Display for TaxCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:019}", self.0)
    }
}

impl FromStr for TaxCode {
    type Err = TaxCodeError;

    fn from_str(s: &str) -> Result<Self, TaxCodeError> {
        if s.len() != 19 || !s.bytes().all(|b| b.is_ascii_digit()) {
            return Err(TaxCodeError);
        }
        Self::new(s.parse().map_err(|_| TaxCodeError)?)
    }
}

as_text!(TaxCode);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn nineteen_digits_in_six_parts() {
        let catering: TaxCode = "3070401000000000000".parse().unwrap();
        assert_eq!(catering.part(), 3);
        assert!(catering.has_prefix(30704, 5));
        assert!(!catering.has_prefix(30705, 5));
        assert!(catering.has_prefix(catering.value(), 19));
        for bad in ["307040100000000000", "7070401000000000000", "0000000000000000000", "３070401000000000000"] {
            assert_eq!(bad.parse::<TaxCode>(), Err(TaxCodeError));
        }
    }
}
