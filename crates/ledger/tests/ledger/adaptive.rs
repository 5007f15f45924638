//! The chain changes its kind of consensus by itself: when a policy lets it and enough validators ask, and never else.

use ledger::regime;
use ledger_types::*;

use crate::evidence::{evidence, report};
use crate::governance::{OPERATORS, decide, set, state_of, world};
use crate::world::{Draft, Key, World};

const FOUR: [&str; 4] = ["bureau", "province", "elsewhere", "node"];
const MINUTE: u64 = 60_000;

fn policy(lower_after_ms: Option<u64>) -> GovernanceChange {
    GovernanceChange::Adaptive(Some(AdaptivePolicy { raise_at: 1, lower_after_ms }))
}

/// A chain of four under a policy, in this kind of consensus.
fn under(kind: ConsensusKind, lower_after_ms: Option<u64>) -> World {
    let mut world = world(kind);
    decide(&mut world, policy(lower_after_ms), 6);
    while world.height < 5 {
        world.pass(1_000);
    }
    world
}

fn epoch(world: &World) -> Epoch {
    regime(&world.state, world.genesis.consensus).unwrap().epoch
}

fn adaptive(world: &World) -> Adaptive {
    match ledger::StateView::registry(&world.state, &RegistryKey::Adaptive).unwrap() {
        Some(RegistryValue::Adaptive(adaptive)) => adaptive,
        other => panic!("{other:?}"),
    }
}

fn body(world: &World, way: SwitchWay) -> SwitchBody {
    SwitchBody { epoch: epoch(world).number, way, tip: Height(world.height), ack: None }
}

fn request(world: &World, operator: &str, body: SwitchBody) -> SwitchRequest {
    let key = Key::of(&format!("vote {operator}"));
    let signature = key.sign(&body.message(&world.chain));
    SwitchRequest { version: SwitchRequest::VERSION, vote_key: key.bytes(), body, signature }
}

fn certificate(world: &World, operators: &[&str], body: SwitchBody) -> SwitchCertificate {
    SwitchCertificate::new(operators.iter().map(|operator| request(world, operator, body)).collect())
}

fn hand_in(certificate: SwitchCertificate) -> Draft {
    Draft::new("a watcher", Payload::SwitchConsensus(certificate))
}

fn refused(world: &mut World, certificate: SwitchCertificate) -> RejectReason {
    match world.submit(&hand_in(certificate)) {
        Err(refusal) => refusal.reason,
        Ok(receipt) => receipt.refusals()[0].reason,
    }
}

#[test]
fn three_of_four_raise_the_chain_two_heights_later_whoever_hands_it_in() {
    let mut world = under(ConsensusKind::Adaptive, None);
    let raise = body(&world, SwitchWay::Raise);
    let ack = SignedAck { height: Height(world.height + 1), round: 0, block_id: BlockId([1; 33]) };
    let raise = SwitchBody { ack: Some(ack), ..raise };
    let enough = certificate(&world, &FOUR[1..], raise);
    world.must(hand_in(enough.clone()));
    assert_eq!(state_of(&world, 2), ProposalState::Scheduled);
    assert_eq!(epoch(&world).kind, ConsensusKind::Adaptive, "the next block is agreed as before");
    assert_eq!(world.pass(1_000).receipts.len(), 1, "the chain's own proposal has its receipt");
    let now = epoch(&world);
    assert_eq!((now.kind, now.number, now.first.0), (ConsensusKind::Bft, 1, world.height + 1));
    assert_eq!(regime(&world.state, ConsensusKind::Adaptive).unwrap().validators, set(&OPERATORS[..4]));
    assert_eq!(refused(&mut world, enough), RejectReason::SwitchEpoch, "what raised once does not raise again");
}

#[test]
fn what_is_no_certificate_is_turned_away_at_the_door() {
    let mut world = under(ConsensusKind::Adaptive, None);
    let raise = body(&world, SwitchWay::Raise);
    let good = certificate(&world, &FOUR[..3], raise);
    let with = |edit: &dyn Fn(&mut SwitchCertificate)| {
        let mut edited = good.clone();
        edit(&mut edited);
        edited
    };
    let lower = body(&world, SwitchWay::Lower { since: BlockTime(0) });
    let later = request(&world, "node", SwitchBody { epoch: 9, ..raise });
    let downward = request(&world, "node", lower);
    let vote_key = Key::of("vote bureau");
    let as_vote = framed(Purpose::Vote, &world.chain, &raise.to_canonical());
    let wrong_purpose = vote_key.sign(&as_vote);
    let twin = World::from(Genesis { name: "twin".to_owned(), ..world.genesis.clone() });
    let place = good.requests.iter().position(|r| r.vote_key == vote_key.bytes()).unwrap();
    let cases: [(&str, SwitchCertificate, RejectReason); 9] = [
        ("none", SwitchCertificate::new(vec![]), RejectReason::SwitchMixed),
        ("another epoch among them", with(&|c| c.requests.push(later.clone())), RejectReason::SwitchMixed),
        ("another way among them", with(&|c| c.requests.push(downward.clone())), RejectReason::SwitchMixed),
        ("one twice", with(&|c| c.requests.insert(0, c.requests[0].clone())), RejectReason::SwitchRepeated),
        ("out of order", with(&|c| c.requests.reverse()), RejectReason::SwitchRepeated),
        ("another version", with(&|c| c.requests[1].version = 2), RejectReason::UnknownVersion),
        ("another body", with(&|c| c.requests[2].body.tip = Height(1)), RejectReason::SwitchSignature),
        ("signed as a vote", with(&|c| c.requests[place].signature = wrong_purpose), RejectReason::SwitchSignature),
        ("of another chain", certificate(&twin, &FOUR[..3], raise), RejectReason::SwitchSignature),
    ];
    for (what, certificate, reason) in cases {
        let tx = world.transaction(&hand_in(certificate), world.time + 1_000);
        assert_eq!(world.admit(&tx).map(|_| ()).unwrap_err().reason, reason, "{what}");
    }
    world.must(hand_in(good));
}

