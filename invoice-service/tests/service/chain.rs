//! A chain in memory on the real ledger: the rules, transitions and receipts are those of a node; only disk, proofs and
//! consensus are left out. Replies can be lost and the node can be away, as no real node would be on command.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ledger::admission::{RawTx, authenticate, check_time, decode};
use ledger::{BlockContext, MemoryState, StateView, execute_block, genesis_changes};
use ledger_types::change_set::SYSTEM_CAUSE;
use ledger_types::limits::MAX_TIMERS_PER_BLOCK;
use ledger_types::{
    Arg, BlockTime, Change, ChangeSet, Field, Genesis, Height, OutputRecord, Receipt, Refusal, RegistryKey,
    RegistryValue, RejectReason, RequestEntry, Slot, Transaction, TxId, Unsealer,
};
use proto::convert::{Fate, FateState, InBlock, Subject};
use tokio::sync::watch;
use tonic::Status;

/// A committed transaction.
#[derive(Clone)]
pub struct Committed {
    pub tx: Transaction,
    pub entry: RequestEntry,
    pub time: BlockTime,
    pub receipt: Receipt,
}

/// One step of a slot.
#[derive(Clone)]
pub struct Step {
    pub height: Height,
    pub time: BlockTime,
    pub tx: Option<TxId>,
    pub record: OutputRecord,
}

/// What the chain is now.
pub struct State {
    pub view: MemoryState,
    pub height: Height,
    pub time: BlockTime,
    pub txs: BTreeMap<TxId, Committed>,
    pub history: BTreeMap<Slot, Vec<Step>>,
    pub blocks: Vec<(Height, BlockTime, ChangeSet)>,
}

/// The chain. Cheap to clone.
#[derive(Clone)]
pub struct Chain {
    pub genesis: Arc<Genesis>,
    /// Opens sealed bodies.
    keys: Arc<dyn Unsealer>,
    state: Arc<Mutex<State>>,
    /// The newest height, for subscribers.
    pub height: watch::Sender<Height>,
    /// So many submissions are committed, and their replies lost.
    pub lose_replies: Arc<AtomicU32>,
    /// Nobody answers submissions.
    pub away: Arc<AtomicBool>,
    /// How many submissions came in.
    pub submissions: Arc<AtomicU32>,
}

impl Chain {
    pub fn new(genesis: Genesis, keys: Arc<dyn Unsealer>) -> Self {
        let mut view = MemoryState::new();
        view.apply(&genesis_changes(&genesis).unwrap());
        let state = State {
            view,
            height: Height(0),
            time: genesis.time,
            txs: BTreeMap::new(),
            history: BTreeMap::new(),
            blocks: Vec::new(),
        };
        Self {
            genesis: Arc::new(genesis),
            keys,
            state: Arc::new(Mutex::new(state)),
            height: watch::Sender::new(Height(0)),
            lose_replies: Arc::default(),
            away: Arc::default(),
            submissions: Arc::default(),
        }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn registry(&self, key: &RegistryKey) -> Option<RegistryValue> {
        self.state().view.registry(key).unwrap()
    }

    /// Moves block time on; what falls due happens in blocks of its own.
    pub fn set_time(&self, time: BlockTime) {
        let mut state = self.state();
        state.time = state.time.max(time);
        while !state.view.due_timers(state.time.0, 1).unwrap().is_empty() {
            self.commit(&mut state, None);
        }
    }

    /// Takes a transaction in: a block of its own, at once.
    pub fn submit(&self, bytes: Vec<u8>) -> Result<Fate, Status> {
        self.submissions.fetch_add(1, Ordering::SeqCst);
        if self.away.load(Ordering::SeqCst) {
            return Err(Status::unavailable("away"));
        }
        let fate = self.take_in(bytes)?;
        let lost = |n: u32| n.checked_sub(1);
        if self.lose_replies.fetch_update(Ordering::SeqCst, Ordering::SeqCst, lost).is_ok() {
            return Err(Status::unavailable("the reply is lost"));
        }
        Ok(fate)
    }

    fn take_in(&self, bytes: Vec<u8>) -> Result<Fate, Status> {
        let refused = |refusal: Refusal| proto::refused(&[refusal], None);
        let decoded = decode(&self.genesis.chain_id(), RawTx(bytes)).map_err(refused)?;
        let mut state = self.state();
        if let Some(known) = state.txs.get(&decoded.id()) {
            return Ok(known.fate());
        }
        let request = decoded.envelope().request_id;
        let scope = decoded.envelope().request_scope().unwrap();
        if let Some(first) = state.view.request(scope, request).unwrap() {
            let conflict = Refusal::new(RejectReason::RequestIdConflict, Field::RequestId);
            return Err(refused(conflict.with([Arg::Tx(first.tx)])));
        }
        let mut cache = sm::SignerCache::new(1, 64, 8);
        let tx = authenticate(vec![decoded], &state.view, &mut cache, &*self.keys).unwrap().pop().unwrap();
        let tx = tx.map_err(|(_, refusal)| refused(refusal))?;
        check_time(&tx, state.time.plus_ms(1)).map_err(refused)?;
        let id = tx.id();
        self.commit(&mut state, Some(tx));
        Ok(state.txs[&id].fate())
    }

    fn commit(&self, state: &mut State, tx: Option<ledger::admission::AuthenticatedTx>) {
        let (height, time) = (state.height.next(), state.time.plus_ms(1));
        let context = BlockContext { chain: self.genesis.chain_id(), height, time, consensus: self.genesis.consensus };
        let txs: Vec<_> = tx.into_iter().collect();
        let outcome = execute_block(&state.view, &context, &txs).unwrap();
        assert!(outcome.receipts.len() <= MAX_TIMERS_PER_BLOCK + 1);
        for change in &outcome.changes.changes {
            if let Change::Output { cause, slot, record } = change {
                let tx = (*cause != SYSTEM_CAUSE).then(|| txs[usize::from(*cause)].id());
                state.history.entry(*slot).or_default().push(Step { height, time, tx, record: *record });
            }
        }
        for entry in outcome.changes.requests() {
            let tx = txs[usize::from(entry.index)].tx().clone();
            let receipt = outcome.receipts.last().unwrap().clone();
            state.txs.insert(entry.tx, Committed { tx, entry: *entry, time, receipt });
        }
        state.view.apply(&outcome.changes);
        (state.height, state.time) = (height, time);
        state.blocks.push((height, time, outcome.changes));
        self.height.send_replace(height);
    }

    pub fn fate(&self, subject: Subject, valid_until: Option<u64>) -> Fate {
        let state = self.state();
        let found = state.txs.values().find(|c| match subject {
            Subject::Tx(id) => c.entry.tx == id,
            Subject::Request(scope, id) => (c.entry.scope, c.entry.id) == (scope, id),
        });
        let expired = valid_until.is_some_and(|until| state.time.0 > until);
        let (tx_id, request) = match subject {
            Subject::Tx(id) => (Some(id), None),
            Subject::Request(scope, id) => (None, Some((scope, id))),
        };
        let unseen = if expired { FateState::Expired } else { FateState::Unknown };
        found.map_or(Fate { tx_id, request, state: unseen }, Committed::fate)
    }
}

impl Committed {
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
