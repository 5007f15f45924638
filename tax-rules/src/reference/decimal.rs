//! Decimal numbers of any size, as one learns to reckon with them on paper.

use std::cmp::Ordering;

/// Digits with the lowest first, of which the lowest `places` stand behind the point.
#[derive(Clone, Debug)]
pub(super) struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    places: usize,
}

impl Decimal {
    /// `units` divided by ten as often as `places` says.
    pub(super) fn new(units: i64, places: usize) -> Self {
        let text = units.unsigned_abs().to_string();
        let digits = text.bytes().rev().map(|b| b - b'0').collect();
        Self { negative: units < 0, digits, places }
    }

    /// An amount in fen, in yuan.
    pub(super) fn yuan(fen: i64) -> Self {
        Self::new(fen, 2)
    }

    fn with_places(&self, places: usize) -> Vec<u8> {
        let mut digits = vec![0; places - self.places];
        digits.extend(&self.digits);
        digits
    }

    pub(super) fn abs(&self) -> Self {
        Self { negative: false, ..self.clone() }
    }

    pub(super) fn negated(&self) -> Self {
        Self { negative: !self.negative, ..self.clone() }
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        let places = self.places.max(other.places);
        let (a, b) = (self.with_places(places), other.with_places(places));
        if self.negative == other.negative {
            return Self { negative: self.negative, digits: add(&a, &b), places };
        }
        match compare(&a, &b) {
            Ordering::Less => Self { negative: other.negative, digits: subtract(&b, &a), places },
            _ => Self { negative: self.negative, digits: subtract(&a, &b), places },
        }
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        self.plus(&other.negated())
    }

    pub(super) fn times(&self, other: &Self) -> Self {
        let mut digits = vec![0u8; self.digits.len() + other.digits.len() + 1];
        for (i, a) in self.digits.iter().enumerate() {
            let mut carry = 0u8;
            for (j, b) in other.digits.iter().enumerate() {
                let here = a * b + digits[i + j] + carry;
                digits[i + j] = here % 10;
                carry = here / 10;
            }
            digits[i + other.digits.len()] += carry;
        }
        Self { negative: self.negative != other.negative, digits, places: self.places + other.places }
    }

    pub(super) fn is_zero(&self) -> bool {
        self.digits.iter().all(|d| *d == 0)
    }

    pub(super) fn exceeds(&self, other: &Self) -> bool {
        let difference = self.minus(other);
        !difference.negative && !difference.is_zero()
    }

    /// True if the two are no further apart than `tolerance`.
    pub(super) fn is_within(&self, tolerance: &Self, of: &Self) -> bool {
        !self.minus(of).abs().exceeds(tolerance)
    }

    /// Yuan to fen, half up; beyond the range of amounts, its end.
    pub(super) fn fen_half_up(&self) -> i64 {
        let mut fen = 0i128;
        let places = self.places.max(2);
        let digits = self.with_places(places);
        for digit in digits.iter().skip(places - 2).rev() {
            fen = fen.saturating_mul(10).saturating_add(i128::from(*digit));
        }
        if places > 2 && digit(&digits, places - 3) >= 5 {
            fen = fen.saturating_add(1);
        }
        let signed = if self.negative { -fen } else { fen };
        i64::try_from(signed).unwrap_or(if self.negative { i64::MIN } else { i64::MAX })
    }
}

fn digit(digits: &[u8], place: usize) -> u8 {
    digits.get(place).copied().unwrap_or(0)
}

fn compare(a: &[u8], b: &[u8]) -> Ordering {
    for place in (0..a.len().max(b.len())).rev() {
        match digit(a, place).cmp(&digit(b, place)) {
            Ordering::Equal => {}
            decided => return decided,
        }
    }
    Ordering::Equal
}

fn add(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut sum = Vec::new();
    let mut carry = 0;
    for place in 0..=a.len().max(b.len()) {
        let here = digit(a, place) + digit(b, place) + carry;
        sum.push(here % 10);
        carry = here / 10;
    }
    sum
}

/// `a - b`, where `a` is not the smaller.
fn subtract(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut difference = Vec::new();
    let mut borrow = 0;
    for place in 0..a.len().max(b.len()) {
        let (upper, lower) = (digit(a, place), digit(b, place) + borrow);
        borrow = u8::from(upper < lower);
        difference.push(upper + 10 * borrow - lower);
    }
    difference
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn same(a: &Decimal, b: &Decimal) -> bool {
        a.minus(b).is_zero()
    }

    #[test]
    fn nothing_has_fewer_digits_than_places() {
        assert_eq!(Decimal::new(-1, 2).times(&Decimal::new(0, 4)).fen_half_up(), 0);
        assert_eq!(Decimal::new(5, 3).fen_half_up(), 1);
    }

    proptest! {
        /// Paper reckoning against `i128`, at mixed places.
        #[test]
        fn reckons_like_integers(a: i64, b: i64, pa in 0usize..4, pb in 0usize..4) {
            let (x, y) = (Decimal::new(a, pa), Decimal::new(b, pb));
            let scale = |v: i64, p: usize| i128::from(v) * 10i128.pow(3 - p as u32);
            let (m, n) = (scale(a, pa), scale(b, pb));
            prop_assert_eq!(x.exceeds(&y), m > n);
            prop_assert_eq!(same(&x, &y), m == n);
            prop_assert_eq!(x.plus(&y).exceeds(&Decimal::new(0, 0)), m + n > 0);
            prop_assert!(same(&x.plus(&y).minus(&y), &x));
            let product = ledger_types::rate::div_half_up(i128::from(a) * i128::from(b), 10_000);
            let shown = Decimal::new(a, 2).times(&Decimal::new(b, 4)).fen_half_up();
            prop_assert_eq!(i128::from(shown), product.clamp(i128::from(i64::MIN), i128::from(i64::MAX)));
        }
    }
}
