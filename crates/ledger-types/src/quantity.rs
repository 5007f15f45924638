//! Quantities and unit prices: exact decimals with up to 13 places.

use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};
use rust_decimal::Decimal;

/// `mantissa / 10^scale`, in its one canonical form: no trailing zero in the mantissa, scale at most 13.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Quantity {
    mantissa: i64,
    scale: u8,
}

/// A text or pair that is not a quantity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuantityError;

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a quantity or price has at most {} decimals and 18 digits", Quantity::MAX_SCALE)
    }
}

impl std::error::Error for QuantityError {}

impl Quantity {
    /// Most decimals a quantity or price may carry.
    pub const MAX_SCALE: u8 = 13;

    /// Builds the canonical form.
    pub fn new(mantissa: i64, scale: u8) -> Result<Self, QuantityError> {
        let (mut mantissa, mut scale) = (mantissa, scale);
        while scale > 0 && mantissa % 10 == 0 {
            (mantissa, scale) = (mantissa / 10, scale - 1);
        }
        if scale > Self::MAX_SCALE { Err(QuantityError) } else { Ok(Self { mantissa, scale }) }
    }

    /// Digits without the decimal point.
    pub fn mantissa(self) -> i64 {
        self.mantissa
    }

    /// Number of decimals.
    pub fn scale(self) -> u8 {
        self.scale
    }

    /// True if the decoded value is in canonical form (bytes from outside may not be).
    pub fn is_well_formed(self) -> bool {
        Self::new(self.mantissa, self.scale) == Ok(self)
    }

    /// `|self * price - amount| <= tolerance`, exactly; amount and tolerance in fen. False on overflow.
    pub fn times_is_about(self, price: Self, amount: i128, tolerance: i128) -> bool {
        let scale = u32::from(self.scale) + u32::from(price.scale);
        // value / 10^scale yuan against amount / 10^2 yuan: bring both to 10^-(scale+2).
        let product = i128::from(self.mantissa) * i128::from(price.mantissa);
        let unit = 10i128.pow(scale);
        let Some(product) = product.checked_mul(100) else { return false };
        let (Some(amount), Some(tolerance)) = (amount.checked_mul(unit), tolerance.checked_mul(unit)) else {
            return false;
        };
        product.checked_sub(amount).is_some_and(|d| d.abs() <= tolerance)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Decimal::new(self.mantissa, u32::from(self.scale)))
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(s: &str) -> Result<Self, QuantityError> {
        let value = Decimal::from_str_exact(s).map_err(|_| QuantityError)?.normalize();
        let mantissa = i64::try_from(value.mantissa()).map_err(|_| QuantityError)?;
        Self::new(mantissa, u8::try_from(value.scale()).map_err(|_| QuantityError)?)
    }
}

as_text!(Quantity);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn one_form_for_one_number() {
        assert_eq!("2.50".parse::<Quantity>().unwrap(), Quantity::new(25, 1).unwrap());
        assert_eq!("0.000".parse::<Quantity>().unwrap(), Quantity::new(0, 0).unwrap());
        assert!(!Quantity { mantissa: 250, scale: 2 }.is_well_formed());
        assert!("0.00000000000001".parse::<Quantity>().is_err(), "14 decimals");
        assert_eq!("-3.14".parse::<Quantity>().unwrap().to_string(), "-3.14");
    }

    #[test]
    fn product_is_compared_exactly() {
        let (q, p) = ("3".parse::<Quantity>().unwrap(), "33.333".parse::<Quantity>().unwrap());
        assert!(q.times_is_about(p, 10_000, 1), "99.999 is within a fen of 100.00");
        assert!(!q.times_is_about(p, 10_002, 1));
        let huge = Quantity::new(i64::MAX, 13).unwrap();
        assert!(!huge.times_is_about(huge, i128::MAX, 1), "overflow is a no, not a panic");
    }
}
