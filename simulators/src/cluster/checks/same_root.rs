//! One state after each height.

use std::collections::BTreeMap;

use ledger_types::{Digest, Height};

use super::{Check, Checker, Roles, Seen};

/// The first state root that a node showed after each height.
#[derive(Default)]
pub(super) struct SameRoot {
    roots: BTreeMap<Height, Digest>,
}

impl Checker for SameRoot {
    fn check(&self) -> Check {
        Check::SameRoot
    }

    fn see(&mut self, _: &Roles, seen: &Seen<'_>) -> Vec<String> {
        let Seen::Committed { node, block, .. } = seen else { return Vec::new() };
        let first = *self.roots.entry(block.height()).or_insert(block.state_root());
        if first == block.state_root() {
            return Vec::new();
        }
        vec![format!(
            "node {node} has state {} after height {}, others have {first}",
            block.state_root(),
            block.height()
        )]
    }
}
