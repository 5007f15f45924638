//! Who contradicts himself again and again in front of honest nodes is named by one of them.

use std::collections::{BTreeMap, BTreeSet};

use ledger_types::{BlockId, Height};

use super::{Check, Checker, Roles, Seen};

/// Contradictions that must have been seen before silence is a fault: a restart or the end of a height may hide some.
const ENOUGH: usize = 20;

/// Statements of adversaries as each node heard them.
#[derive(Default)]
pub(super) struct EvidenceComplete {
    heard: BTreeMap<(u16, u16, Height, u32, u8), BTreeSet<BlockId>>,
    contradictions: BTreeMap<u16, usize>,
    named: BTreeSet<u16>,
}

impl Checker for EvidenceComplete {
    fn check(&self) -> Check {
        Check::CompleteEvidence
    }

    fn see(&mut self, roles: &Roles, seen: &Seen<'_>) -> Vec<String> {
        match seen {
            Seen::Heard { node, height, statement } if statement.height() == height.next() => {
                let (by, (about, round, step)) = (statement.signer(), statement.place());
                if roles.adversaries.contains(&by) {
                    let ids = self.heard.entry((*node, by, about, round, step)).or_default();
                    if ids.insert(statement.block_id()) && ids.len() == 2 {
                        *self.contradictions.entry(by).or_default() += 1;
                    }
                }
                Vec::new()
            }
            Seen::Evidence(evidence) => {
                self.named.extend(roles.machine_of(evidence.vote_key()));
                Vec::new()
            }
            Seen::Finished(_) => {
                let silent = self.contradictions.iter().filter(|(by, n)| **n >= ENOUGH && !self.named.contains(by));
                silent.map(|(by, n)| format!("validator {by} contradicted itself {n} times and is not named")).collect()
            }
            _ => Vec::new(),
        }
    }
}
