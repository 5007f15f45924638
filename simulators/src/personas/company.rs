//! Companies (受票企业): finance clerks who accept, lock, book and reimburse.

use crate::dice::Dice;
use crate::plan::{Act, Step};

/// Companies for so many invoices.
pub fn count(invoices: usize) -> usize {
    (invoices / 150).max(20)
}

/// Half of all are reimbursed after twelve days in the middle; of those, so many go all the way within the day played.
pub fn reimburses_today(dice: &mut Dice) -> bool {
    dice.chance(0.12)
}

/// From the claim to the end: hand in, accept, lock, book, reimburse. `lag` draws minutes between two bounds.
pub fn reimbursement(claimed: u32, lag: &mut dyn FnMut(u32, u32) -> u32) -> Vec<Step> {
    let mut at = claimed;
    let mut steps = vec![Step { minute: at, act: Act::Claim }];
    for (act, low, high) in
        [(Act::Offer, 2, 60), (Act::Accept, 2, 40), (Act::Lock, 2, 20), (Act::Book, 2, 30), (Act::Reimburse, 2, 60)]
    {
        at += lag(low, high);
        steps.push(Step { minute: at, act });
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reimbursement_takes_its_six_steps_in_order() {
        let mut dice = Dice::new(4);
        let steps = reimbursement(10, &mut |low, high| dice.between(low, high));
        let acts: Vec<_> = steps.iter().map(|s| s.act).collect();
        assert_eq!(acts, [Act::Claim, Act::Offer, Act::Accept, Act::Lock, Act::Book, Act::Reimburse]);
        assert!(steps.is_sorted_by(|a, b| a.minute < b.minute));
    }
}
