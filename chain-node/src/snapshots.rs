//! Snapshots between nodes: made while the node runs, served to those that begin, and fetched in place of all blocks.

pub mod fetching;
mod known_peers;
mod making;
mod serving;

use serde::{Deserialize, Serialize};

pub use fetching::{Fetched, SnapshotSync};
pub use making::{Making, SnapshotFault, SnapshotJob};
pub use serving::SnapshotServer;

/// When snapshots are made and used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SnapshotRules {
    /// At every height that this divides; 0 for never. Nodes of one chain should agree, so that each has what the others
    /// offer.
    pub every: u64,
    /// How many are kept.
    pub keep: usize,
    /// Begin an empty data folder with a snapshot of the peers.
    pub sync: bool,
    /// Not for fewer blocks than this: those are fetched as blocks.
    pub ahead: u64,
}

impl Default for SnapshotRules {
    fn default() -> Self {
        Self { every: 10_000, keep: 2, sync: false, ahead: 1_000 }
    }
}

impl SnapshotRules {
    /// Whether a snapshot of this height is due.
    pub fn is_due(&self, height: ledger_types::Height) -> bool {
        self.every > 0 && self.keep > 0 && height.0 > 0 && height.0.is_multiple_of(self.every)
    }
}
