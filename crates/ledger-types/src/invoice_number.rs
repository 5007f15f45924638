//! Invoice codes (发票代码, 12 digits) and numbers (发票号码, 8 digits), given in the area's issuing order.

use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::ids::Area;

/// A 12-digit code: `1`, area (4), year (2), industry `0`, class `9`, batch, copy, version `0`.
/// Source: 国家税务总局深圳市税务局公告2018年第11号 (first code 144031809110).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct InvoiceCode(u64);

/// An 8-digit number within a code, 1 to 99,999,999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct InvoiceNumber(u32);

/// A text that is not an invoice code or number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvoiceNumberError {
    /// Not 12 digits, or not built from the parts above.
    Code,
    /// Not 8 digits, or zero.
    Number,
}

impl fmt::Display for InvoiceNumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Code => "an invoice code has 12 digits: 1, area, year, 09, batch, copy, 0",
            Self::Number => "an invoice number has 8 digits, from 00000001",
        })
    }
}

impl std::error::Error for InvoiceNumberError {}

impl InvoiceCode {
    /// Builds the code of an area, a year (two digits) and a batch (1-9); copy 1.
    pub fn build(area: Area, year: u8, batch: u8) -> Result<Self, InvoiceNumberError> {
        if area.0 > 9_999 || year > 99 || !(1..=9).contains(&batch) {
            return Err(InvoiceNumberError::Code);
        }
        let digits = 100_000_000_000
            + u64::from(area.0) * 10_000_000
            + u64::from(year) * 100_000
            + 9_000
            + u64::from(batch) * 100
            + 10;
        Ok(Self(digits))
    }

    /// The digits as a number.
    pub fn value(self) -> u64 {
        self.0
    }

    /// The issuing area, digits 2-5.
    pub fn area(self) -> Area {
        Area((self.0 / 10_000_000 % 10_000) as u16)
    }

    /// The year, digits 6-7.
    pub fn year(self) -> u8 {
        (self.0 / 100_000 % 100) as u8
    }

    /// The batch, digit 10.
    pub fn batch(self) -> u8 {
        (self.0 / 100 % 10) as u8
    }
}

impl InvoiceNumber {
    /// The first number of a code.
    pub const FIRST: Self = Self(1);
    /// The last number of a code.
    pub const LAST: Self = Self(99_999_999);

    /// Accepts 1 to 99,999,999.
    pub fn new(value: u32) -> Result<Self, InvoiceNumberError> {
        if (1..=Self::LAST.0).contains(&value) { Ok(Self(value)) } else { Err(InvoiceNumberError::Number) }
    }

    /// The number.
    pub fn value(self) -> u32 {
        self.0
    }

    /// The next number of the same code, or `None` after the last.
    pub fn next(self) -> Option<Self> {
        Self::new(self.0 + 1).ok()
    }
}

impl fmt::Display for InvoiceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

impl fmt::Display for InvoiceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08}", self.0)
    }
}

fn digits(s: &str, len: usize) -> Option<u64> {
    if s.len() == len && s.bytes().all(|b| b.is_ascii_digit()) { s.parse().ok() } else { None }
}

impl FromStr for InvoiceCode {
    type Err = InvoiceNumberError;

    fn from_str(s: &str) -> Result<Self, InvoiceNumberError> {
        let code = Self(digits(s, 12).ok_or(InvoiceNumberError::Code)?);
        if Self::build(code.area(), code.year(), code.batch()) == Ok(code) {
            Ok(code)
        } else {
            Err(InvoiceNumberError::Code)
        }
    }
}

impl FromStr for InvoiceNumber {
    type Err = InvoiceNumberError;

    fn from_str(s: &str) -> Result<Self, InvoiceNumberError> {
        let value = digits(s, 8).ok_or(InvoiceNumberError::Number)?;
        Self::new(u32::try_from(value).map_err(|_| InvoiceNumberError::Number)?)
    }
}

as_text!(InvoiceCode);
as_text!(InvoiceNumber);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_first_shenzhen_code_is_built_and_read() {
        let code = InvoiceCode::build(Area(4403), 18, 1).unwrap();
        assert_eq!(code.to_string(), "144031809110");
        assert_eq!("144031809110".parse(), Ok(code));
        assert_eq!((code.area(), code.year(), code.batch()), (Area(4403), 18, 1));
        for bad in ["044031809110", "144031809111", "144031819110", "14403180911", "144031809010"] {
            assert_eq!(bad.parse::<InvoiceCode>(), Err(InvoiceNumberError::Code), "{bad}");
        }
    }

    #[test]
    fn numbers_end() {
        assert_eq!(InvoiceNumber::LAST.next(), None);
        assert_eq!(InvoiceNumber::FIRST.next().unwrap().to_string(), "00000002");
        assert_eq!("00000000".parse::<InvoiceNumber>(), Err(InvoiceNumberError::Number));
    }
}
