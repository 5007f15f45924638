//! Logs that accounts keep elsewhere, and how far they had come (日志锚定): what stood in one then cannot be cut off or changed
//! later without showing.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::ids::{Digest, Height};
use crate::time::BlockTime;

/// The newest anchored state of a log whose entries are chained by their hashes. Those before it stand in the transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct AnchoredLog {
    /// How many entries it had; an anchor only ever moves ahead.
    pub entries: u64,
    /// The hash of the last of them.
    pub head: Digest,
    /// The block that says so.
    pub height: Height,
    /// Its time.
    pub time: BlockTime,
}
