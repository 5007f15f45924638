//! What waits in a node is bounded.

use chain_node::consensus::MAX_CANDIDATES;
use chain_node::engines::bft::MAX_FROM_ONE;

use super::{Check, Checker, Roles, Seen};
use crate::cluster::host::LIMITS;

/// Needs no memory.
pub(super) struct Bounded;

impl Checker for Bounded {
    fn check(&self) -> Check {
        Check::BoundedQueues
    }

    fn see(&mut self, roles: &Roles, seen: &Seen<'_>) -> Vec<String> {
        let Seen::Stepped { node, running } = seen else { return Vec::new() };
        let ((txs, bytes), (bodies, messages)) = (running.waiting(), running.held());
        let mut wrong = Vec::new();
        if txs > LIMITS.max_txs || bytes > LIMITS.max_bytes {
            wrong.push(format!("{txs} transactions of {bytes} bytes wait in node {node}"));
        }
        // What the engine asks for is taken beyond the limit: one block for each round.
        if bodies > 2 * MAX_CANDIDATES {
            wrong.push(format!("node {node} holds {bodies} bodies of one height"));
        }
        if messages > MAX_FROM_ONE * roles.keys.len() {
            wrong.push(format!("{messages} messages wait in node {node}"));
        }
        wrong
    }
}
