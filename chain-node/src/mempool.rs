//! Room 3: the bounded waiting room.

use std::collections::{BTreeMap, VecDeque};

use ledger::admission::{AuthenticatedTx, check_time};
use ledger_types::{Arg, BlockTime, Field, Refusal, RejectReason, RequestId, RequestScope, TxId};

/// How much may wait.
#[derive(Clone, Copy, Debug)]
pub struct MempoolLimits {
    /// Most transactions in all.
    pub max_txs: usize,
    /// Most bytes in all.
    pub max_bytes: usize,
    /// Most transactions of one account: nobody fills the room alone.
    pub max_txs_per_scope: usize,
}

impl Default for MempoolLimits {
    fn default() -> Self {
        Self { max_txs: 50_000, max_bytes: 256 * 1024 * 1024, max_txs_per_scope: 20_000 }
    }
}

/// Transactions picked for one block, in order. Only the mempool makes it.
pub struct TxBatch {
    txs: Vec<AuthenticatedTx>,
}

impl TxBatch {
    /// The transactions.
    pub fn into_txs(self) -> Vec<AuthenticatedTx> {
        self.txs
    }
}

/// What came of putting a transaction in.
#[derive(Debug, PartialEq, Eq)]
pub enum Admitted {
    /// It waits.
    Waiting,
    /// The same transaction waits already.
    Duplicate,
    /// It may not wait.
    Refused(Refusal),
}

/// Waiting transactions: one queue for each scope, served in turn, so that a busy account delays only itself.
pub struct Mempool {
    limits: MempoolLimits,
    queues: BTreeMap<RequestScope, VecDeque<AuthenticatedTx>>,
    by_request: BTreeMap<(RequestScope, RequestId), TxId>,
    waiting: BTreeMap<TxId, (RequestScope, RequestId)>,
    /// The scope served last: the next batch starts behind it.
    served_last: RequestScope,
    txs: usize,
    bytes: usize,
}

impl Mempool {
    /// An empty room.
    pub fn new(limits: MempoolLimits) -> Self {
        Self {
            limits,
            queues: BTreeMap::new(),
            by_request: BTreeMap::new(),
            waiting: BTreeMap::new(),
            served_last: RequestScope(0),
            txs: 0,
            bytes: 0,
        }
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.txs
    }

    /// True if nobody waits.
    pub fn is_empty(&self) -> bool {
        self.txs == 0
    }

    /// How many bytes wait.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether a transaction waits.
    pub fn contains(&self, id: &TxId) -> bool {
        self.waiting.contains_key(id)
    }

    /// Which waiting transaction uses a request id.
    pub fn by_request(&self, scope: RequestScope, id: RequestId) -> Option<TxId> {
        self.by_request.get(&(scope, id)).copied()
    }

    /// Lets a transaction wait.
    pub fn insert(&mut self, tx: AuthenticatedTx) -> Admitted {
        let key = (tx.scope(), tx.envelope().request_id);
        match self.by_request.get(&key) {
            Some(first) if *first == tx.id() => return Admitted::Duplicate,
            Some(first) => {
                let refusal = Refusal::new(RejectReason::RequestIdConflict, Field::RequestId);
                return Admitted::Refused(refusal.with([Arg::Tx(*first)]));
            }
            None => {}
        }
        let of_scope = self.queues.get(&key.0).map_or(0, VecDeque::len);
        if self.txs >= self.limits.max_txs
            || self.bytes + tx.raw_len() > self.limits.max_bytes
            || of_scope >= self.limits.max_txs_per_scope
        {
            let refusal = Refusal::new(RejectReason::Overloaded, Field::Transaction);
            return Admitted::Refused(refusal.with([Arg::Count(self.txs as u64)]));
        }
        self.txs += 1;
        self.bytes += tx.raw_len();
        self.by_request.insert(key, tx.id());
        self.waiting.insert(tx.id(), key);
        self.queues.entry(key.0).or_default().push_back(tx);
        Admitted::Waiting
    }

    /// Picks transactions for a block at `block_time`, one of each scope in turn. What has expired meanwhile comes
    /// back as refusals.
    pub fn take_batch(
        &mut self,
        block_time: BlockTime,
        max_txs: usize,
        max_bytes: usize,
    ) -> (TxBatch, Vec<(TxId, Refusal)>) {
        let (mut txs, mut refused, mut bytes) = (Vec::new(), Vec::new(), 0);
        let mut full = false;
        while !full && !self.queues.is_empty() {
            for scope in self.turn_order() {
                if txs.len() >= max_txs {
                    full = true;
                    break;
                }
                let next_len = self.queues.get(&scope).and_then(VecDeque::front).map_or(0, |t| t.raw_len());
                if bytes + next_len > max_bytes {
                    full = true;
                    break;
                }
                let Some(tx) = self.pop(scope) else { continue };
                self.served_last = scope;
                match check_time(&tx, block_time) {
                    Ok(()) => {
                        bytes += tx.raw_len();
                        txs.push(tx);
                    }
                    Err(refusal) => refused.push((tx.id(), refusal)),
                }
            }
        }
        (TxBatch { txs }, refused)
    }

    fn turn_order(&self) -> Vec<RequestScope> {
        let behind = self.queues.range((std::ops::Bound::Excluded(self.served_last), std::ops::Bound::Unbounded));
        behind.chain(self.queues.range(..=self.served_last)).map(|(scope, _)| *scope).collect()
    }

    fn pop(&mut self, scope: RequestScope) -> Option<AuthenticatedTx> {
        let queue = self.queues.get_mut(&scope)?;
        let tx = queue.pop_front();
        if queue.is_empty() {
            self.queues.remove(&scope);
        }
        let tx = tx?;
        self.txs -= 1;
        self.bytes -= tx.raw_len();
        if let Some(key) = self.waiting.remove(&tx.id()) {
            self.by_request.remove(&key);
        }
        Some(tx)
    }
}
