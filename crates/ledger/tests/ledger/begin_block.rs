//! Due tasks: what they do, that they come first, and that a crowd of them carries over.

use ledger_types::limits::MAX_TIMERS_PER_BLOCK;
use ledger_types::receipt::ReceiptSubject;
use ledger_types::*;

use crate::scenario::Step;
use crate::world::{AREA, START, World};

fn run(world: &mut World, step: &str) {
    let draft = Step::parse(step).draft(world).unwrap();
    world.must(draft);
}

fn tasks(receipts: &[Receipt]) -> Vec<TimerTask> {
    let task = |r: &Receipt| match r.subject {
        ReceiptSubject::System(task) => Some(task),
        ReceiptSubject::Tx(_) | ReceiptSubject::Change(_) => None,
    };
    receipts.iter().filter_map(task).collect()
}

#[test]
fn receipts_of_tasks_stand_before_those_of_transactions_and_name_them() {
    let mut world = World::new();
    run(&mut world, "issue owner=corp");
    run(&mut world, "lock until=1h");
    run(&mut world, "apply expires=1h");
    let at = world.time + 7_200_000;
    let draft = Step::parse("issue").draft(&world).unwrap();
    let tx = world.transaction(&draft, at);
    let tx = world.admit(&tx).unwrap();
    let receipts = world.block(at, &[tx]).receipts;
    let due = [TimerTask::LapseLock { slot: Slot(0), sequence: 1 }, TimerTask::LapseApplication(ApplicationId(1))];
    assert_eq!(tasks(&receipts), due);
    assert!(matches!(receipts[2].subject, ReceiptSubject::Tx(_)));
    let stepped = Verdict::Accepted(TxOutcome::Stepped(vec![(Slot(0), 2)]));
    assert_eq!(receipts[0].verdict, stepped);
}

#[test]
fn a_task_whose_subject_moved_on_leaves_no_receipt_and_is_gone() {
    let mut world = World::new();
    run(&mut world, "apply expires=1h");
    run(&mut world, "issue-applied");
    let outcome = world.pass(7_200_000);
    assert_eq!(outcome.receipts, []);
    let removed =
        outcome.changes.registry().filter(|(key, value)| matches!(key, RegistryKey::Timer { .. }) && value.is_none());
    assert_eq!(removed.count(), 1);
    assert_eq!(world.pass(1).changes, ChangeSet::default(), "it does not come again");
}

/// First form of a crowd.
const CROWD: u64 = 1_000_000;

/// A world with more due tasks than a block does: red-letter forms that nobody answered.
fn crowded(count: usize) -> World {
    let mut world = World::new();
    let changes = (0..count as u64).map(|i| {
        let id = FormId(CROWD + i);
        let form = RedForm {
            id,
            invoice: Slot(0),
            seller: AccountId(4),
            buyer: AccountId(6),
            owner: Address([0; 32]),
            initiator: RedInitiator::Seller,
            reason: RedReason::SalesReturn,
            state: RedFormState::AwaitingBuyer,
            asked_ms: START,
            expires_ms: START + 10_000,
        };
        let timer = RegistryKey::Timer { due_ms: START + 10_001, number: 1_000 + i };
        [
            (RegistryKey::RedForm(id), RegistryValue::RedForm(form)),
            (timer, RegistryValue::Timer(TimerTask::LapseRedForm(id))),
        ]
    });
    let change = |(key, value)| Change::Registry {
        cause: ledger_types::change_set::SYSTEM_CAUSE,
        key,
        value: Some(Box::new(value)),
    };
    world.state.apply(&ChangeSet { changes: changes.flatten().map(change).collect() });
    world
}

#[test]
fn a_crowd_of_tasks_carries_over_to_the_next_blocks_in_order() {
    let mut world = crowded(MAX_TIMERS_PER_BLOCK + 3);
    let first = world.pass(60_000).receipts;
    assert_eq!(first.len(), MAX_TIMERS_PER_BLOCK);
    let second = tasks(&world.pass(1).receipts);
    let rest = (0..3).map(|i| TimerTask::LapseRedForm(FormId(CROWD + MAX_TIMERS_PER_BLOCK as u64 + i)));
    assert!(second.into_iter().eq(rest));
    assert_eq!(world.pass(1).receipts, []);
}

#[test]
fn what_still_waits_for_its_task_is_over_all_the_same() {
    let mut world = crowded(MAX_TIMERS_PER_BLOCK);
    run(&mut world, "issue owner=ann");
    run(&mut world, "offer until=30s");
    run(&mut world, "apply expires=30s");
    let at = world.time + 60_000;
    let txs = ["accept", "issue-applied", "withdraw-application", "issue"].map(|step| {
        let draft = Step::parse(step).draft(&world).unwrap();
        let tx = world.transaction(&draft, at);
        world.admit(&tx).unwrap()
    });
    let receipts = world.block(at, &txs).receipts;
    assert_eq!(tasks(&receipts).len(), MAX_TIMERS_PER_BLOCK, "the crowd came first");
    let reasons: Vec<_> =
        receipts[MAX_TIMERS_PER_BLOCK..].iter().map(|r| r.refusals().first().map(|r| r.reason)).collect();
    let gone = Some(RejectReason::ApplicationGone);
    assert_eq!(reasons, [Some(RejectReason::OfferLapsed), gone, gone, None]);
    assert_eq!(tasks(&world.pass(1).receipts).len(), 2, "offer and application lapse in the next block");
}

#[test]
fn a_rule_book_whose_task_comes_late_does_not_take_force_over_a_newer_one() {
    let mut world = crowded(MAX_TIMERS_PER_BLOCK);
    run(&mut world, "rules effective=1h");
    let publish = Step::parse("rules version=3 after=1h").draft(&world).unwrap();
    assert!(world.submit_after(&publish, 3_600_000).unwrap().is_accepted());
    let active = |world: &World| ledger::active_rule_books(&world.state, &[AREA]).unwrap()[0].version;
    assert_eq!(active(&world), 3);
    let late = world.pass(1);
    assert_eq!((late.receipts, active(&world)), (vec![], 3));
}

#[test]
fn a_form_that_still_waits_for_its_task_is_not_answered() {
    let mut world = crowded(MAX_TIMERS_PER_BLOCK);
    for step in ["issue owner=corp", "lock", "book", "ask-red"] {
        run(&mut world, step);
    }
    let answer = Step::parse("answer-red").draft(&world).unwrap();
    let receipt = world.submit_after(&answer, 72 * 3_600_000 + 1).unwrap();
    assert_eq!(receipt.refusals().iter().map(|r| r.reason).collect::<Vec<_>>(), [RejectReason::RedFormState]);
}
