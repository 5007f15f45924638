//! The price that goes with a quantity and an amount.

use ledger_types::rate::div_half_up;
use ledger_types::{Fen, Quantity};

use crate::rules::quantity::product_is_near;

/// Prices have at most 16 digits in the direct-connect (乐企) field list.
const DIGITS_END: i128 = 10_000_000_000_000_000;
/// The usual tolerance of the product; a price with all its decimals is far closer.
const ONE_FEN: Fen = Fen(1);

/// The unit price with the fewest decimals that gives the amount exactly, else the one with the most that fit, if it is
/// no more than a fen off.
pub(super) fn for_amount(quantity: Quantity, net: Fen) -> Option<Quantity> {
    if !quantity.is_well_formed() || quantity.mantissa() <= 0 {
        return None;
    }
    let mut best = None;
    for scale in 0..=Quantity::MAX_SCALE {
        let Some(price) = rounded(quantity, net, scale) else { break };
        if price.mantissa() == 0 {
            continue;
        }
        best = Some(price);
        if product_is_near(quantity, price, net, Fen::ZERO) {
            break;
        }
    }
    best.filter(|price| product_is_near(quantity, *price, net, ONE_FEN))
}

/// `net / quantity` in yuan with `scale` decimals, half up; `None` where it has too many digits.
fn rounded(quantity: Quantity, net: Fen, scale: u8) -> Option<Quantity> {
    // net fen / 100 / (m / 10^s) yuan, times 10^scale: the power may be of 10^-2 to 10^24.
    let power = u32::from(quantity.scale()) + u32::from(scale);
    // The rounding doubles the numerator, so twice is what has to fit.
    let numerator = i128::from(net.0).checked_mul(10i128.pow(power)).filter(|n| *n <= i128::MAX / 4)?;
    let mantissa = div_half_up(numerator, i128::from(quantity.mantissa()) * 100);
    if mantissa >= DIGITS_END {
        return None;
    }
    Quantity::new(i64::try_from(mantissa).ok()?, scale).ok()
}
