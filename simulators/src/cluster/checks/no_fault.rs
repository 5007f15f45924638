//! A node with an honest disk starts and goes on.

use super::{Check, Checker, Roles, Seen};

/// Needs no memory.
pub(super) struct NoFault;

impl Checker for NoFault {
    fn check(&self) -> Check {
        Check::NoFault
    }

    fn see(&mut self, _: &Roles, seen: &Seen<'_>) -> Vec<String> {
        match seen {
            Seen::Failed { node, what } => vec![format!("node {node}: {what}")],
            Seen::Finished(finish) => {
                let stopped = finish.nodes.iter().filter_map(|(node, _, n)| n.stopped().map(|why| (node, why)));
                stopped.map(|(node, why)| format!("the engine of node {node} stopped: {why}")).collect()
            }
            _ => Vec::new(),
        }
    }
}
