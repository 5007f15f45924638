//! The plan of some days, drawn before anything is sent: who issues what when, and what becomes of it.

use ledger_types::Fen;

use crate::curve::{self, DAY};
use crate::dice::{Dice, sums};
use crate::industry::Industry;
use crate::personas::cheat::{Cheat, Moment};
use crate::personas::{company, merchant, person};

/// What is to be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanOptions {
    /// Attempts to issue.
    pub invoices: usize,
    /// Over how many days.
    pub days: u32,
    /// Seed of the dice.
    pub seed: u64,
}

/// A step in an invoice's life after issuing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The buyer claims with the order token, into a wallet.
    Claim,
    /// The employee offers it to the company.
    Offer,
    /// The company accepts.
    Accept,
    /// The company locks it.
    Lock,
    /// The company books it.
    Book,
    /// The company reimburses it.
    Reimburse,
    /// The seller reverses it, unused.
    RedDirect,
    /// The seller asks the company for a red letter.
    AskRed,
    /// The company confirms.
    ConfirmRed,
    /// The seller issues the confirmed red invoice.
    RedConfirmed,
    /// Somebody cheats.
    Cheat(Cheat),
}

/// An act and the minute of the run it is planned for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Minute of the run.
    pub minute: u32,
    /// What.
    pub act: Act,
}

/// One attempt to issue, and what follows if it succeeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoicePlan {
    /// Minute of the run.
    pub minute: u32,
    /// Which merchant.
    pub merchant: usize,
    /// Who buys.
    pub person: usize,
    /// For which company, if the title is one.
    pub company: Option<usize>,
    /// Amount with tax.
    pub gross: Fen,
    /// How many lines.
    pub lines: u16,
    /// The issue itself is a cheat.
    pub cheat: Option<Cheat>,
    /// The till sends it twice.
    pub twice: bool,
    /// Afterwards.
    pub steps: Vec<Step>,
}

/// The whole plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What was asked for.
    pub options: PlanOptions,
    /// The merchants' industries; a merchant's index is his rank in size.
    pub merchants: Vec<Industry>,
    /// Monthly quota of the merchants with a small one.
    pub tight: Vec<(usize, Fen)>,
    /// How many companies receive.
    pub companies: usize,
    /// How many persons buy.
    pub persons: usize,
    /// By rising minute.
    pub invoices: Vec<InvoicePlan>,
}

/// One in so many attempts is a cheat's.
const CHEAT_EVERY: usize = 40;
/// Steps planned later than this after the last day are left to other days, minutes.
const TAIL: u32 = 45;

impl Plan {
    /// Draws a plan: the same options give the same plan.
    pub fn draw(options: PlanOptions) -> Self {
        let mut dice = Dice::new(options.seed);
        let many = merchant::count(options.invoices);
        let merchants = merchant::industries(many, &mut dice);
        let volumes = sums(merchant::volumes(&merchants));
        let day = sums(curve::weights(&curve::CITY));
        let (companies, persons) = (company::count(options.invoices), person::count(options.invoices));
        let last = options.days * DAY + TAIL;
        let tight_ones = merchant::tight(many);
        let mut invoices: Vec<InvoicePlan> = (0..options.invoices)
            .map(|i| {
                let minute = (i as u32 % options.days.max(1)) * DAY + dice.pick(&day) as u32;
                let merchant = dice.pick(&volumes);
                let lines = merchant::lines(&mut dice);
                let gross = merchants[merchant].amount(dice.normal(), lines);
                let cheat =
                    (i % CHEAT_EVERY == CHEAT_EVERY - 1).then(|| Cheat::ALL[i / CHEAT_EVERY % Cheat::ALL.len()]);
                let mut plan = InvoicePlan {
                    minute,
                    merchant,
                    person: dice.below(persons),
                    company: person::wants_company_title(&mut dice).then(|| dice.below(companies)),
                    gross,
                    lines,
                    cheat: cheat.filter(|c| c.moment() == Moment::Issue),
                    twice: dice.chance(0.01),
                    steps: Vec::new(),
                };
                script(&mut plan, cheat, companies, tight_ones.contains(&merchant), &mut dice);
                plan.steps.retain(|s| s.minute < last);
                plan
            })
            .collect();
        invoices.sort_by_key(|p| p.minute);
        let tight = tight_ones.into_iter().map(|m| (m, merchant::tight_quota(m, &invoices))).collect();
        Self { options, merchants, tight, companies, persons, invoices }
    }

