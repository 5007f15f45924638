//! Heights rise by one on each node; times rise, and are not ahead of every clock.

use std::collections::BTreeMap;

use ledger_types::{BlockTime, Height};

use super::{Check, Checker, Roles, Seen};

/// A clock may be off by so much, and a block be ahead of one by so much, ms.
const AHEAD_MS: u64 = 6_000 + chain_node::proposal::MAX_AHEAD_MS;

/// Where each node stands, and when each block was.
#[derive(Default)]
pub(super) struct Monotone {
    heights: BTreeMap<u16, Height>,
    times: BTreeMap<Height, BlockTime>,
}

impl Checker for Monotone {
    fn check(&self) -> Check {
        Check::Monotone
    }

    fn see(&mut self, _: &Roles, seen: &Seen<'_>) -> Vec<String> {
        let (node, block, now_ms) = match seen {
            Seen::Started { node, height, .. } => {
                self.heights.insert(*node, *height);
                return Vec::new();
            }
            Seen::Committed { node, block, now_ms } => (node, block, now_ms),
            _ => return Vec::new(),
        };
        let (height, time) = (block.height(), block.header().time);
        let mut wrong = Vec::new();
        let before = self.heights.insert(*node, height).unwrap_or(Height(0));
        if before.next() != height {
            wrong.push(format!("node {node} went from height {before} to {height}"));
        }
        self.times.insert(height, time);
        let parent = height.0.checked_sub(1).and_then(|h| self.times.get(&Height(h)));
        if parent.is_some_and(|parent| *parent >= time) {
            wrong.push(format!("block {height} is not later than its parent"));
        }
        if time.0 > now_ms + AHEAD_MS {
            wrong.push(format!("block {height} is {} ms ahead of its time", time.0 - now_ms));
        }
        wrong
    }
}
