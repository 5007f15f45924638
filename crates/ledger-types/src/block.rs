//! Blocks, and the frame in which storage keeps them.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::certificate::CommitCertificate;
use crate::change_set::ChangeSet;
use crate::header::Header;
use crate::ids::Digest;
use crate::receipt::Receipt;
use crate::transaction::Transaction;

/// A block: header, transactions in order, and the certificate of its parent as its proposer chose it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Block {
    /// The header.
    pub header: Header,
    /// The transactions.
    pub txs: Vec<Transaction>,
    /// The parent's certificate; none at height 1.
    pub last_certificate: Option<CommitCertificate>,
}

impl Block {
    /// Whether some of its bodies were deleted by order: it can no longer be executed, only proven.
    pub fn has_erased(&self) -> bool {
        self.txs.iter().any(Transaction::has_erased)
    }
}

/// What a block segment keeps of one height: the truth from which everything else is rebuilt.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct BlockFrame {
    /// Format version, 1.
    pub version: u16,
    /// The block.
    pub block: Block,
    /// Its own certificate.
    pub certificate: CommitCertificate,
    /// Receipts: of begin-block tasks first, then one for each transaction in order.
    pub receipts: Vec<Receipt>,
    /// Every change it made.
    pub changes: ChangeSet,
    /// The state root after it.
    pub state_root: Digest,
}

impl BlockFrame {
    /// The version this code writes.
    pub const VERSION: u16 = 1;
}
