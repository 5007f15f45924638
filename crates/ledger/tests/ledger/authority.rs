//! Who may sign: keys, limits, roles, revocation at its place in the block.

use ledger_types::envelope::SignerRole;
use ledger_types::{AccountId, KeyId, Payload, Refusal, RejectReason, SignerIdentity, Verdict};

use crate::expectation::reasons;
use crate::scenario::Step;
use crate::world::{Draft, START, World};

fn draft(world: &World, step: &str) -> Draft {
    Step::parse(step).draft(world).unwrap()
}

/// `ok` or the reasons for one step in a world of its own.
fn outcome(world: &mut World, step: &str) -> String {
    let step = Step::parse(step);
    let draft = step.draft(world).unwrap();
    match world.submit_after(&draft, step.after_ms()) {
        Err(refusal) => reasons(&[refusal]),
        Ok(receipt) if receipt.is_accepted() => "ok".to_owned(),
        Ok(receipt) => reasons(receipt.refusals()),
    }
}

#[test]
fn each_key_does_what_it_is_for_and_no_more() {
    for (step, expected) in [
        ("issue by=shop", "ok"),
        ("issue by=shop/1", "ok"),
        ("issue by=shop/3", "KEY_NOT_ALLOWED@0"),
        ("issue by=shop/4", "KEY_NOT_IN_FORCE@0"),
        ("issue by=shop/4 after=1h-2s-1ms", "KEY_NOT_IN_FORCE@0"),
        ("issue by=shop/4 after=1h-2s", "ok"),
        ("issue by=shop/4 after=2h-2s", "ok"),
        ("issue by=shop/4 after=2h-2s+1ms", "KEY_NOT_IN_FORCE@0"),
        ("issue by=shop/5", "KEY_NOT_ALLOWED@0"),
        ("issue by=shop+ann:cosigner", "ok"),
        ("issue by=shop+corp:sponsor", "ok"),
        ("issue by=shop+shop/3:sponsor", "KEY_NOT_ALLOWED@1"),
        ("issue by=shop/4+shop/3:sponsor", "KEY_NOT_IN_FORCE@0 KEY_NOT_ALLOWED@1"),
        ("issue by=shop:sponsor", "OWNER_MISSING"),
        ("issue by=shop:cosigner", "OWNER_MISSING"),
        ("issue by=corp:sponsor+shop", "ok"),
        ("issue by=shop/9", "UNKNOWN_SIGNER@0"),
        ("issue by=shop+shop", "DUPLICATE_SIGNER@1"),
    ] {
        assert_eq!(outcome(&mut World::new(), step), expected, "{step}");
    }
}

#[test]
fn a_key_in_force_from_the_start_of_the_table_above() {
    assert_eq!(World::new().time, START + 2_000, "the spans above are counted from here");
}

#[test]
fn the_day_has_a_count_and_an_amount_and_ends_at_midnight() {
    let mut world = World::new();
    for (step, expected) in [
        ("issue by=shop/1", "ok"),
        ("issue by=shop/1", "ok"),
        ("issue by=shop/1", "KEY_LIMIT_REACHED"),
        ("issue by=shop/2", "ok"),
        ("issue by=shop/2", "ok"),
        ("issue by=shop/2", "KEY_LIMIT_REACHED"),
        // 21,200 of 30,000 fen are gone, and the refused ones did not count.
        ("issue by=shop/2 net=8302 tax=498", "ok"),
        ("issue by=shop/2 net=1 tax=0", "KEY_LIMIT_REACHED"),
        ("issue by=shop", "ok"),
        // 10:00 to the last millisecond before midnight.
        ("issue by=shop/1 after=14h-11s-1ms", "KEY_LIMIT_REACHED"),
        ("issue by=shop/1 after=1ms", "ok"),
        ("issue by=shop/2", "ok"),
    ] {
        assert_eq!(outcome(&mut world, step), expected, "{step} at {}", ledger_types::BlockTime(world.time));
    }
}

#[test]
fn a_refused_transaction_counts_for_nobody() {
    let mut world = World::new();
    for _ in 0..3 {
        assert_eq!(outcome(&mut world, "issue by=shop/1 tax=900 total=10900"), "LINE_TAX INVOICE_TAX");
    }
    assert_eq!(outcome(&mut world, "issue by=shop/1"), "ok");
}

#[test]
fn nobody_acts_for_another_without_a_delegation() {
    let mut world = World::new();
    let draft = draft(&world, "issue");
    let at = world.time + 1_000;
    let mut envelope = world.envelope(&draft, at);
    envelope.signers[0].acting_for = Some(AccountId(5));
    let tx = world.signed(envelope, &draft);
    let tx = world.admit(&tx).unwrap();
    let receipts = world.block(at, &[tx]).receipts;
    assert_eq!(reasons(receipts[0].refusals()), "NO_DELEGATION@0");
}

