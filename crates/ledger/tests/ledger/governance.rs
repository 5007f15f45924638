//! Changes of the chain's own rules: who may, when they hold, and what is refused.

use ledger::{next_regime, regime};
use ledger_types::receipt::ReceiptSubject;
use ledger_types::*;

use crate::world::{Draft, Key, World, account_id, genesis};

/// Operators of the validators, in order.
pub(crate) const OPERATORS: [&str; 5] = ["bureau", "province", "elsewhere", "node", "till"];

pub(crate) fn validator(name: &str) -> Validator {
    Validator { operator: account_id(name).unwrap(), vote_key: Key::of(&format!("vote {name}")).bytes() }
}

pub(crate) fn set(operators: &[&str]) -> ValidatorSet {
    ValidatorSet { validators: operators.iter().map(|name| validator(name)).collect() }
}

/// A chain of four bureaus.
pub(crate) fn world(kind: ConsensusKind) -> World {
    World::from(Genesis { consensus: kind, validators: set(&OPERATORS[..4]), ..genesis() })
}

fn propose(change: GovernanceChange, effective: u64) -> Payload {
    Payload::ProposeChange { change, effective: Height(effective) }
}

fn approve(proposal: u64) -> Payload {
    Payload::ApproveChange { proposal: ProposalId(proposal) }
}

fn refusals(world: &mut World, by: &str, payload: Payload) -> Vec<RejectReason> {
    let receipt = world.submit(&Draft::new(by, payload)).unwrap();
    receipt.refusals().iter().map(|r| r.reason).collect()
}

pub(crate) fn state_of(world: &World, proposal: u64) -> ProposalState {
    let key = RegistryKey::Proposal(ProposalId(proposal));
    match ledger::StateView::registry(&world.state, &key).unwrap() {
        Some(RegistryValue::Proposal(proposal)) => proposal.state,
        other => panic!("{other:?}"),
    }
}

/// Proposed by the first bureau, approved by the next two; the proposal's number.
pub(crate) fn decide(world: &mut World, change: GovernanceChange, effective: u64) -> u64 {
    let TxOutcome::Proposed(id) = world.must(Draft::new("bureau", propose(change, effective))) else { panic!() };
    for name in ["province", "elsewhere"] {
        assert_eq!(state_of(world, id.0), ProposalState::Open);
        world.must(Draft::new(name, approve(id.0)));
    }
    assert_eq!(state_of(world, id.0), ProposalState::Scheduled);
    id.0
}

fn change_verdicts(outcome: &ledger::BlockOutcome) -> Vec<(u64, Vec<RejectReason>)> {
    let of_change = |r: &Receipt| match r.subject {
        ReceiptSubject::Change(id) => Some((id.0, r.refusals().iter().map(|r| r.reason).collect())),
        _ => None,
    };
    outcome.receipts.iter().filter_map(of_change).collect()
}

#[test]
fn a_fifth_validator_votes_from_its_height_on_and_headers_know_one_block_ahead() {
    let mut world = world(ConsensusKind::Bft);
    let kind = world.genesis.consensus;
    let (four, five) = (set(&OPERATORS[..4]), set(&OPERATORS));
    let id = decide(&mut world, GovernanceChange::Validators(five.clone()), 6);
    // Block 3 is the last one approved in, 4 is empty, 5 begins with the change, 6 is made by five.
    assert_eq!(world.height, 3);
    assert_eq!(next_regime(&world.state, Height(4), kind).unwrap().validators, four);
    world.pass(1_000);
    assert_eq!(regime(&world.state, kind).unwrap().validators, four, "block 5 is made by four");
    let next = next_regime(&world.state, Height(5), kind).unwrap();
    assert_eq!((next.validators.clone(), next.epoch.number, next.epoch.first), (five, 1, Height(6)));
    let outcome = world.pass(1_000);
    assert_eq!(change_verdicts(&outcome), [(id, vec![])]);
    assert_eq!(regime(&world.state, kind).unwrap(), next, "what was announced came");
    assert_eq!(state_of(&world, id), ProposalState::Applied);
    let past = ledger::validators_of(&world.state, 0, kind).unwrap().unwrap();
    assert_eq!(past, (Epoch::genesis(kind), four));
    assert_eq!(ledger::validators_of(&world.state, 2, kind).unwrap(), None);
    assert_eq!(world.pass(1_000).receipts, [], "once");
}