#[test]
fn what_is_not_enough_or_not_allowed_is_refused_by_name_and_changes_nothing() {
    let mut world = under(ConsensusKind::Adaptive, None);
    let raise = body(&world, SwitchWay::Raise);
    let cases = [
        (certificate(&world, &FOUR[..2], raise), RejectReason::SwitchTooFew),
        (certificate(&world, &["bureau", "province", "till"], raise), RejectReason::SwitchUnknown),
        (certificate(&world, &FOUR, SwitchBody { epoch: 1, ..raise }), RejectReason::SwitchEpoch),
        (certificate(&world, &FOUR, SwitchBody { tip: Height(100), ..raise }), RejectReason::SwitchAhead),
        (
            certificate(&world, &FOUR, body(&world, SwitchWay::Lower { since: BlockTime(0) })),
            RejectReason::SwitchNotAllowed,
        ),
    ];
    for (certificate, reason) in cases {
        assert_eq!(refused(&mut world, certificate), reason);
        assert_eq!((epoch(&world).number, epoch(&world).kind), (0, ConsensusKind::Adaptive));
    }
    let ahead = SignedAck { height: Height(world.height + 2), round: 0, block_id: BlockId([1; 33]) };
    let ahead = certificate(&world, &FOUR, SwitchBody { ack: Some(ahead), ..raise });
    assert_eq!(refused(&mut world, ahead), RejectReason::SwitchAhead);
    let both = [&FOUR[..3], &FOUR[1..]].map(|who| hand_in(certificate(&world, who, raise)));
    world.must(both[0].clone());
    // In the block in which the change is carried out, the epoch is over.
    assert_eq!(refused_draft(&mut world, &both[1]), RejectReason::SwitchEpoch);
}

fn refused_draft(world: &mut World, draft: &Draft) -> RejectReason {
    world.submit(draft).unwrap().refusals()[0].reason
}

#[test]
fn two_certificates_in_one_block_are_one_switch() {
    let mut world = under(ConsensusKind::Adaptive, None);
    let raise = body(&world, SwitchWay::Raise);
    let at = world.time + 1_000;
    let both = [&FOUR[..3], &FOUR[1..]].map(|who| hand_in(certificate(&world, who, raise)));
    let txs: Vec<_> = both.iter().map(|draft| world.transaction(draft, at)).collect();
    let txs: Vec<_> = txs.iter().map(|tx| world.admit(tx).unwrap()).collect();
    let outcome = world.block(at, &txs);
    assert!(outcome.receipts[0].is_accepted());
    assert_eq!(outcome.receipts[1].refusals()[0].reason, RejectReason::SwitchUnderWay);
}

#[test]
fn without_a_policy_or_in_another_kind_nobody_switches() {
    for (kind, with_policy) in
        [(ConsensusKind::Adaptive, false), (ConsensusKind::CrashFault, true), (ConsensusKind::Bft, true)]
    {
        let mut world = if with_policy { under(kind, Some(MINUTE)) } else { world(kind) };
        let all = certificate(&world, &FOUR, body(&world, SwitchWay::Raise));
        assert_eq!(refused(&mut world, all), RejectReason::SwitchNotAllowed, "{kind:?}");
    }
    let mut off = under(ConsensusKind::Adaptive, None);
    let effective = off.height + 6;
    decide(&mut off, GovernanceChange::Adaptive(None), effective);
    while off.height < effective - 1 {
        off.pass(1_000);
    }
    let all = certificate(&off, &FOUR, body(&off, SwitchWay::Raise));
    assert_eq!(refused(&mut off, all), RejectReason::SwitchNotAllowed, "it was switched off");
}

