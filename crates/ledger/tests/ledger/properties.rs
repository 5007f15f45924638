//! Random histories over a small world: whatever is asked in whatever order, the sums hold and a replay gives the same.

use ledger::MemoryState;
use ledger_types::{Change, ReimbursementState, Slot, Verdict};
use proptest::prelude::*;

use crate::audit::audit;
use crate::scenario::Step;
use crate::world::World;

/// A random step over few parties and slots, so that steps meet each other often.
fn step() -> impl Strategy<Value = String> {
    let party = prop::sample::select(vec!["shop", "shop2", "corp", "corp2", "ann", "bob", "t1", "bureau"]);
    let owner = prop::sample::select(vec!["token:t1", "ann", "corp", "any:ann+bob"]);
    let (slot, net) = (0u64..8, 1i64..30_000);
    let verb = prop::sample::select(vec![
        "issue",
        "issue",
        "apply",
        "issue-applied",
        "withdraw-application",
        "claim",
        "offer",
        "accept",
        "refuse",
        "withdraw",
        "lock",
        "lock",
        "unlock",
        "book",
        "book",
        "unbook",
        "reimburse",
        "ask-red",
        "answer-red",
        "red",
        "red",
        "pay",
        "batch",
        "standing",
    ]);
    let choice = (0u64..4, 1u64..4, prop::bool::weighted(0.15));
    (verb, party, owner, slot, net, choice).prop_map(|(verb, party, owner, slot, net, (a, b, stale))| {
        let by = if a == 0 { format!("by={party}") } else { String::new() };
        let seq = if stale { format!("seq={a}") } else { String::new() };
        match verb {
            "issue" => format!("issue {by} owner={owner} net={net} order=o{slot}"),
            "apply" => format!("apply {by} owner={owner} net={net} order=o{slot} expires={b}m"),
            "issue-applied" | "withdraw-application" => format!("{verb} {by} app={}", slot + 1),
            "offer" => format!("offer {by} inv={slot} {seq} until={b}m to={party}"),
            "claim" => format!("claim {by} inv={slot} {seq} to=corp"),
            "lock" => format!("lock {by} inv={slot},{} until={b}m", (slot + 1) % 8),
            "ask-red" => format!("ask-red {by} inv={slot}"),
            "answer-red" => {
                format!("answer-red {by} form={b} answer={}", ["confirm", "refuse", "withdraw"][(a % 3) as usize])
            }
            "red" if a == 1 => format!("red {by} inv={slot} {seq} form={b}"),
            "red" => format!("red {by} inv={slot} {seq} reason={}", if a == 2 { "allowance" } else { "return" }),
            "pay" => format!("pay {by} ref=p{slot} amount={net}"),
            "batch" => format!("batch {by} owner={owner} nets={net},{}", net + 7),
            "standing" => format!("standing to={}", if a == 0 { "suspended" } else { "normal" }),
            _ => format!("{verb} {by} inv={slot} {seq}"),
        }
    })
}

/// Blocks of a few steps, with the time before each.
fn history() -> impl Strategy<Value = Vec<(u64, Vec<String>)>> {
    let gap = prop_oneof![Just(1u64), Just(1_000), 1_000u64..200_000, Just(86_400_000), Just(15 * 86_400_000)];
    prop::collection::vec((gap, prop::collection::vec(step(), 1..6)), 1..20)
}

fn closed(world: &World) -> Vec<Slot> {
    let is_closed = |r: &ReimbursementState| matches!(r, ReimbursementState::Closed { .. });
    let outputs = world.state.outputs();
    outputs.filter(|(_, o)| o.invoice().is_some_and(|i| is_closed(&i.reimbursement))).map(|(slot, _)| slot).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_history_keeps_the_sums_and_replays_to_the_same(history in history()) {
        let mut world = World::new();
        let start = world.state.clone();
        let mut blocks = Vec::new();
        for (gap, steps) in history {
            let at = world.time + gap;
            let mut txs = Vec::new();
            for text in steps {
                let draft = Step::parse(&text).draft(&world).unwrap();
                let tx = world.transaction(&draft, at);
                // What admission refuses never gets into a block.
                txs.extend(world.admit(&tx));
            }
            let closed_before = closed(&world);
            let outcome = world.block(at, &txs);
            prop_assert!(closed_before.iter().all(|slot| closed(&world).contains(slot)), "closed stays closed");
            for receipt in &outcome.receipts {
                if let Verdict::Refused(refusals) = &receipt.verdict {
                    prop_assert!(!refusals.is_empty());
                    prop_assert!(refusals.is_sorted_by_key(|r| r.reason.number()));
                }
            }
            audit(&world);
            blocks.push(outcome);
        }
        let mut replayed: MemoryState = start;
        blocks.iter().for_each(|block| replayed.apply(&block.changes));
        prop_assert!(replayed == world.state, "the change sets alone rebuild the state");
        let stepped = blocks.iter().flat_map(|b| &b.changes.changes).filter(|c| matches!(c, Change::Output { .. }));
        prop_assert!(stepped.count() <= 20 * 6 * 2);
    }
}
