//! What a node promised is in the chain, and no node falls back.

use std::collections::{BTreeMap, BTreeSet};

use ledger_types::{Height, TxId};

use super::{Check, Checker, Roles, Seen};

/// Promises, and the heights of the nodes.
#[derive(Default)]
pub(super) struct Acknowledged {
    promised: BTreeSet<TxId>,
    heights: BTreeMap<u16, Height>,
}

impl Checker for Acknowledged {
    fn check(&self) -> Check {
        Check::NoAcknowledgedLoss
    }

    fn see(&mut self, roles: &Roles, seen: &Seen<'_>) -> Vec<String> {
        match seen {
            Seen::Promised(id) => {
                self.promised.insert(*id);
                Vec::new()
            }
            Seen::Committed { node, block, .. } => {
                self.heights.insert(*node, block.height());
                Vec::new()
            }
            Seen::Started { node, height, .. } => {
                let before = self.heights.insert(*node, *height).unwrap_or(Height(0));
                // A lost disk may lack everything, but nothing else may lack anything.
                let wiped = roles.forgot.contains_key(node) && *height == Height(0);
                if before <= *height || wiped {
                    return Vec::new();
                }
                vec![format!("node {node} fell from height {before} to {height}")]
            }
            Seen::Finished(finish) => {
                let Some((node, _, best)) = finish.nodes.iter().max_by_key(|(_, _, n)| n.height()) else {
                    return Vec::new();
                };
                let reader = best.reader();
                let lost = self.promised.iter().filter(|id| !matches!(reader.transaction(id), Ok(Some(_))));
                lost.map(|id| format!("{id} was promised and is not in the chain of node {node}")).collect()
            }
            _ => Vec::new(),
        }
    }
}
