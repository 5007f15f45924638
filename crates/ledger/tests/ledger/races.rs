//! Many at once: exactly one wins.

use ledger_types::{Receipt, RejectReason};

use crate::scenario::Step;
use crate::world::World;

/// One hundred of the same step in one block; receipts in order.
fn hundred(world: &mut World, step: &str) -> Vec<Receipt> {
    let at = world.time + 1_000;
    let txs: Vec<_> = (0..100)
        .map(|_| {
            let draft = Step::parse(step).draft(world).unwrap();
            let tx = world.transaction(&draft, at);
            world.admit(&tx).unwrap()
        })
        .collect();
    world.block(at, &txs).receipts
}

fn prepared(steps: &[&str]) -> World {
    let mut world = World::new();
    for step in steps {
        let draft = Step::parse(step).draft(&world).unwrap();
        world.must(draft);
    }
    world
}

fn one_wins(receipts: &[Receipt], losers: RejectReason) {
    assert!(receipts[0].is_accepted());
    for receipt in &receipts[1..] {
        assert_eq!(receipt.refusals().first().map(|r| r.reason), Some(losers));
    }
}

#[test]
fn of_a_hundred_reimbursements_one_succeeds() {
    let mut world = prepared(&["issue owner=corp", "lock", "book"]);
    let receipts = hundred(&mut world, "reimburse");
    one_wins(&receipts, RejectReason::OutputSpent);
    assert_eq!(receipts[99].refusals()[1].reason, RejectReason::AlreadyReimbursed);
}

#[test]
fn of_a_hundred_claims_one_succeeds() {
    let mut world = prepared(&["issue"]);
    one_wins(&hundred(&mut world, "claim"), RejectReason::AlreadyClaimed);
}

#[test]
fn of_a_hundred_locks_acceptances_and_reds_one_succeeds() {
    let mut world = prepared(&["issue owner=corp"]);
    one_wins(&hundred(&mut world, "lock"), RejectReason::OutputSpent);
    let mut world = prepared(&["issue owner=ann", "offer"]);
    one_wins(&hundred(&mut world, "accept"), RejectReason::OutputSpent);
    let mut world = prepared(&["issue"]);
    one_wins(&hundred(&mut world, "red"), RejectReason::OutputSpent);
    let mut world = prepared(&[]);
    one_wins(&hundred(&mut world, "issue order=o1"), RejectReason::OrderInvoiced);
    let mut world = prepared(&["pay"]);
    one_wins(&hundred(&mut world, "issue pay=0:10600"), RejectReason::OutputSpent);
    let mut world = prepared(&["apply"]);
    one_wins(&hundred(&mut world, "issue-applied"), RejectReason::ApplicationGone);
}
