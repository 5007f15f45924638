//! The request log: every id that entered a block, for ever.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::ids::{Height, RequestId, RequestScope, TxId};

/// One line of the request log. It is the only write of a refused transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct RequestEntry {
    /// Whose id.
    pub scope: RequestScope,
    /// The id.
    pub id: RequestId,
    /// The transaction that used it.
    pub tx: TxId,
    /// Its block.
    pub height: Height,
    /// Its place in the block.
    pub index: u16,
    /// True if it was accepted, false if it was refused with a receipt.
    pub accepted: bool,
}