    /// Amounts with tax that a merchant plans to invoice, fen.
    pub fn planned(&self, merchant: usize) -> i64 {
        self.invoices.iter().filter(|p| p.merchant == merchant).map(|p| p.gross.0).sum()
    }
}

/// What follows after issuing: cheats first, then the honest ways.
fn script(plan: &mut InvoicePlan, cheat: Option<Cheat>, companies: usize, tight: bool, dice: &mut Dice) {
    if plan.cheat.is_some() {
        // The refused bytes once are enough; nothing follows a refused invoice.
        plan.twice = false;
        return;
    }
    if let Some(cheat) = cheat {
        if matches!(cheat.moment(), Moment::Held | Moment::Closed) && plan.company.is_none() {
            plan.company = Some(dice.below(companies));
        }
        let quick = |after: u32, act| Step { minute: plan.minute + after, act };
        plan.steps = match cheat.moment() {
            Moment::Issue => Vec::new(),
            Moment::BeforeClaim => vec![quick(2, Act::Cheat(cheat)), quick(4, Act::Claim)],
            Moment::AfterClaim => vec![quick(2, Act::Claim), quick(4, Act::Cheat(cheat))],
            Moment::Held => vec![
                quick(2, Act::Claim),
                quick(4, Act::Offer),
                quick(6, Act::Accept),
                quick(8, Act::Cheat(cheat)),
                quick(10, Act::Lock),
            ],
            Moment::Closed => {
                let mut steps = company::reimbursement(plan.minute + 2, &mut |_, _| 2);
                steps.push(quick(16, Act::Cheat(cheat)));
                steps
            }
        };
        return;
    }
    plan.steps = person::claim(plan.minute, dice);
    let Some(claimed) = plan.steps.first().map(|s| s.minute) else { return };
    if let Some(red) = merchant::error(plan, tight, dice) {
        plan.steps = red;
    } else if plan.company.is_some() && company::reimburses_today(dice) {
        plan.steps = company::reimbursement(claimed, &mut |low, high| dice.between(low, high));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(invoices: usize) -> Plan {
        Plan::draw(PlanOptions { invoices, days: 1, seed: 7 })
    }

    #[test]
    fn the_same_seed_draws_the_same_plan_and_every_cheat_appears() {
        let one = plan(2_000);
        assert_eq!(one, plan(2_000));
        assert_ne!(one, Plan::draw(PlanOptions { seed: 8, ..one.options }));
        for cheat in Cheat::ALL {
            let tries = |p: &InvoicePlan| p.cheat == Some(cheat) || p.steps.iter().any(|s| s.act == Act::Cheat(cheat));
            assert!(one.invoices.iter().any(tries), "{cheat:?}");
        }
        assert!(one.invoices.is_sorted_by_key(|p| p.minute));
        assert!(one.invoices.iter().all(|p| p.steps.is_sorted_by_key(|s| s.minute)));
        assert!(one.invoices.iter().all(|p| p.steps.iter().all(|s| s.minute > p.minute)));
    }

    #[test]
    fn the_shares_of_a_day_are_those_of_the_city() {
        let day = plan(20_000);
        let share = |f: &dyn Fn(&InvoicePlan) -> bool| {
            day.invoices.iter().filter(|p| f(p)).count() as f64 / day.invoices.len() as f64
        };
        let near = |value: f64, want: f64, by: f64| (value - want).abs() < by;
        assert!(near(share(&|p| p.company.is_some()), 0.55, 0.03));
        assert!(near(share(&|p| p.lines == 1), 0.85, 0.02) && near(share(&|p| p.lines > 8), 0.03, 0.01));
        assert!(near(share(&|p| p.twice), 0.01, 0.004));
        let red = |p: &InvoicePlan| p.steps.iter().any(|s| matches!(s.act, Act::RedDirect | Act::RedConfirmed));
        assert!(near(share(&red), 0.012, 0.006), "{}", share(&red));
        assert!(share(&|p| p.steps.iter().any(|s| s.act == Act::Reimburse)) > 0.04);
        for (merchant, quota) in &day.tight {
            assert!(quota.0 > 0 && quota.0 < day.planned(*merchant), "a small quota runs out");
        }
    }
}
