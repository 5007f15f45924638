//! What makes a block invalid, and what a block leaves in the request log and the change set.

use ledger::{ExecutionFault, StateFault, StateView};
use ledger_types::change_set::SYSTEM_CAUSE;
use ledger_types::*;

use crate::scenario::Step;
use crate::world::{Draft, World};

fn draft(world: &World, step: &str) -> Draft {
    Step::parse(step).draft(world).unwrap()
}

fn admitted(world: &mut World, step: &str, at: u64) -> ledger::admission::AuthenticatedTx {
    let draft = draft(world, step);
    let tx = world.transaction(&draft, at);
    world.admit(&tx).unwrap()
}

#[test]
fn a_request_id_stands_in_one_block_once() {
    let mut world = World::new();
    let at = world.time + 1_000;
    let tx = admitted(&mut world, "issue", at);
    let first = tx.id();
    let twice = world.execute(at, &[tx.clone(), tx.clone()]).unwrap_err();
    assert_eq!(twice, ExecutionFault::RequestUsed { index: 1, first });
    world.block(at, std::slice::from_ref(&tx));
    let again = world.execute(at + 1, &[tx]).unwrap_err();
    assert_eq!(again, ExecutionFault::RequestUsed { index: 0, first });
}

#[test]
fn the_same_id_for_other_content_is_the_same_id() {
    let mut world = World::new();
    let at = world.time + 1_000;
    let draft = draft(&world, "issue");
    let envelope = world.envelope(&draft, at);
    let other = Envelope { valid_until_ms: envelope.valid_until_ms - 1, ..envelope.clone() };
    let txs: Vec<_> = [envelope, other]
        .into_iter()
        .map(|envelope| {
            let tx = world.signed(envelope, &draft);
            world.admit(&tx).unwrap()
        })
        .collect();
    assert_ne!(txs[0].id(), txs[1].id());
    let first = txs[0].id();
    assert_eq!(world.execute(at, &txs).unwrap_err(), ExecutionFault::RequestUsed { index: 1, first });
}

#[test]
fn request_ids_are_each_accounts_own() {
    let mut world = World::new();
    let at = world.time + 1_000;
    let (draft, other) = (draft(&world, "issue"), draft(&world, "issue by=shop2"));
    let ours = world.envelope(&draft, at);
    let theirs = Envelope { request_id: ours.request_id, ..world.envelope(&other, at) };
    let txs = [world.signed(ours, &draft), world.signed(theirs, &other)];
    let txs = txs.map(|tx| world.admit(&tx).unwrap());
    assert!(world.block(at, &txs).receipts.iter().all(Receipt::is_accepted));
}

#[test]
fn a_transaction_out_of_its_time_makes_the_block_invalid() {
    let mut world = World::new();
    let at = world.time + 1_000;
    let tx = admitted(&mut world, "issue", at);
    let late = at + 60_001;
    let fault = world.execute(late, &[tx]).unwrap_err();
    assert_eq!(fault, ExecutionFault::OutOfTime { index: 0, reason: RejectReason::Expired });
}

#[test]
fn a_transaction_of_a_twin_chain_is_refused_at_both_doors() {
    let mut world = World::new();
    let at = world.time + 1_000;
    let draft = draft(&world, "issue");
    let tx = world.transaction(&draft, at);
    let admitted = world.admit(&tx).unwrap();
    world.chain = ChainId([9; 32]);
    assert_eq!(world.admit(&tx).map(|_| ()).unwrap_err().reason, RejectReason::WrongChain);
    assert_eq!(world.execute(at, &[admitted]).unwrap_err(), ExecutionFault::WrongChain { index: 0 });
}

#[test]
fn every_transaction_leaves_one_line_and_a_refused_one_nothing_else() {
    let mut world = World::new();
    let at = world.time + 1_000;
    let txs = ["issue", "issue tax=900 total=10900", "issue"].map(|step| admitted(&mut world, step, at));
    let outcome = world.block(at, &txs);
    let lines: Vec<_> = outcome.changes.requests().map(|r| (r.tx, r.height.0, r.index, r.accepted)).collect();
    let height = world.height;
    let expected: Vec<_> =
        [true, false, true].iter().zip(0u16..).map(|(ok, i)| (txs[usize::from(i)].id(), height, i, *ok)).collect();
    assert_eq!(lines, expected);
    let stored = world.state.request(txs[1].scope(), txs[1].envelope().request_id).unwrap().unwrap();
    assert!(!stored.accepted);
    let causes = outcome.changes.changes.iter().filter_map(|c| match c {
        Change::Output { cause, .. } | Change::Registry { cause, .. } => Some(*cause),
        Change::Request(_) => None,
    });
    assert!(causes.clone().all(|cause| cause != 1), "nothing was caused by the refused one");
    assert!(causes.clone().any(|cause| cause == 0) && causes.clone().any(|cause| cause == 2));
}

