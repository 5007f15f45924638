//! A precommit rests on a quorum of prevotes, a commit on a quorum of precommits.

use std::collections::{BTreeMap, BTreeSet};

use chain_node::Node;
use chain_node::engines::bft::Statement;
use ledger_types::{BlockId, Height, VoteBody};

use super::{Check, Checker, Roles, Seen};

/// Who voted for what, and what is to be looked at when the step that brought it is over: its statements leave in any
/// order.
#[derive(Default)]
pub(super) struct Justified {
    votes: BTreeMap<(Height, BlockId, u8, u32), BTreeSet<u16>>,
    precommits: Vec<(u16, VoteBody)>,
    /// Node, epoch, height, block.
    commits: Vec<(u16, u64, Height, BlockId)>,
}

impl Justified {
    fn precommit(&self, voter: u16, body: &VoteBody, roles: &Roles) -> Option<String> {
        let quorum = roles.quorum(body.epoch);
        let (height, id, round) = (body.height, body.block_id, body.round);
        let mut voters = self.votes.get(&(height, id, VoteBody::PREVOTE, round)).cloned().unwrap_or_default();
        // Its own prevote may have been signed in a step that a power cut ended, and count without having left.
        voters.insert(voter);
        let behind = voters.len();
        let what = || format!("node {voter} precommitted {id} at {height}/{round} on {behind} prevotes");
        (behind < quorum).then(what)
    }

    fn commit(&self, commit: &(u16, u64, Height, BlockId), roles: &Roles, running: &Node) -> Option<String> {
        let (node, epoch, height, id) = *commit;
        let key = |round| (height, id, VoteBody::PRECOMMIT, round);
        let rounds = self.votes.range(key(0)..=key(u32::MAX));
        let most = rounds.map(|(_, voters)| voters.len()).max().unwrap_or(0);
        if most >= roles.quorum(epoch) {
            return None;
        }
        // A precommit signed in a step that a power cut ended may have left in a certificate alone.
        let stored = running.reader().header_and_certificate(height).ok().flatten();
        let holds = stored.is_some_and(|(header, certificate)| {
            let seen = roles.epochs.of(epoch);
            seen.is_some_and(|e| {
                proofs::certificate::verify(&roles.chain, &certificate, &e.validators, &header).is_ok()
            })
        });
        (!holds).then(|| format!("node {node} committed {id} at height {height} on {most} precommits"))
    }
}

impl Checker for Justified {
    fn check(&self) -> Check {
        Check::Justified
    }

    fn see(&mut self, roles: &Roles, seen: &Seen<'_>) -> Vec<String> {
        match seen {
            Seen::Said(Statement::Vote { voter, body, .. }) if body.block_id != BlockId::ZERO => {
                let VoteBody { height, block_id, step, round, .. } = *body;
                self.votes.entry((height, block_id, step, round)).or_default().insert(*voter);
                if step == VoteBody::PRECOMMIT && roles.is_bound(*voter, height) {
                    self.precommits.push((*voter, body.clone()));
                }
            }
            Seen::Committed { node, block, .. } => {
                self.commits.push((*node, block.header().epoch, block.height(), block.id()));
            }
            Seen::Stepped { running, .. } if !self.precommits.is_empty() || !self.commits.is_empty() => {
                let (precommits, commits) = (std::mem::take(&mut self.precommits), std::mem::take(&mut self.commits));
                let votes = precommits.iter().filter_map(|(voter, body)| self.precommit(*voter, body, roles));
                let blocks = commits.iter().filter_map(|commit| self.commit(commit, roles, running));
                return votes.chain(blocks).collect();
            }
            _ => {}
        }
        Vec::new()
    }
}
