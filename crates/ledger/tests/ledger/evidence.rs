//! Evidence on chain: what is proven is recorded and suspends, what is not does nothing.

use ledger::regime;
use ledger_types::*;
use sm::PublicKeyBytes;

use crate::governance::{OPERATORS, set, world};
use crate::world::{Draft, Key, World};

fn vote(id: u8) -> VoteBody {
    VoteBody {
        epoch: 0,
        kind: ConsensusKind::Bft,
        step: VoteBody::PRECOMMIT,
        height: Height(1),
        round: 0,
        block_id: BlockId([id; 33]),
    }
}

/// The operator's validator votes for two blocks, after `edit`.
pub(crate) fn evidence(world: &World, operator: &str, edit: impl Fn(&mut VoteBody), other: u8) -> Evidence {
    let key = Key::of(&format!("vote {operator}"));
    let signed = |id| {
        let mut body = vote(id);
        edit(&mut body);
        let signature = key.sign(&body.message(&world.chain));
        (body, signature)
    };
    Evidence::of_votes(PublicKeyBytes(key.bytes()), signed(1), signed(other))
}

pub(crate) fn report(evidence: &Evidence) -> Draft {
    Draft::new("a watcher", Payload::ReportMisbehaviour(Box::new(evidence.clone())))
}

fn refused(world: &mut World, evidence: &Evidence) -> RejectReason {
    match world.submit(&report(evidence)) {
        Err(refusal) => refusal.reason,
        Ok(receipt) => receipt.refusals()[0].reason,
    }
}

fn validators(world: &World) -> ValidatorSet {
    regime(&world.state, ConsensusKind::Bft).unwrap().validators
}

#[test]
fn a_contradiction_is_recorded_once_and_its_validator_is_out_two_heights_later() {
    let mut world = world(ConsensusKind::Bft);
    let found = evidence(&world, "province", |_| {}, 2);
    world.must(report(&found));
    assert_eq!(validators(&world), set(&OPERATORS[..4]), "block 2 is made by four");
    world.pass(1_000);
    assert_eq!(validators(&world), set(&["bureau", "elsewhere", "node"]), "block 3 by three");
    assert_eq!(refused(&mut world, &found), RejectReason::EvidenceKnown);
    let another_pair = evidence(&world, "province", |_| {}, 3);
    assert_eq!(refused(&mut world, &another_pair), RejectReason::EvidenceKnown, "one place, one offence");
    // Of the past epoch, at another place: recorded, and nothing is left to suspend.
    let elsewhere = evidence(&world, "province", |v| v.round = 1, 2);
    world.must(report(&elsewhere));
    let key = RegistryKey::Offence(elsewhere.place().digest(&world.chain));
    let Some(RegistryValue::Offence(offence)) = ledger::StateView::registry(&world.state, &key).unwrap() else {
        panic!("not recorded")
    };
    assert_eq!((offence.suspension, offence.place.vote_key), (None, elsewhere.vote_key().0));
}

#[test]
fn a_second_contradiction_before_the_suspension_does_not_suspend_twice() {
    let mut world = world(ConsensusKind::Bft);
    let both = [0, 1].map(|round| evidence(&world, "node", |v| v.round = round, 2));
    let at = world.time + 1_000;
    let txs: Vec<_> = both.iter().map(|e| world.transaction(&report(e), at)).collect();
    let txs: Vec<_> = txs.iter().map(|tx| world.admit(tx).unwrap()).collect();
    world.block(at, &txs);
    world.pass(1_000);
    assert_eq!(validators(&world), set(&OPERATORS[..3]));
    assert_eq!(regime(&world.state, ConsensusKind::Bft).unwrap().epoch.number, 1);
}

#[test]
fn without_a_quorum_left_it_is_recorded_only() {
    let mut world = world(ConsensusKind::Bft);
    for (operator, left) in [("node", 3), ("elsewhere", 3)] {
        let epoch = regime(&world.state, ConsensusKind::Bft).unwrap().epoch;
        let edit = |v: &mut VoteBody| (v.epoch, v.height) = (epoch.number, epoch.first);
        let found = evidence(&world, operator, edit, 2);
        world.must(report(&found));
        let outcome = world.pass(1_000);
        assert_eq!(validators(&world).validators.len(), left, "{operator}");
        let failed = outcome.receipts.iter().any(|r| r.refusals().iter().any(|r| r.reason == RejectReason::QuorumLost));
        assert_eq!(failed, operator == "elsewhere");
    }
}

#[test]
fn what_proves_nothing_is_refused_by_name_and_harms_nobody() {
    let mut world = world(ConsensusKind::Bft);
    let base = |world: &World| evidence(world, "node", |_| {}, 2);
    let mut forged = base(&world);
    forged.vote_key = Key::of("vote bureau").bytes();
    assert_eq!(refused(&mut world, &forged), RejectReason::EvidenceSignature);
    let twin = World::from(Genesis { name: "twin".to_owned(), ..world.genesis.clone() });
    assert_eq!(refused(&mut world, &base(&twin)), RejectReason::EvidenceSignature, "of another chain");
    let same = evidence(&world, "node", |_| {}, 1);
    assert_eq!(refused(&mut world, &same), RejectReason::EvidenceNoContradiction);
    let mut swapped = base(&world);
    let evidence::Contradiction::Votes(pair) = &mut swapped.pair else { panic!() };
    pair.swap(0, 1);
    assert_eq!(refused(&mut world, &swapped), RejectReason::EvidenceNoContradiction);
    swapped.version = 2;
    assert_eq!(refused(&mut world, &swapped), RejectReason::UnknownVersion);
    type Edit = fn(&mut VoteBody);
    let foreign: [(&str, Edit); 4] = [
        ("node", |v| v.epoch = 1),
        ("node", |v| v.kind = ConsensusKind::CrashFault),
        ("node", |v| v.height = Height(0)),
        ("till", |_| {}),
    ];
    for (operator, edit) in foreign {
        let found = evidence(&world, operator, edit, 2);
        assert_eq!(refused(&mut world, &found), RejectReason::EvidenceForeign, "{operator}");
    }
    assert_eq!(validators(&world), set(&OPERATORS[..4]));
    assert!(world.state.entries().all(|(key, _)| !matches!(key, RegistryKey::Offence(_) | RegistryKey::Governance)));
}
