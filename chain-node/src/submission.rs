//! A transaction on its way in, and the news its submitter waits for.

use std::collections::BTreeMap;
use std::time::Instant;

use ledger::admission::DecodedTx;
use ledger_types::{BlockTime, Height, Receipt, Refusal, RequestId, RequestScope, TxId};
use tokio::sync::oneshot;

/// What became of a submission at the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reception {
    /// It waits for a block.
    Waiting,
    /// The same transaction was committed before: ask for its fate.
    Known,
    /// It will not wait.
    Refused(Refusal),
}

/// A verdict in a durable block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitNotice {
    /// The block.
    pub height: Height,
    /// Place in the block.
    pub index: u16,
    /// The block's time.
    pub time: BlockTime,
    /// The receipt.
    pub receipt: Receipt,
}

/// A decoded transaction with the ends of its submitter's lines. A closed line is no error: the submitter left, the
/// transaction goes on.
pub struct Submission {
    /// The transaction.
    pub tx: DecodedTx,
    /// Its request id.
    pub request: (RequestScope, RequestId),
    /// Told once it is received.
    pub reception: oneshot::Sender<Reception>,
    /// Told once it is committed, or refused while waiting.
    pub commit: Option<CommitLine>,
    /// When it arrived.
    pub arrived: Instant,
}

/// Told once a transaction is committed, or refused while waiting.
pub type CommitLine = oneshot::Sender<Result<CommitNotice, Refusal>>;

/// Who waits for which transaction.
#[derive(Default)]
pub struct Waiters {
    by_tx: BTreeMap<TxId, Vec<(CommitLine, Instant)>>,
}

impl Waiters {
    /// Somebody waits.
    pub fn add(&mut self, id: TxId, line: CommitLine, arrived: Instant) {
        self.by_tx.entry(id).or_default().push((line, arrived));
    }

    /// Tells all who wait for `id`; returns the longest wait.
    pub fn tell(&mut self, id: &TxId, news: &Result<CommitNotice, Refusal>) -> Option<Instant> {
        let lines = self.by_tx.remove(id)?;
        let first = lines.iter().map(|(_, arrived)| *arrived).min();
        for (line, _) in lines {
            // The receiver may be gone: a client that went away is no fault.
            drop(line.send(news.clone()));
        }
        first
    }

    /// How many transactions are waited for.
    pub fn len(&self) -> usize {
        self.by_tx.len()
    }

    /// True if nobody waits.
    pub fn is_empty(&self) -> bool {
        self.by_tx.is_empty()
    }
}

/// What waits for a block, for those who ask about a fate. Kept by the core thread, read by the gateway.
#[derive(Default)]
pub struct WaitingIndex {
    by_tx: BTreeMap<TxId, (RequestScope, RequestId)>,
    by_request: BTreeMap<(RequestScope, RequestId), TxId>,
}

impl WaitingIndex {
    /// A transaction waits from now on.
    pub fn insert(&mut self, id: TxId, request: (RequestScope, RequestId)) {
        self.by_tx.insert(id, request);
        self.by_request.insert(request, id);
    }

    /// It does not any more.
    pub fn remove(&mut self, id: &TxId) {
        if let Some(request) = self.by_tx.remove(id) {
            self.by_request.remove(&request);
        }
    }

    /// The waiting transaction that is asked about.
    pub fn find(&self, subject: &proto::convert::Subject) -> Option<TxId> {
        match subject {
            proto::convert::Subject::Tx(id) => self.by_tx.contains_key(id).then_some(*id),
            proto::convert::Subject::Request(scope, id) => self.by_request.get(&(*scope, *id)).copied(),
        }
    }
}
