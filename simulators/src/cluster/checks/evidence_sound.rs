//! Nobody is accused who did nothing.

use super::{Check, Checker, Roles, Seen};
use chain_node::engines::evidence::Contradiction;

/// Needs no memory.
pub(super) struct EvidenceSound;

impl Checker for EvidenceSound {
    fn check(&self) -> Check {
        Check::SoundEvidence
    }

    fn see(&mut self, roles: &Roles, seen: &Seen<'_>) -> Vec<String> {
        match seen {
            Seen::Evidence(evidence) => {
                let height = match evidence.contradiction() {
                    Contradiction::Votes([a, _]) => a.body.height,
                    Contradiction::Proposals([a, _]) => a.body.height,
                };
                let mut wrong = Vec::new();
                match roles.machine_of(evidence.vote_key()) {
                    Some(place) if !roles.is_bound(place, height) => {}
                    place => wrong.push(format!("validator {place:?} is accused of height {height}: {evidence:?}")),
                }
                if let Err(e) = evidence.verify(&roles.chain) {
                    wrong.push(format!("evidence does not hold: {e}"));
                }
                wrong
            }
            Seen::Blamed { by, whom, why } if !roles.adversaries.contains(whom) => {
                vec![format!("node {by} blames {whom}: {why}")]
            }
            _ => Vec::new(),
        }
    }
}