#[test]
fn approvals_that_come_too_late_are_refused_and_the_proposal_lapses() {
    let mut world = world(ConsensusKind::Bft);
    let change = || GovernanceChange::Validators(set(&OPERATORS));
    assert_eq!(refusals(&mut world, "bureau", propose(change(), 2)), [RejectReason::EffectiveHeight]);
    world.must(Draft::new("bureau", propose(change(), 5)));
    world.must(Draft::new("province", approve(1)));
    // Block 4: the change of height 5 would have to stand in its header already.
    assert_eq!(refusals(&mut world, "elsewhere", approve(1)), [RejectReason::ProposalClosed]);
    assert_eq!(state_of(&world, 1), ProposalState::Lapsed);
    assert_eq!(regime(&world.state, ConsensusKind::Bft).unwrap().epoch.number, 0);
    let far = Height(world.height + 1 + ledger_types::limits::MAX_CHANGE_DELAY + 1);
    assert_eq!(refusals(&mut world, "bureau", propose(change(), far.0)), [RejectReason::EffectiveHeight]);
}

#[test]
fn only_those_who_may_approve_and_each_once() {
    let mut world = world(ConsensusKind::Bft);
    let change = GovernanceChange::Protocol(2);
    assert_eq!(refusals(&mut world, "shop", propose(change.clone(), 50)), [RejectReason::NotApprover]);
    world.must(Draft::new("bureau", propose(change, 50)));
    assert_eq!(refusals(&mut world, "shop", approve(1)), [RejectReason::NotApprover]);
    assert_eq!(refusals(&mut world, "bureau", approve(1)), [RejectReason::AlreadyApproved]);
    assert_eq!(refusals(&mut world, "bureau", approve(2)), [RejectReason::ProposalUnknown]);
    let withdraw = || Payload::WithdrawChange { proposal: ProposalId(1) };
    assert_eq!(refusals(&mut world, "province", withdraw()), [RejectReason::NotProposer]);
    world.must(Draft::new("bureau", withdraw()));
    assert_eq!(state_of(&world, 1), ProposalState::Withdrawn);
    assert_eq!(refusals(&mut world, "province", approve(1)), [RejectReason::ProposalClosed]);
    assert_eq!(refusals(&mut world, "no account", approve(1)), [RejectReason::WrongRole]);
}

#[test]
fn nonsense_is_refused_by_name() {
    use GovernanceChange::*;
    let mut world = world(ConsensusKind::Bft);
    let mut twice = set(&OPERATORS);
    twice.validators[4].vote_key = twice.validators[0].vote_key;
    let mut nobody = set(&OPERATORS);
    nobody.validators[4].operator = AccountId(999);
    let mut bad_key = set(&OPERATORS);
    bad_key.validators[4].vote_key = [7; 33];
    let zero = ChainParams { max_block_txs: 0, ..ChainParams::default() };
    let policy = |approvers: &[u32], threshold| {
        Policy(GovernancePolicy { approvers: approvers.iter().map(|a| AccountId(*a)).collect(), threshold })
    };
    let cases = [
        (Validators(set(&[])), RejectReason::ValidatorSetInvalid),
        (Validators(set(&OPERATORS[..3])), RejectReason::ValidatorSetInvalid),
        (Validators(set(&OPERATORS[..4])), RejectReason::ValidatorSetInvalid),
        (Validators(twice), RejectReason::ValidatorSetInvalid),
        (Validators(nobody), RejectReason::ValidatorSetInvalid),
        (Validators(bad_key), RejectReason::ValidatorSetInvalid),
        (Params(zero), RejectReason::ParamsInvalid),
        (Params(ChainParams::default()), RejectReason::ParamsInvalid),
        (Consensus(ConsensusKind::Bft), RejectReason::ConsensusKindInvalid),
        (Consensus(ConsensusKind::Solo), RejectReason::ConsensusKindInvalid),
        (Protocol(1), RejectReason::ProtocolVersion),
        (Protocol(0), RejectReason::ProtocolVersion),
        (Protocol(3), RejectReason::ProtocolVersion),
        (Suspend { vote_key: Key::of("vote").bytes() }, RejectReason::ValidatorUnknown),
        (policy(&[], 0), RejectReason::PolicyInvalid),
        (policy(&[1, 2], 3), RejectReason::PolicyInvalid),
        (policy(&[1, 2], 0), RejectReason::PolicyInvalid),
        (policy(&[2, 1], 1), RejectReason::PolicyInvalid),
        (policy(&[1, 999], 1), RejectReason::PolicyInvalid),
    ];
    for (change, reason) in cases {
        assert_eq!(refusals(&mut world, "bureau", propose(change.clone(), 1_000)), [reason], "{change:?}");
    }
}

