#![allow(clippy::unwrap_used)]

use ledger_types::ConsensusKind;
use malachite_core::ThresholdParams;
use malachite_types::ThresholdParam;

use super::{
    Plan,
    world::{Story, World},
};

fn play_all(plans: impl Iterator<Item = Plan>) -> Story {
    let mut sum = Story::default();
    for plan in plans {
        let story = World::new(plan).play().unwrap_or_else(|e| panic!("{plan:?}: {e}"));
        sum.ended_at_ms += story.ended_at_ms;
        sum.crashes += story.crashes;
        sum.evidence += story.evidence;
        sum.extra_rounds += story.extra_rounds;
        sum.muted_heights += story.muted_heights;
        sum.core_errors += story.core_errors;
    }
    println!("{sum:?}");
    sum
}

fn bft(seed: u64) -> Plan {
    let validators = if seed % 10 == 9 { 7 } else { 4 };
    Plan::new(seed, ConsensusKind::Bft, validators, seed % 2 == 1)
}

#[test]
fn bft_agrees_and_goes_on_under_faults_and_a_traitor() {
    let sum = play_all((0..150).map(bft));
    assert!(sum.crashes > 400 && sum.extra_rounds > 500 && sum.evidence > 200, "the stories are too tame: {sum:?}");
    assert_eq!((sum.core_errors, sum.muted_heights), (0, 0), "correct validators always find their records");
}

#[test]
fn bft_agrees_and_goes_on_in_other_stories() {
    play_all((150..300).map(bft));
}

#[test]
fn crash_fault_mode_agrees_and_goes_on() {
    let plan = |seed| Plan::new(seed, ConsensusKind::CrashFault, if seed % 4 == 3 { 5 } else { 3 }, false);
    let sum = play_all((1_000..1_060).map(plan));
    assert_eq!(sum.muted_heights, 0, "records are never lost here");
}

#[test]
fn a_seed_is_one_story() {
    for seed in [3, 8] {
        assert_eq!(World::new(bft(seed)).play(), World::new(bft(seed)).play());
    }
}

#[test]
fn a_lost_log_is_survived_by_silence() {
    let plan = |seed| Plan { lose_one_log: true, ..Plan::new(seed, ConsensusKind::Bft, 4, false) };
    let sum = play_all((2_000..2_030).map(plan));
    assert!(sum.muted_heights > 0, "nothing was lost at a bad moment: {sum:?}");
}

#[test]
fn a_dead_validator_costs_a_round_only_until_the_chain_shows_it() {
    let plan = Plan { dead: Some(2), heights: 60, ..Plan::new(1, ConsensusKind::Bft, 4, false) };
    let story = World::new(plan).play().unwrap();
    // Its turns among the first ten heights, on three nodes; without the rule there would be 15.
    assert!((3..=9).contains(&story.extra_rounds), "{story:?}");
}

/// The first complaint of stories with something planted.
fn first_complaint(plans: impl Iterator<Item = Plan>) -> (u64, String) {
    let complaint = |plan: Plan| World::new(plan).play().err().map(|e| (plan.seed, e));
    plans.into_iter().find_map(complaint).unwrap()
}

#[test]
fn a_quorum_of_2f_is_found() {
    let quorum = ThresholdParam::new(2, 5);
    let thresholds = Some(ThresholdParams { quorum, honest: ThresholdParam::F_PLUS_ONE });
    let (seed, complaint) = first_complaint((0..50).map(|seed| Plan { thresholds, ..bft(seed * 2 + 1) }));
    println!("seed {seed}: {complaint}");
    assert!(complaint.starts_with("agreement"), "{complaint}");
}

#[test]
fn restarting_without_records_is_found() {
    let plan = |seed: u64| Plan { forget_records: true, ..bft(seed * 2) };
    let (seed, complaint) = first_complaint((0..50).map(plan));
    println!("seed {seed}: {complaint}");
    assert!(complaint.starts_with("signatures") || complaint.starts_with("evidence"), "{complaint}");
}

#[test]
fn speaking_before_the_records_are_durable_is_found() {
    let plan = |seed: u64| Plan { skip_sync: true, ..bft(seed * 2) };
    let (seed, complaint) = first_complaint((0..50).map(plan));
    println!("seed {seed}: {complaint}");
    assert!(complaint.starts_with("signatures") || complaint.starts_with("evidence"), "{complaint}");
}
