//! Who precommitted a block prevotes another only if a quorum prevoted that in between.

use std::collections::{BTreeMap, BTreeSet};

use chain_node::engines::bft::Statement;
use ledger_types::{BlockId, Height, VoteBody};

use super::{Check, Checker, Roles, Seen};

/// Locks and prevotes.
#[derive(Default)]
pub(super) struct LockRule {
    /// The last precommit of each node.
    locks: BTreeMap<u16, (Height, u32, BlockId)>,
    prevotes: BTreeMap<(Height, BlockId, u32), BTreeSet<u16>>,
}

impl Checker for LockRule {
    fn check(&self) -> Check {
        Check::LockRule
    }

    fn see(&mut self, roles: &Roles, seen: &Seen<'_>) -> Vec<String> {
        let Seen::Said(Statement::Vote { voter, body, .. }) = seen else { return Vec::new() };
        let VoteBody { height, block_id, step, round, .. } = *body;
        if block_id == BlockId::ZERO {
            return Vec::new();
        }
        if step == VoteBody::PRECOMMIT {
            let lock = self.locks.entry(*voter).or_insert((height, round, block_id));
            if (lock.0, lock.1) < (height, round) {
                *lock = (height, round, block_id);
            }
            return Vec::new();
        }
        self.prevotes.entry((height, block_id, round)).or_default().insert(*voter);
        let Some((locked_height, locked_round, locked)) = self.locks.get(voter).copied() else { return Vec::new() };
        if locked_height != height || locked_round >= round || locked == block_id || !roles.is_bound(*voter, height) {
            return Vec::new();
        }
        let mut between = self.prevotes.range((height, block_id, locked_round)..(height, block_id, round));
        if between.any(|(_, voters)| voters.len() >= roles.quorum(body.epoch)) {
            return Vec::new();
        }
        vec![format!(
            "node {voter}, locked on {locked} since {height}/{locked_round}, prevoted {block_id} in round {round}"
        )]
    }
}
