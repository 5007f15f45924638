//! Quantity times price against an amount, without losing a digit.

use ledger_types::Quantity;

/// How a product compares with an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Product {
    /// Within the tolerance.
    Fits,
    /// Off by more.
    Off,
    /// Within the tolerance, but not to be told in 128 bits with a common denominator: a judge that refuses what it
    /// cannot compute is not wrong to give the reason beside others.
    FitsBeyondRange,
}

/// Compares `quantity * price` (yuan) with `net` (fen).
///
/// The product stands over `10^scale` yuan, so in fen it is `mantissas * 100 / 10^scale`. It lies between its floor and
/// its ceiling; the amount must reach from the one to the other within the tolerance, and no large number is needed.
pub(super) fn product(quantity: Quantity, price: Quantity, net: i64, tolerance: i64) -> Product {
    let mantissas = i128::from(quantity.mantissa()) * i128::from(price.mantissa());
    let scale = u32::from(quantity.scale()) + u32::from(price.scale());
    let (floor, ceiling) = if scale >= 2 {
        let unit = 10i128.pow(scale - 2);
        let floor = mantissas.div_euclid(unit);
        (floor, floor + i128::from(mantissas.rem_euclid(unit) != 0))
    } else {
        // Beyond i128 it is beyond any amount, too.
        match mantissas.checked_mul(10i128.pow(2 - scale)) {
            Some(fen) => (fen, fen),
            None => return Product::Off,
        }
    };
    let (net, tolerance) = (i128::from(net), i128::from(tolerance));
    if floor < net - tolerance || ceiling > net + tolerance {
        return Product::Off;
    }
    let unit = 10i128.pow(scale);
    let in_range = mantissas.checked_mul(100).is_some() && net.checked_mul(unit).is_some();
    if in_range { Product::Fits } else { Product::FitsBeyondRange }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn compare(quantity: &str, price: &str, net: i64) -> Product {
        product(quantity.parse().unwrap(), price.parse().unwrap(), net, 1)
    }

    #[test]
    fn a_fen_is_allowed_and_not_a_hair_more() {
        assert_eq!(compare("3", "33.33", 9_999), Product::Fits);
        assert_eq!(compare("3", "33.33", 10_000), Product::Fits);
        assert_eq!(compare("3", "33.33", 10_001), Product::Off);
        assert_eq!(compare("3", "33.33", 9_997), Product::Off);
        assert_eq!(compare("1", "1.0100000000001", 100), Product::Off, "1.00000000001 fen away");
        assert_eq!(compare("1", "1.0199999999999", 101), Product::Fits, "0.99999999999 fen away");
    }

    #[test]
    fn signs_and_whole_numbers() {
        assert_eq!(compare("-2", "1.5", -300), Product::Fits);
        assert_eq!(compare("-2", "1.5", 300), Product::Off);
        assert_eq!(compare("-1", "1.0000000000001", -100), Product::Fits, "floor and ceiling of a negative");
        assert_eq!(compare("7", "8", 5_600), Product::Fits);
    }

    #[test]
    fn what_no_wide_number_holds_is_still_compared() {
        let large = Quantity::new(i64::MAX, 0).unwrap();
        assert_eq!(product(large, large, i64::MAX, 1), Product::Off);
        let fine = Quantity::new(1_000_000_000_000_000_001, 13).unwrap();
        // 100,000.0000000000001 * 100,000.0000000000001 yuan.
        assert_eq!(product(fine, fine, 1_000_000_000_000, 1), Product::Fits);
        assert_eq!(product(fine, fine, 999_999_999_998, 1), Product::Off);
        let wide = Quantity::new(9_000_000_000_000_000_001, 13).unwrap();
        // Times 10^26, this amount in fen does not fit into 128 bits.
        assert_eq!(product(wide, wide, 81_000_000_000_000, 1), Product::FitsBeyondRange);
    }
}
