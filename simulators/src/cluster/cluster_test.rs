//! Seeds played in tests: the same twice, and many short ones.

#![allow(clippy::unwrap_used)]

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