#[test]
fn an_offence_is_counted_once_for_each_validator_and_outlives_the_epoch_that_its_suspension_ends() {
    let mut world = under(ConsensusKind::Adaptive, None);
    assert_eq!(adaptive(&world).faulty, []);
    for round in [0, 1] {
        let edit = |v: &mut VoteBody| (v.kind, v.round) = (ConsensusKind::Adaptive, round);
        let found = evidence(&world, "node", edit, 2);
        world.must(report(&found));
    }
    let known = adaptive(&world);
    assert_eq!(known.faulty.iter().map(|f| f.vote_key).collect::<Vec<_>>(), [Key::of("vote node").bytes()]);
    assert_eq!(known.quiet_since.0, world.time);
    world.pass(1_000);
    assert_eq!(
        (epoch(&world).number, regime(&world.state, ConsensusKind::Adaptive).unwrap().validators.validators.len()),
        (1, 3)
    );
    // Three are left, and all of them must ask: as many as decide.
    let raise = body(&world, SwitchWay::Raise);
    let two = certificate(&world, &FOUR[..2], raise);
    assert_eq!(refused(&mut world, two), RejectReason::SwitchTooFew);
    let three = certificate(&world, &FOUR[..3], raise);
    world.must(hand_in(three));
    world.pass(1_000);
    assert_eq!(epoch(&world).kind, ConsensusKind::Bft);
    assert_eq!(adaptive(&world).faulty, [], "under another kind the record is clean");
}

#[test]
fn all_must_have_agreed_for_the_set_time_before_the_chain_lowers_itself() {
    let mut world = under(ConsensusKind::Bft, Some(MINUTE));
    let quiet = adaptive(&world).quiet_since;
    let lower = |world: &World, since| body(world, SwitchWay::Lower { since });
    let at_once = certificate(&world, &FOUR, lower(&world, quiet));
    assert_eq!(refused(&mut world, at_once), RejectReason::SwitchTooEarly);
    world.pass(MINUTE);
    let before = certificate(&world, &FOUR, lower(&world, BlockTime(quiet.0 - 1)));
    assert_eq!(refused(&mut world, before), RejectReason::SwitchTooEarly, "since before the policy was in force");
    let three = certificate(&world, &FOUR[..3], lower(&world, quiet));
    assert_eq!(refused(&mut world, three), RejectReason::SwitchTooFew, "one does not agree");
    // An offence meanwhile, of a validator that cannot be spared or of any other, begins the wait again.
    let foul = evidence(&world, "node", |_| {}, 2);
    let all = certificate(&world, &FOUR, lower(&world, quiet));
    let (at, foul) = (world.time + 1_000, report(&foul));
    let txs: Vec<_> = [foul, hand_in(all)].iter().map(|draft| world.transaction(draft, at)).collect();
    let txs: Vec<_> = txs.iter().map(|tx| world.admit(tx).unwrap()).collect();
    assert_eq!(world.block(at, &txs).receipts[1].refusals()[0].reason, RejectReason::SwitchTooEarly);
    world.pass(1_000);
    let quiet = adaptive(&world).quiet_since;
    world.pass(MINUTE);
    let rest = certificate(&world, &FOUR[..3], lower(&world, quiet));
    world.must(hand_in(rest));
    world.pass(1_000);
    assert_eq!(epoch(&world).kind, ConsensusKind::Adaptive);
}

#[test]
fn a_policy_that_lets_the_chain_lower_itself_takes_two_thirds_of_the_validators() {
    let mut world = world(ConsensusKind::Bft);
    let one = GovernancePolicy { approvers: vec![crate::world::account_id("bureau").unwrap()], threshold: 1 };
    decide(&mut world, GovernanceChange::Policy(one), 6);
    while world.height < 5 {
        world.pass(1_000);
    }
    let propose = |change| Payload::ProposeChange { change, effective: Height(60) };
    for (change, state) in [
        (policy(None), ProposalState::Scheduled),
        (policy(Some(MINUTE)), ProposalState::Open),
        (GovernanceChange::Consensus(ConsensusKind::Adaptive), ProposalState::Open),
    ] {
        let TxOutcome::Proposed(id) = world.must(Draft::new("bureau", propose(change.clone()))) else { panic!() };
        assert_eq!(state_of(&world, id.0), state, "{change:?}");
    }
}

#[test]
fn policies_without_sense_and_kinds_without_validators_are_refused() {
    let mut world = world(ConsensusKind::CrashFault);
    let adaptive =
        |raise_at, lower_after_ms| GovernanceChange::Adaptive(Some(AdaptivePolicy { raise_at, lower_after_ms }));
    for change in [
        GovernanceChange::Adaptive(None),
        adaptive(0, None),
        adaptive(1, Some(0)),
        adaptive(1, Some(AdaptivePolicy::MAX_LOWER_AFTER_MS + 1)),
    ] {
        let payload = Payload::ProposeChange { change: change.clone(), effective: Height(50) };
        let receipt = world.submit(&Draft::new("bureau", payload)).unwrap();
        assert_eq!(receipt.refusals()[0].reason, RejectReason::AdaptivePolicyInvalid, "{change:?}");
    }
    let three =
        Genesis { consensus: ConsensusKind::CrashFault, validators: set(&OPERATORS[..3]), ..world.genesis.clone() };
    let mut three = World::from(three);
    let change = GovernanceChange::Consensus(ConsensusKind::Adaptive);
    let payload = Payload::ProposeChange { change, effective: Height(50) };
    let receipt = three.submit(&Draft::new("bureau", payload)).unwrap();
    assert_eq!(receipt.refusals()[0].reason, RejectReason::ConsensusKindInvalid);
}
