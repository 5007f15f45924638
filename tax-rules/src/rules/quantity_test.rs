#![allow(clippy::unwrap_used)]

use super::*;

fn near(quantity: &str, price: &str, net: i64, tolerance: i64) -> bool {
    product_is_near(quantity.parse().unwrap(), price.parse().unwrap(), Fen(net), Fen(tolerance))
}

#[test]
fn a_product_is_compared_before_it_is_rounded() {
    assert!(near("3", "33.33", 10_000, 1), "99.99 is one fen off");
    assert!(!near("3", "33.33", 10_000, 0));
    assert!(!near("3", "33.3299999999999", 10_000, 1), "99.9899999999997 is more than one fen off");
    assert!(near("3", "33.3366666666666", 10_000, 1), "100.0099999999998");
    assert!(!near("3", "33.3366666666667", 10_000, 1), "100.0100000000001");
    assert!(near("7", "1", 700, 0), "no decimals");
    assert!(near("0.5", "1", 50, 0), "one decimal");
}

#[test]
fn the_largest_values_are_exact() {
    // 922337.2036854775807 squared is 850705917302.346158...: 26 decimals, an amount of 10^11 yuan.
    let max = Quantity::new(i64::MAX, 13).unwrap();
    assert!(product_is_near(max, max, Fen(85_070_591_730_234), Fen(1)));
    assert!(!product_is_near(max, max, Fen(85_070_591_730_233), Fen(1)));
    let whole = Quantity::new(i64::MAX, 0).unwrap();
    assert!(!product_is_near(whole, whole, Fen(i64::MAX), Fen(i64::MAX)), "overflow is a no, not a panic");
    assert!(!product_is_near(whole, whole, Fen(i64::MIN), Fen(i64::MIN)));
}
