//! The hunt for planted bugs: the power of the simulator. Only in builds with `--cfg planted`.

use serde::Serialize;
use storage::planted::{Bug, Turn, plant};

use super::{AdversaryChoice, AdversaryKind, Check, ClusterOptions, FaultKind, SeedReport, play};

/// Seeds in which a bug must show itself.
pub const WITHIN: u64 = 200;

/// A bug and the options under which it is hunted.
#[derive(Clone, Copy, Debug)]
pub struct Hunt {
    /// Which bug.
    pub bug: Bug,
    /// Checks that may find it: what others find is no success.
    pub by: &'static [Check],
    /// Where it is looked for; clean without the bug.
    pub options: ClusterOptions,
}

/// What a hunt came to.
#[derive(Clone, Debug, Serialize)]
pub struct Catch {
    /// Which bug.
    pub bug: String,
    /// The first seed in which it showed itself, if one did.
    pub seed: Option<u64>,
    /// Which check found it.
    pub check: Option<Check>,
    /// What was seen.
    pub what: String,
    /// What is wrong in the same seeds without the bug: should be nothing.
    pub unplanted: Option<String>,
}

impl Catch {
    /// Found, by a check that is meant to, and not there without the bug.
    pub fn is_success(&self) -> bool {
        self.check.is_some() && self.unplanted.is_none()
    }
}

const BASE: ClusterOptions = ClusterOptions::USUAL;
/// Power cuts and kills, many.
const POWER: ClusterOptions = ClusterOptions {
    faults_per_minute: 20.0,
    kinds: &[FaultKind::PowerCut, FaultKind::Blackout, FaultKind::Delay],
    adversaries: AdversaryChoice::None,
    ..BASE
};
const ROT: ClusterOptions =
    ClusterOptions { faults_per_minute: 20.0, kinds: &[FaultKind::BitRot], adversaries: AdversaryChoice::None, ..BASE };
/// Messages that come late, twice or not at all, so that heights need several rounds.
const ROUNDS: ClusterOptions = ClusterOptions {
    faults_per_minute: 20.0,
    kinds: &[FaultKind::Loss, FaultKind::Delay, FaultKind::Partition, FaultKind::Mute],
    ..BASE
};

const fn with(kind: AdversaryKind) -> ClusterOptions {
    ClusterOptions { adversaries: AdversaryChoice::Only(kind), ..BASE }
}

const fn rounds_with(kind: AdversaryKind) -> ClusterOptions {
    ClusterOptions { adversaries: AdversaryChoice::Only(kind), ..ROUNDS }
}

/// The canary: it must be seen in the first seed.
pub const CANARY: Hunt = Hunt { bug: Bug::Canary, by: &[Check::SameRoot], options: BASE };

/// All bugs but the canary.
pub fn hunts() -> Vec<Hunt> {
    use AdversaryKind as A;
    use Check as C;
    let hunt = |bug, by, options| Hunt { bug, by, options };
    vec![
        hunt(Bug::VoteLogUnsynced, &[C::Remembered], POWER),
        hunt(Bug::SegmentUnsynced, &[C::NoFault, C::NoAcknowledgedLoss], POWER),
        hunt(Bug::NoCommitGuard, &[C::NoAcknowledgedLoss], ROT),
        hunt(Bug::NoVoteGuard, &[C::Remembered], POWER),
        hunt(Bug::GuardBeforeGrounds, &[C::NeverSilenced], POWER),
        hunt(Bug::GuardUnsynced, &[C::Remembered], POWER),
        hunt(Bug::QuorumTooSmall, &[C::Justified, C::Agreement], BASE),
        hunt(Bug::WrongUnlock, &[C::LockRule], rounds_with(A::LateVoter)),
        hunt(Bug::VotesCountedTwice, &[C::Justified], with(A::Forger)),
        hunt(Bug::SignAnew, &[C::NoDoubleSigning], POWER),
        hunt(Bug::NoEvidence, &[C::CompleteEvidence], with(A::EquivocateVote)),
        hunt(Bug::VotesUnchecked, &[C::Justified, C::Agreement], with(A::Forger)),
        hunt(Bug::TooFewSignatures, &[C::Justified, C::Agreement], with(A::Forger)),
        hunt(Bug::CertificateUnchecked, &[C::Justified, C::Agreement], with(A::Forger)),
        hunt(Bug::RequestsForgotten, &[C::OnceOnly, C::NoFault, C::Validity], POWER),
        hunt(Bug::WrongScopeDropped, &[C::NothingForgotten], BASE),
        hunt(Bug::HashOrder, &[C::SameRoot], BASE),
        hunt(Bug::OwnClock, &[C::SameRoot], BASE),
        hunt(Bug::RootsUnchecked, &[C::Validity], with(A::InvalidBlock)),
        hunt(Bug::BodyNotKept, &[C::Remembered], POWER),
        hunt(Bug::ConflictingCommit, &[C::Agreement, C::Justified], with(A::EquivocateProposal)),
        hunt(Bug::Unbounded, &[C::BoundedQueues], with(A::Spam)),
        hunt(Bug::DamageIsTorn, &[C::NoAcknowledgedLoss], ROT),
        hunt(Bug::TimeUnchecked, &[C::Monotone], with(A::InvalidBlock)),
        hunt(Bug::ChangeLost, &[C::Validity, C::Conservation], BASE),
    ]
}

/// Whose turn it is, for bugs that differ from node to node.
pub(super) fn turn_of(node: u16, clock_ms: u64, started_ms: u64) {
    storage::planted::turn_of(Turn { node: u64::from(node), clock_ms, started_ms });
}

/// Hunts one bug from seed 1 on, and plays the seeds that it took without the bug.
pub fn play_planted(hunt: &Hunt) -> Catch {
    let mut caught =
        Catch { bug: format!("{:?}", hunt.bug), seed: None, check: None, what: String::new(), unplanted: None };
    for seed in 1..=WITHIN {
        let report = play_with(Some(hunt.bug), seed, hunt.options);
        if let Some(found) = report.violations.iter().find(|v| hunt.by.contains(&v.check)) {
            (caught.seed, caught.check, caught.what) = (Some(seed), Some(found.check), found.what.clone());
            break;
        }
        if let Some(other) = report.violations.first() {
            caught.what = format!("seed {seed}: another check: {:?}: {}", other.check, other.what);
        }
    }
    // Those seeds, and some more, so that a clean run is no accident.
    let most = caught.seed.unwrap_or(WITHIN).max(10);
    caught.unplanted = (1..=most).find_map(|seed| {
        let report = play_with(None, seed, hunt.options);
        report.violations.first().map(|v| format!("seed {seed}: {:?}: {}", v.check, v.what))
    });
    caught
}

fn play_with(bug: Option<Bug>, seed: u64, options: ClusterOptions) -> SeedReport {
    plant(bug);
    let report = play(seed, options);
    plant(None);
    report
}
