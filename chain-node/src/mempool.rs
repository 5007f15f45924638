//! Room 3: the bounded waiting room.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

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

/// Where a transaction waits.
#[derive(Clone, Copy)]
struct Place {
    scope: RequestScope,
    arrival: u64,
    request: RequestId,
}

/// Waiting transactions: one queue for each scope, served in turn, so that a busy account delays only itself. They stay
/// until they are committed or expire: a block that was proposed may yet lose.
pub struct Mempool {
    limits: MempoolLimits,
    queues: BTreeMap<RequestScope, BTreeMap<u64, AuthenticatedTx>>,
    by_request: BTreeMap<(RequestScope, RequestId), TxId>,
    waiting: BTreeMap<TxId, Place>,
    arrivals: u64,
    /// The scope served last: the next batch starts behind it.
    served_last: RequestScope,
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
            arrivals: 0,
            served_last: RequestScope(0),
            bytes: 0,
        }
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// True if nobody waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many bytes wait.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether a transaction waits.
    pub fn contains(&self, id: &TxId) -> bool {
        self.waiting.contains_key(id)
    }

    /// A waiting transaction: its signatures need not be checked again.
    pub fn get(&self, id: &TxId) -> Option<&AuthenticatedTx> {
        let place = self.waiting.get(id)?;
        self.queues.get(&place.scope)?.get(&place.arrival)
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
        let of_scope = self.queues.get(&key.0).map_or(0, BTreeMap::len);
        if self.len() >= self.limits.max_txs
            || self.bytes + tx.raw_len() > self.limits.max_bytes
            || of_scope >= self.limits.max_txs_per_scope
        {
            let refusal = Refusal::new(RejectReason::Overloaded, Field::Transaction);
            return Admitted::Refused(refusal.with([Arg::Count(self.len() as u64)]));
        }
        self.arrivals += 1;
        self.bytes += tx.raw_len();
        self.by_request.insert(key, tx.id());
        self.waiting.insert(tx.id(), Place { scope: key.0, arrival: self.arrivals, request: key.1 });
        self.queues.entry(key.0).or_default().insert(self.arrivals, tx);
        Admitted::Waiting
    }

    /// Picks transactions for a block at `block_time`, one of each scope in turn; they go on waiting. What has expired
    /// meanwhile leaves, as refusals.
    pub fn pick(&mut self, block_time: BlockTime, max_txs: usize, max_bytes: usize) -> (TxBatch, Vec<(TxId, Refusal)>) {
        let (mut txs, mut refused, mut bytes) = (Vec::new(), Vec::new(), 0);
        let behind = self.queues.range((Bound::Excluded(self.served_last), Bound::Unbounded));
        let mut turns: Vec<_> = behind
            .chain(self.queues.range(..=self.served_last))
            .map(|(scope, queue)| (*scope, queue.values()))
            .collect();
        let mut last = self.served_last;
        'full: while !turns.is_empty() {
            let mut ended = BTreeSet::new();
            for (scope, queue) in &mut turns {
                let Some(tx) = queue.next() else {
                    ended.insert(*scope);
                    continue;
                };
                if txs.len() >= max_txs || bytes + tx.raw_len() > max_bytes {
                    break 'full;
                }
                match check_time(tx, block_time) {
                    Ok(()) => {
                        bytes += tx.raw_len();
                        txs.push(tx.clone());
                        last = *scope;
                    }
                    Err(refusal) => refused.push((tx.id(), refusal)),
                }
            }
            turns.retain(|(scope, _)| !ended.contains(scope));
        }
        self.served_last = last;
        for (id, _) in &refused {
            self.remove(id);
        }
        (TxBatch { txs }, refused)
    }

    /// Lets a transaction go: it was committed, whoever proposed it.
    pub fn remove(&mut self, id: &TxId) -> bool {
        let Some(place) = self.waiting.remove(id) else { return false };
        self.by_request.remove(&(place.scope, place.request));
        if let Some(queue) = self.queues.get_mut(&place.scope) {
            if let Some(tx) = queue.remove(&place.arrival) {
                self.bytes -= tx.raw_len();
            }
            if queue.is_empty() {
                self.queues.remove(&place.scope);
            }
        }
        true
    }

    /// What arrived first, at most `most` of it.
    pub fn oldest(&self, most: usize) -> impl Iterator<Item = &AuthenticatedTx> {
        let mut first: Vec<_> = self.queues.values().flatten().collect();
        first.sort_unstable_by_key(|(arrival, _)| **arrival);
        first.into_iter().take(most).map(|(_, tx)| tx)
    }

    /// The bug of removing somebody else's transaction.
    #[cfg(planted)]
    pub(crate) fn remove_one_outside(&mut self, scope: RequestScope) {
        let other = self.waiting.iter().find(|(_, place)| place.scope != scope).map(|(id, _)| *id);
        other.map(|id| self.remove(&id));
    }

    /// The transaction that waits under a request id.
    pub fn by_request(&self, scope: RequestScope, id: RequestId) -> Option<TxId> {
        self.by_request.get(&(scope, id)).copied()
    }
}
