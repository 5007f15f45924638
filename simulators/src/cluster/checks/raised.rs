//! Under an adaptive policy, a chain with enough offences on record comes to the Byzantine kind.

use ledger::StateView;
use ledger_types::{ConsensusKind, RegistryKey, RegistryValue};

use super::{Check, Checker, Roles, Seen};
use chain_node::Node;

/// Needs no memory.
pub(super) struct Raised;

/// Whether a node's chain should have raised itself and has not.
pub(in crate::cluster) fn is_owed(node: &Node) -> bool {
    let Ok(Some(RegistryValue::Adaptive(held))) = node.reader().view().registry(&RegistryKey::Adaptive) else {
        return false;
    };
    let enough = held.policy.is_some_and(|policy| held.faulty.len() >= usize::from(policy.raise_at));
    enough && node.epoch().kind == ConsensusKind::Adaptive
}

impl Checker for Raised {
    fn check(&self) -> Check {
        Check::Raised
    }

    fn see(&mut self, _: &Roles, seen: &Seen<'_>) -> Vec<String> {
        let Seen::Finished(finish) = seen else { return Vec::new() };
        let owed = finish.nodes.iter().filter(|(_, _, node)| is_owed(node));
        owed.map(|(id, _, node)| format!("node {id} knows of enough traitors at {}, and is not raised", node.height()))
            .collect()
    }
}
