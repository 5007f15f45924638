//! Anchors of logs: each account's own, and only ever ahead.

use ledger_types::*;

use crate::values::entry;
use crate::world::{Draft, World, account_id};

const LOG: Digest = Digest([7; 32]);

fn anchor(entries: u64, head: u8) -> Payload {
    Payload::AnchorLog { log: LOG, entries, head: Digest([head; 32]) }
}

fn newest(world: &World, party: &str) -> Option<AnchoredLog> {
    match entry(world, &RegistryKey::AnchoredLog { account: account_id(party).unwrap(), log: LOG }) {
        Some(RegistryValue::AnchoredLog(anchored)) => Some(anchored),
        None => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_anchor_only_moves_ahead() {
    let mut world = World::new();
    world.must(Draft::new("shop", anchor(10, 1)));
    let first = newest(&world, "shop").unwrap();
    assert_eq!((first.entries, first.head), (10, Digest([1; 32])));
    for (entries, head) in [(10, 1), (10, 2), (9, 1), (0, 1)] {
        let receipt = world.submit(&Draft::new("shop", anchor(entries, head))).unwrap();
        let refusal = &receipt.refusals()[0];
        assert_eq!((refusal.reason, refusal.field), (RejectReason::LogNotAhead, Field::Log), "{entries}");
        assert_eq!(refusal.args[..], [Arg::Count(10), Arg::Count(entries)]);
        assert_eq!(newest(&world, "shop"), Some(first), "nothing changed");
    }
    world.must(Draft::new("shop", anchor(11, 3)));
    let second = newest(&world, "shop").unwrap();
    assert!(second.entries == 11 && second.height > first.height && second.time >= first.time);
    assert_eq!(newest(&world, "shop2"), None, "another account's log of the same name");
    world.must(Draft::new("shop2", anchor(1, 9)));
    assert_eq!(newest(&world, "shop"), Some(second));
}

#[test]
fn a_log_without_entries_has_no_anchor() {
    let mut world = World::new();
    let receipt = world.submit(&Draft::new("shop", anchor(0, 1))).unwrap();
    assert_eq!(receipt.refusals()[0].reason, RejectReason::LogNotAhead);
}
