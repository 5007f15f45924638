//! Without faults, all come to one height and go on.

use super::{Check, Checker, Roles, Seen};

/// Needs no memory.
pub(super) struct Convergence;

impl Checker for Convergence {
    fn check(&self) -> Check {
        Check::Convergence
    }

    fn see(&mut self, _: &Roles, seen: &Seen<'_>) -> Vec<String> {
        let Seen::Finished(finish) = seen else { return Vec::new() };
        let heights: Vec<u64> = finish.nodes.iter().map(|(_, _, node)| node.height().0).collect();
        if heights.len() == finish.honest && heights.iter().all(|h| *h >= finish.wanted.0) {
            return Vec::new();
        }
        vec![format!("heights {heights:?} of {} nodes, wanted {}", finish.honest, finish.wanted)]
    }
}
