//! Random histories over a small world: whatever is asked in whatever order, the sums hold and a replay gives the same.

use std::collections::BTreeSet;

use ledger::{BlockOutcome, MemoryState};
use ledger_types::{PayloadKind, ReimbursementState, Slot};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::audit::audit;
use crate::histories::{Choice, history};
use crate::scenario::Step;
use crate::world::World;

fn closed(world: &World) -> Vec<Slot> {
    let is_closed = |r: &ReimbursementState| matches!(r, ReimbursementState::Closed { .. });
    let outputs = world.state.outputs();
    outputs.filter(|(_, o)| o.invoice().is_some_and(|i| is_closed(&i.reimbursement))).map(|(slot, _)| slot).collect()
}

/// One block of a history: what admission lets through, and what became of it.
fn play(world: &mut World, gap: u64, choices: &[Choice]) -> (Vec<PayloadKind>, BlockOutcome) {
    let at = world.time + gap;
    let mut txs = Vec::new();
    for choice in choices {
        let draft = Step::parse(&choice.step(world)).draft(world).unwrap();
        let tx = world.transaction(&draft, at);
        txs.extend(world.admit(&tx));
    }
    (txs.iter().map(|tx| tx.envelope().payload.kind()).collect(), world.block(at, &txs))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_history_keeps_the_sums_and_replays_to_the_same(history in history()) {
        let mut world = World::new();
        let mut replayed: MemoryState = world.state.clone();
        for (gap, choices) in history {
            let closed_before = closed(&world);
            let (_, outcome) = play(&mut world, gap, &choices);
            let closed_after = closed(&world);
            prop_assert!(closed_before.iter().all(|slot| closed_after.contains(slot)), "closed stays closed");
            for receipt in outcome.receipts.iter().filter(|r| !r.is_accepted()) {
                prop_assert!(!receipt.refusals().is_empty());
                prop_assert!(receipt.refusals().is_sorted_by_key(|r| r.reason.number()));
            }
            audit(&world);
            replayed.apply(&outcome.changes);
        }
        prop_assert!(replayed == world.state, "the change sets alone rebuild the state");
    }
}

/// A property over histories in which nothing happens would hold as well.
#[test]
fn the_histories_get_everywhere() {
    let mut runner = TestRunner::deterministic();
    let mut accepted: BTreeSet<PayloadKind> = BTreeSet::new();
    let mut tasks = 0;
    for _ in 0..30 {
        let mut world = World::new();
        for (gap, choices) in history().new_tree(&mut runner).unwrap().current() {
            let (kinds, outcome) = play(&mut world, gap, &choices);
            let (of_tasks, of_txs) = outcome.receipts.split_at(outcome.receipts.len() - kinds.len());
            tasks += of_tasks.len();
            accepted.extend(kinds.iter().zip(of_txs).filter(|(_, r)| r.is_accepted()).map(|(kind, _)| *kind));
        }
    }
    let business = PayloadKind::ALL.iter().filter(|kind| **kind < PayloadKind::ProposeChange);
    let missing: Vec<_> = business.filter(|kind| !accepted.contains(kind)).collect();
    use PayloadKind::{ApproveTaxpayer, CloseAccount, OpenAccount, PublishRuleBook, UpdateKeys};
    assert_eq!(missing, [&OpenAccount, &UpdateKeys, &CloseAccount, &ApproveTaxpayer, &PublishRuleBook]);
    assert!(tasks > 20, "only {tasks} tasks fell due");
}
