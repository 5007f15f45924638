//! Persons and employees (个人、员工): buyers with a wallet that is a key of its own, no account.

use crate::dice::Dice;
use crate::plan::{Act, Step};

/// Buyers for so many invoices.
pub fn count(invoices: usize) -> usize {
    (invoices / 30).clamp(50, 2_000)
}

/// 55 % want their company's name on it.
pub fn wants_company_title(dice: &mut Dice) -> bool {
    dice.chance(0.55)
}

/// When the buyer claims: 60 % within five minutes, 30 % within a day, 10 % never.
pub fn claim(issued: u32, dice: &mut Dice) -> Vec<Step> {
    let lag = match dice.unit() {
        u if u < 0.6 => dice.between(1, 4),
        u if u < 0.9 => dice.between(5, 1_439),
        _ => return Vec::new(),
    };
    vec![Step { minute: issued + lag, act: Act::Claim }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_claim_at_once_and_one_in_ten_never() {
        let mut dice = Dice::new(2);
        let lags: Vec<_> = (0..10_000).map(|_| claim(100, &mut dice).first().map(|s| s.minute - 100)).collect();
        let quick = lags.iter().filter(|l| l.is_some_and(|l| l < 5)).count();
        let never = lags.iter().filter(|l| l.is_none()).count();
        assert!((5_800..6_200).contains(&quick) && (850..1_150).contains(&never), "{quick} {never}");
    }
}