#[test]
fn a_revocation_is_in_force_for_the_next_transaction_of_its_block() {
    let mut world = World::new();
    let at = world.time + 1_000;
    let steps = ["issue by=shop/1", "keys revoke=1", "issue by=shop/1"];
    let txs: Vec<_> = steps
        .iter()
        .map(|step| {
            let draft = draft(&world, step);
            let tx = world.transaction(&draft, at);
            world.admit(&tx).unwrap()
        })
        .collect();
    let receipts = world.block(at, &txs).receipts;
    let found: Vec<String> = receipts.iter().map(|r| reasons(r.refusals())).collect();
    assert_eq!(found, ["", "", "KEY_REVOKED@0"]);
}

#[test]
fn admission_finds_a_revoked_key_and_leaves_the_verdict_to_execution() {
    let mut world = World::new();
    world.must(draft(&world, "keys revoke=1"));
    let revoked = draft(&world, "issue by=shop/1");
    let at = world.time + 1_000;
    let tx = world.transaction(&revoked, at);
    assert!(world.admit(&tx).is_ok());
}

#[test]
fn a_signature_binds_every_byte_of_the_envelope_and_its_own_key() {
    let mut world = World::new();
    let draft = draft(&world, "issue");
    let at = world.time + 1_000;
    let reason = |r: Result<_, Refusal>| r.map(|_: ledger::admission::AuthenticatedTx| ()).unwrap_err().reason;

    let mut later = world.transaction(&draft, at);
    later.envelope.valid_until_ms += 1;
    assert_eq!(reason(world.admit(&later)), RejectReason::BadSignature);

    let mut other_key = world.transaction(&draft, at);
    other_key.envelope.signers[0].identity = SignerIdentity::Account { account: AccountId(4), key: KeyId(1) };
    assert_eq!(reason(world.admit(&other_key)), RejectReason::BadSignature);

    let mut other_role = world.transaction(&draft, at);
    other_role.envelope.signers[0].role = SignerRole::CoSigner;
    assert_eq!(reason(world.admit(&other_role)), RejectReason::BadSignature);

    let mut flipped = world.transaction(&draft, at);
    flipped.signatures[0][63] ^= 1;
    assert_eq!(reason(world.admit(&flipped)), RejectReason::BadSignature);
}

#[test]
fn a_bare_key_that_is_no_point_is_refused_by_name() {
    let mut world = World::new();
    let draft = draft(&world, "issue");
    let at = world.time + 1_000;
    let mut tx = world.transaction(&draft, at);
    tx.envelope.signers[0].identity = SignerIdentity::BareKey([2; 33]);
    assert_eq!(world.admit(&tx).map(|_| ()).unwrap_err().reason, RejectReason::BadKey);
}

#[test]
fn one_bad_signature_refuses_only_its_own_transaction() {
    use ledger::admission::{RawTx, authenticate, decode};
    use ledger_types::Canonical;
    let mut world = World::new();
    let at = world.time + 1_000;
    let mut txs: Vec<_> = ["issue", "issue by=shop2+ann:cosigner", "issue"]
        .map(|step| {
            let draft = draft(&world, step);
            world.transaction(&draft, at)
        })
        .to_vec();
    txs[1].signatures[1][0] ^= 1;
    let batch = txs.iter().map(|tx| decode(&world.chain, RawTx(tx.to_canonical())).unwrap()).collect();
    let answers = authenticate(batch, &world.state, &mut sm::SignerCache::new(4, 4, 0), &*world.unsealer).unwrap();
    let found: Vec<_> = answers.iter().map(|a| a.as_ref().map(|tx| tx.id()).map_err(|(id, r)| (*id, r.item))).collect();
    let id = |i: usize| txs[i].envelope.tx_id();
    assert_eq!(found, [Ok(id(0)), Err((id(1), Some(1))), Ok(id(2))]);
}

#[test]
fn a_business_key_does_not_touch_the_register() {
    let world = World::new();
    let open = draft(&world, "open");
    assert!(matches!(open.payload, Payload::OpenAccount { .. }));
    let mut world = world;
    let mut by_operator = open;
    by_operator.signers = vec!["shop/1".to_owned()];
    let receipt = world.submit(&by_operator).unwrap();
    let Verdict::Refused(refusals) = receipt.verdict else { panic!("accepted") };
    assert_eq!(reasons(&refusals), "KEY_NOT_ALLOWED@0");
}
