//! The fast rules against the slow ones, on valid and slightly wrong invoices.
#![allow(clippy::unwrap_used)]

#[path = "differential/change.rs"]
mod change;
#[path = "differential/plan.rs"]
mod plan;
#[path = "differential/strategies.rs"]
mod strategies;
#[path = "differential/world.rs"]
mod world;

use std::collections::BTreeSet;

use ledger_types::{Fen, Field, ReasonClass, RejectReason};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tax_rules::{Verdict, evaluate, reference};

use plan::{Plan, plans};
use world::World;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn both_models_give_the_same_verdict(plan in plans()) {
        let world = plan.world();
        let (fast, slow) = (evaluate(&world.context(), &world.invoice()), slow(&world));
        prop_assert_eq!(&fast, &slow);
        let keys: Vec<_> = fast.refusals.iter().map(|r| (r.reason, r.line, r.field)).collect();
        prop_assert!(keys.is_sorted_by(|a, b| a < b), "in order, and each only once: {:?}", keys);
        prop_assert_eq!(fast.passes(), fast.refusals.is_empty());
    }
}

fn slow(world: &World) -> Verdict {
    reference::evaluate(&world.context(), &world.invoice())
}

/// The same plans on every run, so that what follows does not depend on luck.
fn fixed_plans(count: usize) -> Vec<Plan> {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let plans = plans();
    (0..count).map(|_| plans.new_tree(&mut runner).unwrap().current()).collect()
}

/// The generator is not blind to a rule: the plans produce every reason, and many of them nothing else.
#[test]
fn the_plans_reach_every_rule() {
    let (mut seen, mut alone, mut passed) = (BTreeSet::new(), BTreeSet::new(), 0);
    for plan in fixed_plans(4_000) {
        let world = plan.world();
        let reasons: BTreeSet<RejectReason> =
            evaluate(&world.context(), &world.invoice()).refusals.iter().map(|r| r.reason).collect();
        passed += usize::from(reasons.is_empty());
        if reasons.len() == 1 {
            alone.extend(reasons.iter().copied());
        }
        seen.extend(reasons);
    }
    let rules: BTreeSet<RejectReason> =
        RejectReason::ALL.iter().copied().filter(|r| r.class() == ReasonClass::Rule).collect();
    assert_eq!(seen, rules);
    assert!(alone.len() > 25, "reasons that came alone: {alone:?}");
    assert!(passed > 400, "invoices that passed: {passed}");
}

/// A mistake of the fast rules, made by handing them a slightly different world.
struct Plant {
    name: &'static str,
    twist: fn(&mut World),
}

const PLANTS: &[Plant] = &[
    Plant { name: "line tolerance 0.07", twist: |w| w.book.line_tax_tolerance.0 += 1 },
    Plant { name: "line tolerance 0.05", twist: |w| w.book.line_tax_tolerance.0 -= 1 },
    Plant { name: "discount tolerance 0.02", twist: |w| w.book.discount_tax_tolerance.0 += 1 },
    Plant { name: "invoice tolerance 1.28", twist: |w| w.book.invoice_tax_tolerance.0 += 1 },
    Plant { name: "invoice tolerance 1.26", twist: |w| w.book.invoice_tax_tolerance.0 -= 1 },
    Plant { name: "product tolerance 0.02", twist: |w| w.book.product_tolerance.0 += 1 },
    Plant { name: "sum tolerance 0.02", twist: |w| w.book.sum_tolerance.0 += 1 },
    Plant { name: "one line more", twist: |w| w.book.max_lines += 1 },
    Plant { name: "one character more in a name", twist: |w| w.book.max_line_name += 1 },
    Plant { name: "one character more in a remark", twist: |w| w.book.max_remark += 1 },
    Plant { name: "one character more in a title", twist: |w| w.book.max_buyer_name += 1 },
    Plant { name: "limit and amount equal is over", twist: World::lower_invoice_limits },
    Plant { name: "quota and use equal is over", twist: |w| w.with_profile(|p| p.monthly_quota.0 -= 1) },
    Plant {
        name: "one invoice more a day",
        twist: |w| w.with_profile(|p| p.daily_count += u32::from(p.daily_count > 0)),
    },
    Plant {
        name: "one invoice more a minute",
        twist: |w| w.with_profile(|p| p.burst_per_minute += u32::from(p.burst_per_minute > 0)),
    },
    Plant { name: "a moment late", twist: |w| w.now.0 += 1 },
    Plant { name: "a moment early", twist: |w| w.now.0 -= 1 },
    Plant { name: "tax ids never needed", twist: |w| w.book.organisation_needs_tax_id = false },
    Plant { name: "categories ignored", twist: |w| w.with_profile(|p| p.categories.clear()) },
    Plant { name: "grants for whole parts", twist: World::widen_grants },
];

/// A canary: every planted mistake of a single fen, character, line or millisecond is found by the fixed plans, by the
/// rules that fail alone (tolerances also stand in the arguments, which would be too easy).
#[test]
fn every_planted_mistake_is_found() {
    let keys = |v: &Verdict| -> Vec<(RejectReason, Option<u16>, Field)> {
        v.refusals.iter().map(|r| (r.reason, r.line, r.field)).collect()
    };
    let worlds: Vec<World> = fixed_plans(4_000).iter().map(Plan::world).collect();
    let verdicts: Vec<_> = worlds.iter().map(|w| keys(&slow(w))).collect();
    for plant in PLANTS {
        let found = worlds.iter().zip(&verdicts).filter(|(world, verdict)| {
            let mut twisted = (*world).clone();
            (plant.twist)(&mut twisted);
            keys(&evaluate(&twisted.context(), &twisted.invoice())) != **verdict
        });
        assert!(found.count() > 0, "not found: {}", plant.name);
    }
}

/// Amounts at the ends of `i64`, malformed codes, rates, quantities and ids, all at once and many times over.
#[test]
fn the_worst_input_gives_a_verdict() {
    for fen in [i64::MIN, i64::MAX] {
        let mut world = World::plain();
        world.facts.net = Fen(fen);
        world.facts.tax = Fen(fen);
        world.facts.total = Fen(fen);
        world.usage.reserved = Fen(fen);
        world.usage.consumed = Fen(fen);
        let line = &mut world.lines[0];
        line.net = Fen(fen);
        line.tax = Fen(-1 - fen);
        line.rate = ledger_types::TaxRate::Percent(u16::MAX);
        line.tax_code = change::raw_code(u64::MAX);
        line.quantity = Some(change::raw_quantity(i64::MIN, 255));
        line.price = Some(change::raw_quantity(i64::MAX, 14));
        world.lines = vec![world.lines[0].clone(); 2_000];
        let verdict = evaluate(&world.context(), &world.invoice());
        assert_eq!(verdict, slow(&world));
        assert!(verdict.refusals.len() > 10_000);

        world.lines.push(world.lines[0].clone());
        let too_many = evaluate(&world.context(), &world.invoice());
        assert_eq!(too_many, slow(&world));
        assert!(too_many.refusals.len() < 20, "with too many lines, single lines are not judged");
    }
}
