//! Merchants (商户): industries, sizes by Zipf's law, lines, and their mistakes.

use ledger_types::Fen;

use crate::curve::zipf;
use crate::dice::{Dice, sums};
use crate::industry::Industry;
use crate::personas::company;
use crate::plan::{Act, InvoicePlan, Step};

/// Merchants for so many invoices.
pub fn count(invoices: usize) -> usize {
    (invoices / 150).max(20)
}

/// Each merchant's industry, by rank in size. The shares are exact to a merchant; who is large is drawn.
pub fn industries(count: usize, dice: &mut Dice) -> Vec<Industry> {
    let shares = sums(Industry::ALL.map(|i| i.trade().share));
    let mut out: Vec<Industry> = (0..count)
        .map(|i| {
            let place = (i as f64 + 0.5) * 100.0 / count as f64;
            Industry::ALL[shares.partition_point(|s| *s <= place).min(Industry::ALL.len() - 1)]
        })
        .collect();
    for i in (1..out.len()).rev() {
        out.swap(i, dice.below(i + 1));
    }
    out
}

/// How many invoices each makes, relative to the others.
pub fn volumes(industries: &[Industry]) -> Vec<f64> {
    zipf(industries.len(), 0.9).into_iter().zip(industries).map(|(size, i)| size * i.trade().busy).collect()
}

/// Lines of an invoice: 1 in 85 %, 2 to 8 in 12 %, 9 to 100 in 3 %.
pub fn lines(dice: &mut Dice) -> u16 {
    match dice.unit() {
        u if u < 0.85 => 1,
        u if u < 0.97 => dice.between(2, 8) as u16,
        _ => dice.between(9, 100) as u16,
    }
}

/// The merchants whose quota is too small for their day: of the middle size, one in fifteen.
pub fn tight(count: usize) -> Vec<usize> {
    (count / 3..count).step_by(15).collect()
}

/// Three fifths of what such a merchant plans.
pub fn tight_quota(merchant: usize, invoices: &[InvoicePlan]) -> Fen {
    let planned: i64 = invoices.iter().filter(|p| p.merchant == merchant && p.cheat.is_none()).map(|p| p.gross.0).sum();
    Fen(planned / 10 * 6 + 1)
}

/// Issuing errors found later: 1.5 % of invoices, seven in ten within the day, one in ten after booking, the rest on
/// another day. A merchant with a small quota makes none, so that what is left to him is known to the fen.
pub fn error(plan: &InvoicePlan, tight: bool, dice: &mut Dice) -> Option<Vec<Step>> {
    if !dice.chance(0.015) || tight {
        return None;
    }
    let claimed = plan.steps.first().map_or(plan.minute + 1, |s| s.minute);
    match dice.unit() {
        u if u < 0.7 => {
            let mut steps = plan.steps.clone();
            steps.push(Step { minute: claimed + dice.between(3, 90), act: Act::RedDirect });
            Some(steps)
        }
        u if u < 0.8 && plan.company.is_some() => {
            let mut steps = company::reimbursement(claimed, &mut |low, high| dice.between(low, high));
            let mut at = steps.last().map_or(claimed, |s| s.minute);
            for act in [Act::AskRed, Act::ConfirmRed, Act::RedConfirmed] {
                at += dice.between(2, 30);
                steps.push(Step { minute: at, act });
            }
            Some(steps)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn industries_keep_their_shares_whoever_is_large() {
        let all = industries(200, &mut Dice::new(5));
        let of = |industry| all.iter().filter(|i| **i == industry).count();
        assert_eq!((of(Industry::Retail), of(Industry::Catering), of(Industry::Hotel)), (60, 50, 10));
        assert_ne!(all, industries(200, &mut Dice::new(6)));
    }

    #[test]
    fn the_small_city_has_twenty_merchants_and_some_small_quotas() {
        assert_eq!((count(1_000), count(44_000)), (20, 293));
        assert!(!tight(20).is_empty() && tight(293).len() > 10);
        assert!(tight(293).iter().all(|m| *m >= 97), "the large ones have enough");
    }
}