#[test]
fn changes_stand_in_order_and_each_place_once() {
    let mut world = World::new();
    world.must(draft(&world, "apply expires=1h"));
    let at = world.time + 3_600_001;
    let txs = ["issue order=o1", "apply", "claim", "pay", "issue pay=1:10600 seq=0"]
        .map(|step| admitted(&mut world, step, at));
    let outcome = world.block(at, &txs);
    let group = |c: &Change| match c {
        Change::Output { .. } => 0,
        Change::Registry { .. } => 1,
        Change::Request(_) => 2,
    };
    assert!(outcome.changes.changes.is_sorted_by_key(group));
    let slots: Vec<Slot> = outcome.changes.outputs().map(|(slot, _)| slot).collect();
    assert!(slots.is_sorted_by(|a, b| a < b) && slots.len() == 3, "{slots:?}");
    let keys: Vec<RegistryKey> = outcome.changes.registry().map(|(key, _)| key.clone()).collect();
    assert!(keys.is_sorted_by(|a, b| a < b));
    let lapsed = outcome.changes.changes.iter().find_map(|c| match c {
        Change::Registry { cause, key: RegistryKey::Application(ApplicationId(1)), value } => {
            Some((*cause, value.clone()))
        }
        _ => None,
    });
    assert_eq!(lapsed, Some((SYSTEM_CAUSE, None)));
}

#[test]
fn what_is_made_and_removed_within_a_block_does_not_show() {
    let mut world = World::new();
    let at = world.time + 1_000;
    let txs = ["apply", "withdraw-application"].map(|step| admitted(&mut world, step, at));
    let outcome = world.block(at, &txs);
    assert!(outcome.receipts.iter().all(Receipt::is_accepted));
    assert!(!outcome.changes.registry().any(|(key, _)| matches!(key, RegistryKey::Application(_))));
}

#[test]
fn too_many_transactions_make_the_block_invalid() {
    let mut world = World::new();
    let at = world.time + 1_000;
    let tx = admitted(&mut world, "issue", at);
    let txs = vec![tx; 10_001];
    let fault = world.execute(at, &txs).unwrap_err();
    assert_eq!(fault, ExecutionFault::TooManyTransactions { found: 10_001, limit: 10_000 });
}

/// State that fails on one read.
struct Failing<'a>(&'a ledger::MemoryState);

impl StateView for Failing<'_> {
    fn output(&self, slot: Slot) -> Result<Option<OutputRecord>, StateFault> {
        self.0.output(slot)
    }

    fn registry(&self, key: &RegistryKey) -> Result<Option<RegistryValue>, StateFault> {
        match key {
            RegistryKey::Numbering(_) => Err(StateFault("the disk is gone".to_owned())),
            _ => self.0.registry(key),
        }
    }

    fn request(&self, scope: RequestScope, id: RequestId) -> Result<Option<RequestEntry>, StateFault> {
        self.0.request(scope, id)
    }

    fn due_timers(&self, now_ms: u64, limit: usize) -> Result<Vec<(RegistryKey, TimerTask)>, StateFault> {
        self.0.due_timers(now_ms, limit)
    }
}

#[test]
fn a_state_that_cannot_be_read_is_a_fault_and_never_a_verdict() {
    let mut world = World::new();
    let at = world.time + 1_000;
    let tx = admitted(&mut world, "issue", at);
    let ctx = world.context(at);
    let fault = ledger::execute_block(&Failing(&world.state), &ctx, &[tx]).unwrap_err();
    assert_eq!(fault, ExecutionFault::State(StateFault("the disk is gone".to_owned())));
}

#[test]
fn rule_books_in_force_are_listed_by_area() {
    let mut world = World::new();
    world.must(draft(&world, "rules of=4401 version=1 by=province effective=1h"));
    let areas = world.genesis.areas.clone();
    let versions = |world: &World| {
        let books = ledger::active_rule_books(&world.state, &areas).unwrap();
        books.iter().map(|b| (b.area.0, b.version)).collect::<Vec<_>>()
    };
    assert_eq!(versions(&world), [(4403, 1)]);
    world.pass(3_600_000);
    assert_eq!(versions(&world), [(4401, 1), (4403, 1)]);
}