#[test]
fn a_kind_with_fewer_validators_than_it_needs_is_refused() {
    let three = Genesis { consensus: ConsensusKind::CrashFault, validators: set(&OPERATORS[..3]), ..genesis() };
    let mut world = World::from(three);
    let bft = || GovernanceChange::Consensus(ConsensusKind::Bft);
    assert_eq!(refusals(&mut world, "bureau", propose(bft(), 50)), [RejectReason::ConsensusKindInvalid]);
    decide(&mut world, GovernanceChange::Validators(set(&OPERATORS[..4])), 7);
    while world.height < 6 {
        world.pass(1_000);
    }
    decide(&mut world, bft(), 11);
    while world.height < 10 {
        world.pass(1_000);
    }
    let now = regime(&world.state, ConsensusKind::CrashFault).unwrap();
    assert_eq!((now.epoch.kind, now.epoch.number, now.epoch.first), (ConsensusKind::Bft, 2, Height(11)));
}

#[test]
fn one_validator_grows_to_four_by_two_changes_at_one_height() {
    let alone = Genesis { validators: set(&OPERATORS[..1]), ..genesis() };
    let mut world = World::from(alone);
    let four = || GovernanceChange::Validators(set(&OPERATORS[..4]));
    assert_eq!(refusals(&mut world, "bureau", propose(four(), 50)), [RejectReason::ValidatorSetInvalid], "solo is one");
    world.must(Draft::new("bureau", propose(GovernanceChange::Consensus(ConsensusKind::Bft), 4)));
    world.pass(1_000);
    world.must(Draft::new("bureau", propose(four(), 6)));
    world.pass(1_000);
    let now = regime(&world.state, ConsensusKind::Solo).unwrap();
    assert_eq!((now.validators, now.epoch.number), (set(&OPERATORS[..4]), 2));
}

#[test]
fn to_trust_in_crashes_only_takes_two_thirds_of_the_validators_whatever_the_policy() {
    let mut world = world(ConsensusKind::Bft);
    let policy = GovernancePolicy { approvers: vec![account_id("bureau").unwrap()], threshold: 1 };
    decide(&mut world, GovernanceChange::Policy(policy), 6);
    while world.height < 6 {
        world.pass(1_000);
    }
    world.must(Draft::new("bureau", propose(GovernanceChange::Protocol(2), 20)));
    assert_eq!(state_of(&world, 2), ProposalState::Scheduled, "one of one approved");
    world.must(Draft::new("bureau", propose(GovernanceChange::Consensus(ConsensusKind::CrashFault), 20)));
    world.must(Draft::new("province", approve(3)));
    assert_eq!(state_of(&world, 3), ProposalState::Open, "two of four validators");
    world.must(Draft::new("node", approve(3)));
    assert_eq!(state_of(&world, 3), ProposalState::Scheduled);
    while world.height < 19 {
        world.pass(1_000);
    }
    let now = regime(&world.state, ConsensusKind::Bft).unwrap();
    assert_eq!((now.epoch.kind, now.epoch.protocol, now.epoch.number), (ConsensusKind::CrashFault, 2, 1));
}

#[test]
fn what_can_no_longer_be_carried_out_fails_with_a_receipt() {
    let mut world = world(ConsensusKind::Bft);
    decide(&mut world, GovernanceChange::Protocol(2), 20);
    decide(&mut world, GovernanceChange::Protocol(2), 21);
    while world.height < 19 {
        world.pass(1_000);
    }
    let outcome = world.pass(1_000);
    assert_eq!(change_verdicts(&outcome), [(2, vec![RejectReason::ProtocolVersion])]);
    assert_eq!(state_of(&world, 2), ProposalState::Failed);
    assert_eq!(regime(&world.state, ConsensusKind::Bft).unwrap().epoch.protocol, 2);
}

#[test]
fn too_many_proposals_wait_outside() {
    let mut world = world(ConsensusKind::Bft);
    for n in 0..ledger_types::limits::MAX_LIVE_PROPOSALS as u64 {
        world.must(Draft::new("bureau", propose(GovernanceChange::Protocol(2), 1_000 + n)));
    }
    let one_more = propose(GovernanceChange::Protocol(2), 2_000);
    assert_eq!(refusals(&mut world, "bureau", one_more.clone()), [RejectReason::TooManyProposals]);
    world.must(Draft::new("bureau", Payload::WithdrawChange { proposal: ProposalId(7) }));
    world.must(Draft::new("bureau", one_more));
}
