//! What must always hold.

use std::collections::{BTreeMap, BTreeSet};

use chain_node::commit::CommittedBlock;
use ledger_types::{BlockId, BlockTime, Digest, Height, TxId};
use serde::Serialize;

/// The properties that are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// One block at each height.
    Agreement,
    /// One state after each height.
    SameRoot,
    /// Heights rise by one on each node, times rise.
    Monotone,
    /// A transaction stands in the chain once.
    OnceOnly,
    /// What a node promised is in the chain.
    NoAcknowledgedLoss,
    /// Nobody is accused who did nothing.
    SoundEvidence,
    /// A node with an honest disk starts and goes on.
    NoFault,
    /// Without faults, all come to one height and go on.
    Convergence,
}

/// A property that did not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Which.
    pub check: Check,
    /// When, ms from the start.
    pub at_ms: u64,
    /// What was seen.
    pub what: String,
}

/// The chain as all nodes together have shown it.
#[derive(Default)]
pub(super) struct Checks {
    blocks: BTreeMap<Height, (BlockId, Digest, BlockTime)>,
    heights: BTreeMap<u16, Height>,
    pub(super) committed: BTreeMap<TxId, Height>,
    pub(super) acknowledged: BTreeSet<TxId>,
    pub(super) violations: Vec<Violation>,
    digest: Vec<u8>,
}

/// More would only say the same again.
const MOST: usize = 20;

impl Checks {
    pub(super) fn report(&mut self, check: Check, at_ms: u64, what: String) {
        if self.violations.len() < MOST {
            self.violations.push(Violation { check, at_ms, what });
        }
    }

    /// A node committed a block.
    pub(super) fn commit(&mut self, node: u16, block: &CommittedBlock, at_ms: u64) {
        let (height, id, root) = (block.height(), block.id(), block.state_root());
        self.digest.extend_from_slice(&node.to_be_bytes());
        self.digest.extend_from_slice(&at_ms.to_be_bytes());
        self.digest.extend_from_slice(&id.0);
        let before = self.heights.insert(node, height);
        if before.is_some_and(|b| b.next() != height) {
            self.report(Check::Monotone, at_ms, format!("node {node} went from {before:?} to {height}"));
        }
        match self.blocks.get(&height) {
            None => self.first(height, block, at_ms),
            Some((first, _, _)) if *first != id => {
                let what = format!("node {node} has {id} at height {height}, others have {first}");
                self.report(Check::Agreement, at_ms, what);
            }
            Some((_, first, _)) if *first != root => {
                let what = format!("node {node} has state {root} after height {height}, others have {first}");
                self.report(Check::SameRoot, at_ms, what);
            }
            Some(_) => {}
        }
    }

    fn first(&mut self, height: Height, block: &CommittedBlock, at_ms: u64) {
        let time = block.header().time;
        let parent = self.blocks.get(&Height(height.0 - 1)).map(|(_, _, time)| *time);
        if parent.is_some_and(|parent| parent >= time) {
            self.report(Check::Monotone, at_ms, format!("block {height} is not later than its parent"));
        }
        self.blocks.insert(height, (block.id(), block.state_root(), time));
        for (_, id, _) in block.verdicts() {
            if let Some(first) = self.committed.insert(id, height) {
                self.report(Check::OnceOnly, at_ms, format!("{id} stands in blocks {first} and {height}"));
            }
        }
    }

    /// A node starts again from its disk at this height.
    pub(super) fn restarted(&mut self, node: u16, height: Height, at_ms: u64) {
        let before = self.heights.insert(node, height);
        if before.is_some_and(|b| b > height) {
            self.report(Check::NoAcknowledgedLoss, at_ms, format!("node {node} fell from {before:?} to {height}"));
        }
    }

    /// The transactions that were promised and are nowhere.
    pub(super) fn lost(&self) -> Vec<TxId> {
        self.acknowledged.iter().filter(|id| !self.committed.contains_key(*id)).copied().collect()
    }

    pub(super) fn digest(&self) -> String {
        hex::encode(sm::sm3(&self.digest))
    }
}
