//! Seeds played in tests: the same twice, those that failed once, and many short ones.

#![allow(clippy::unwrap_used)]

use super::series::{Seeds, run};
use super::*;

#[test]
fn a_seed_plays_the_same_twice_and_nothing_breaks() {
    let options = ClusterOptions { seconds: 40, ..ClusterOptions::default() };
    let first = play(7, options);
    assert_eq!(first.violations, []);
    assert!(first.height > 5 && first.committed > 20 && first.faults.values().sum::<u64>() > 0, "{first:?}");
    assert_eq!(play(7, options), first);
    assert_ne!(play(8, options).digest, first.digest);
}

#[test]
fn invoices_go_all_the_way() {
    let calm =
        ClusterOptions { faults_per_minute: 0.0, adversaries: AdversaryChoice::None, ..ClusterOptions::default() };
    let report = play(1, calm);
    assert_eq!(report.violations, []);
    assert!(report.invoices > 50 && report.reimbursed > 5 && report.refused * 10 < report.committed, "{report:?}");
}

#[test]
fn every_adversary_and_every_fault_does_something_and_breaks_nothing() {
    for kind in AdversaryKind::ALL {
        let options =
            ClusterOptions { seconds: 20, adversaries: AdversaryChoice::Only(kind), ..ClusterOptions::default() };
        let report = play(3, options);
        assert_eq!(report.violations, [], "{kind:?}");
        assert_eq!(report.adversaries, [kind.name()]);
        let alone = play(3, ClusterOptions { adversaries: AdversaryChoice::None, ..options });
        assert_ne!(report.digest, alone.digest, "{kind:?} changes nothing");
    }
    for kinds in FaultKind::ALL.chunks(1).map(|k| -> &'static [FaultKind] { Box::leak(k.to_vec().into_boxed_slice()) })
    {
        let options = ClusterOptions {
            seconds: 40,
            faults_per_minute: 20.0,
            kinds,
            adversaries: AdversaryChoice::None,
            ..ClusterOptions::default()
        };
        let report = play(4, options);
        assert_eq!(report.violations, [], "{kinds:?}");
        assert!(report.faults.contains_key(kinds[0].name()), "{kinds:?}: {report:?}");
        let rules = [FaultKind::Replace, FaultKind::Switch, FaultKind::Upgrade].contains(&kinds[0]);
        assert_eq!(report.epochs > 0, rules, "{kinds:?}: {report:?}");
    }
}

#[test]
fn seven_validators_bear_two_traitors() {
    let options = ClusterOptions { nodes: 7, seconds: 20, ..ClusterOptions::default() };
    let report = run(Seeds { first: 50, count: 12, jobs: 1 }, options, &|_| {});
    assert_eq!(report.failed, []);
    assert!(report.adversaries.values().sum::<u64>() >= 4, "{:?}", report.adversaries);
}

#[test]
fn real_signatures_come_to_the_same() {
    let options = ClusterOptions { seconds: 8, real_signatures: true, ..ClusterOptions::default() };
    let report = play(2, options);
    assert_eq!(report.violations, []);
    assert!(report.height > 3, "{report:?}");
}

#[test]
fn seeds_that_failed_once_do_not_fail_again() {
    let mut played = 0;
    for line in include_str!("regressions.txt").lines() {
        let words: Vec<&str> = line.split('#').next().unwrap().split_whitespace().collect();
        let [seed, nodes, seconds, tx, faults] = words[..] else { continue };
        let options = ClusterOptions {
            nodes: nodes.parse().unwrap(),
            seconds: seconds.parse().unwrap(),
            tx_per_second: tx.parse().unwrap(),
            faults_per_minute: faults.parse().unwrap(),
            ..ClusterOptions::default()
        };
        assert_eq!(play(seed.parse().unwrap(), options).violations, [], "{line}");
        played += 1;
    }
    assert!(played > 1);
}

#[test]
fn two_hundred_short_seeds_are_clean() {
    let options = ClusterOptions { seconds: 25, faults_per_minute: 8.0, ..ClusterOptions::default() };
    let report = run(Seeds { first: 1_000, count: 200, jobs: 1 }, options, &|_| {});
    assert_eq!(report.failed, [], "play one again: taxchain simulate cluster --seconds 25 --faults-per-minute 8");
    for line in report.lines() {
        println!("{line}");
    }
}

#[test]
fn adaptive_chains_raise_themselves_under_faults() {
    let traitors = AdversaryChoice::Only(AdversaryKind::EquivocateVote);
    let report = run(
        Seeds { first: 300, count: 40, jobs: 1 },
        ClusterOptions { seconds: 40, adversaries: traitors, ..ClusterOptions::default() },
        &|_| {},
    );
    assert_eq!(report.failed, []);
    assert!(report.faults.get("raised").is_some_and(|raised| *raised > 5), "{:?}", report.faults);
}

#[test]
fn nobody_raises_a_chain_for_a_false_alarm() {
    use FaultKind as F;
    // No disk is lost: nobody contradicts himself.
    let kinds = &[F::Kill, F::Partition, F::Mute, F::Loss, F::Delay, F::Duplicate, F::Pause, F::Skew];
    let adversaries = AdversaryChoice::Only(AdversaryKind::FalseAlarm);
    let options = ClusterOptions { seconds: 40, adversaries, kinds, ..ClusterOptions::default() };
    let report = run(Seeds { first: 400, count: 40, jobs: 1 }, options, &|_| {});
    assert_eq!(report.failed, []);
    assert_eq!(report.faults.get("raised"), None);
}
