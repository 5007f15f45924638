//! Committed transactions.

use ledger_types::{BlockTime, Receipt, RequestEntry, Transaction, TxId};
use proto::convert::{Fate, InBlock};
use storage::{Reader, StoreError};

/// A committed transaction with all that is known of it.
#[derive(Clone, Debug)]
pub struct FoundTx {
    /// The transaction.
    pub tx: Transaction,
    /// Its line in the request log.
    pub entry: RequestEntry,
    /// Its block's time.
    pub time: BlockTime,
    /// Its receipt.
    pub receipt: Receipt,
}

impl FoundTx {
    /// Its fate.
    pub fn fate(&self) -> Fate {
        let verdict = InBlock {
            height: self.entry.height,
            index: self.entry.index,
            time: self.time,
            receipt: self.receipt.clone(),
        };
        Fate::in_block(self.entry.tx, (self.entry.scope, self.entry.id), verdict)
    }
}

/// Finds a committed transaction.
pub fn find(reader: &Reader, id: &TxId) -> Result<Option<FoundTx>, StoreError> {
    let Some(found) = reader.transaction(id)? else { return Ok(None) };
    let entry = RequestEntry {
        scope: found.tx.envelope.request_scope().unwrap_or(ledger_types::RequestScope(0)),
        id: found.tx.envelope.request_id,
        tx: *id,
        height: found.origin.height,
        index: found.origin.tx,
        accepted: found.receipt.is_accepted(),
    };
    Ok(Some(FoundTx { tx: found.tx, entry, time: found.time, receipt: found.receipt }))
}
