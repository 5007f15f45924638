//! What a node let wait is committed, refused or waits, as long as its process lives.

use std::collections::BTreeMap;

use ledger_types::TxId;

use super::{Check, Checker, Roles, Seen};

/// Transactions by the process that took them.
#[derive(Default)]
pub(super) struct Waiting {
    taken: BTreeMap<(u16, TxId), u64>,
}

impl Checker for Waiting {
    fn check(&self) -> Check {
        Check::NothingForgotten
    }

    fn see(&mut self, _: &Roles, seen: &Seen<'_>) -> Vec<String> {
        match seen {
            Seen::Waits { node, boot, id } => {
                self.taken.insert((*node, *id), *boot);
            }
            Seen::Refused { node, id } => {
                self.taken.remove(&(*node, *id));
            }
            Seen::Finished(finish) => {
                let mut wrong = Vec::new();
                for (node, boot, running) in finish.nodes {
                    let reader = running.reader();
                    let mine = self.taken.range((*node, TxId::ZERO)..).take_while(|((n, _), _)| n == node);
                    for ((_, id), _) in mine.filter(|(_, taken)| *taken == boot) {
                        if !running.is_waiting(id) && !matches!(reader.transaction(id), Ok(Some(_))) {
                            wrong.push(format!("node {node} let {id} wait and has forgotten it"));
                        }
                    }
                }
                return wrong;
            }
            _ => {}
        }
        Vec::new()
    }
}
