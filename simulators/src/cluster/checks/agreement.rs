//! One block at each height.

use std::collections::BTreeMap;

use ledger_types::{BlockId, Height};

use super::{Check, Checker, Roles, Seen};

/// The first block that a node showed at each height.
#[derive(Default)]
pub(super) struct Agreement {
    blocks: BTreeMap<Height, BlockId>,
}

impl Checker for Agreement {
    fn check(&self) -> Check {
        Check::Agreement
    }

    fn see(&mut self, _: &Roles, seen: &Seen<'_>) -> Vec<String> {
        let Seen::Committed { node, block, .. } = seen else { return Vec::new() };
        let first = *self.blocks.entry(block.height()).or_insert(block.id());
        if first == block.id() {
            return Vec::new();
        }
        vec![format!("node {node} has {} at height {}, others have {first}", block.id(), block.height())]
    }
}
