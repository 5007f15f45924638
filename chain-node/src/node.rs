//! The node: rooms 3 to 8 behind one step function. No sockets, no threads, no clock of its own.

use std::sync::Arc;

use crypto::SigningKey;
use ledger::admission::AuthenticatedTx;
use ledger_types::{
    Arg, BlockTime, ClockMode, ConsensusKind, Field, Refusal, RegistryKey, RegistryValue, RejectReason, TxId,
};
use storage::{Reader, Store};

use crate::commit::{CommittedBlock, NodeFault, commit};
use crate::consensus::{Consensus, DecidedBlock, Wish};
use crate::engines::TimerKey;
use crate::engines::solo::SoloEngine;
use crate::mempool::{Admitted, Mempool, MempoolLimits};
use crate::proposal::Proposer;
use crate::stage_times::{Stage, StageTimes};

/// What happens to a node.
pub enum Input {
    /// Transactions from room 2: their signatures were checked.
    Admitted(Vec<AuthenticatedTx>),
    /// Time may have passed.
    Tick,
    /// The driven clock is set (development chains).
    SetClock(BlockTime),
    /// An engine's timer fired.
    EngineTimer(TimerKey),
}

/// What a node does.
#[derive(Debug)]
pub enum Effect {
    /// The transaction waits.
    Waiting(TxId),
    /// The same transaction was committed before.
    Known(TxId),
    /// The transaction will not wait.
    Refused(TxId, Refusal),
    /// A block is final and durable.
    Committed(Arc<CommittedBlock>),
    /// Wake an engine's timer after so many milliseconds.
    StartTimer(TimerKey, u64),
}

/// A single node of the chain.
pub struct Node {
    store: Store,
    reader: Reader,
    mempool: Mempool,
    proposer: Proposer,
    consensus: Consensus,
    clock: ClockMode,
    driven_now: BlockTime,
    max_txs: usize,
    max_bytes: usize,
    min_interval_ms: u64,
    heartbeat_ms: u64,
    /// Wall time (ms) of the last commit; paces blocks.
    last_commit_ms: u64,
    /// The last block changed state: its root is owed a header and a certificate.
    owes_block: bool,
    /// Block time at which the first timed task falls due.
    next_task_ms: Option<u64>,
    times: StageTimes,
}

/// A node cannot start.
#[derive(Debug, thiserror::Error)]
pub enum NodeStartError {
    /// The state lacks what every chain has.
    #[error("the state has no {0}; run fsck")]
    StateIncomplete(&'static str),
    /// The state cannot be read.
    #[error("state: {}", .0.0)]
    State(ledger::StateFault),
    /// The voting key is not the validator's.
    #[error("the voting key is not that of the chain's validator")]
    WrongVoteKey,
    /// This build cannot run the chain's consensus.
    #[error("this build runs solo chains only; the chain asks for {0:?}")]
    UnsupportedConsensus(ConsensusKind),
}

impl Node {
    /// A node on top of an open store. `now_ms` is the host's clock.
    pub fn new(store: Store, vote_key: SigningKey, limits: MempoolLimits, now_ms: u64) -> Result<Self, NodeStartError> {
        let genesis = store.genesis().clone();
        let chain = store.chain_id();
        let reader = store.reader();
        let view = store.view();
        let get = |key: RegistryKey| ledger::StateView::registry(&view, &key).map_err(NodeStartError::State);
        let Some(RegistryValue::Validators(validators)) = get(RegistryKey::Validators)? else {
            return Err(NodeStartError::StateIncomplete("validators"));
        };
        let Some(RegistryValue::Params(params)) = get(RegistryKey::Params)? else {
            return Err(NodeStartError::StateIncomplete("parameters"));
        };
        drop(view);
        if genesis.consensus != ConsensusKind::Solo {
            return Err(NodeStartError::UnsupportedConsensus(genesis.consensus));
        }
        if validators.validators.first().map(|v| v.vote_key) != Some(vote_key.public_key().0) {
            return Err(NodeStartError::WrongVoteKey);
        }
        let tip = store.tip();
        let mut consensus = Consensus::new(Box::new(SoloEngine::new(chain, vote_key)));
        consensus.start(tip.height.next(), tip.block_id);
        Ok(Self {
            reader,
            mempool: Mempool::new(limits),
            proposer: Proposer::new(&genesis, &validators, &params),
            consensus,
            clock: genesis.clock,
            driven_now: tip.time.max(genesis.time),
            max_txs: usize::from(params.max_block_txs),
            // The header, certificate and frame of a block are small beside this reserve.
            max_bytes: params.max_block_bytes as usize - 64 * 1024,
            min_interval_ms: u64::from(params.min_block_interval_ms),
            heartbeat_ms: u64::from(params.heartbeat_ms),
            last_commit_ms: now_ms,
            owes_block: true,
            next_task_ms: next_task_ms(&store).map_err(NodeStartError::State)?,
            times: StageTimes::default(),
            store,
        })
    }

    /// The reading side, for queries.
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// CPU time by stage so far.
    pub fn times(&self) -> StageTimes {
        self.times
    }

    /// Transactions waiting, and their bytes.
    pub fn waiting(&self) -> (usize, usize) {
        (self.mempool.len(), self.mempool.bytes())
    }

    /// Whether a transaction waits.
    pub fn is_waiting(&self, id: &TxId) -> bool {
        self.mempool.contains(id)
    }

    /// Flushes a checkpoint and closes the store.
    pub fn close(self) -> Result<(), NodeFault> {
        Ok(self.store.close()?)
    }

    /// One step: what happened, and the host's clock in milliseconds since 1970.
    pub fn step(&mut self, input: Input, now_ms: u64) -> Result<Vec<Effect>, NodeFault> {
        let mut effects = Vec::new();
        match input {
            Input::Admitted(txs) => self.admit(txs, &mut effects)?,
            Input::Tick => {}
            Input::SetClock(time) => {
                if self.clock == ClockMode::Driven && time > self.driven_now {
                    self.driven_now = time;
                    // Timers may have fallen due: make a block even without transactions.
                    self.owes_block = true;
                }
            }
            Input::EngineTimer(key) => {
                let wishes = self.consensus.timer(key);
                self.fulfil(wishes, now_ms, &mut effects)?;
            }
        }
        if self.block_is_due(now_ms) {
            let wishes = self.consensus.want();
            self.fulfil(wishes, now_ms, &mut effects)?;
        }
        Ok(effects)
    }

    /// Milliseconds until a step is worth taking without new input.
    pub fn idle_ms(&self, now_ms: u64) -> u64 {
        let since = now_ms.saturating_sub(self.last_commit_ms);
        if self.owes_block || !self.mempool.is_empty() {
            return self.min_interval_ms.saturating_sub(since);
        }
        let heartbeat = self.heartbeat_ms.saturating_sub(since);
        match (self.clock, self.next_task_ms) {
            // A rule book takes force, a lock lapses: also when nobody has a transaction.
            (ClockMode::Wall, Some(due)) => {
                let task = due.saturating_sub(now_ms).max(self.min_interval_ms.saturating_sub(since));
                heartbeat.min(task)
            }
            _ => heartbeat,
        }
    }

    fn block_is_due(&self, now_ms: u64) -> bool {
        self.idle_ms(now_ms) == 0
    }

    fn admit(&mut self, txs: Vec<AuthenticatedTx>, effects: &mut Vec<Effect>) -> Result<(), NodeFault> {
        for tx in txs {
            let id = tx.id();
            let first = self.reader.request(tx.scope(), tx.envelope().request_id)?;
            effects.push(match first {
                Some(entry) if entry.tx == id => Effect::Known(id),
                Some(entry) => Effect::Refused(
                    id,
                    Refusal::new(RejectReason::RequestIdConflict, Field::RequestId).with([Arg::Tx(entry.tx)]),
                ),
                None => match self.mempool.insert(tx) {
                    Admitted::Waiting | Admitted::Duplicate => Effect::Waiting(id),
                    Admitted::Refused(refusal) => Effect::Refused(id, refusal),
                },
            });
        }
        Ok(())
    }

    fn fulfil(&mut self, wishes: Vec<Wish>, now_ms: u64, effects: &mut Vec<Effect>) -> Result<(), NodeFault> {
        let mut queue: std::collections::VecDeque<Wish> = wishes.into();
        while let Some(wish) = queue.pop_front() {
            match wish {
                Wish::Build(view) => queue.extend(self.build(view, now_ms, effects)?),
                Wish::Timer(key, ms) => effects.push(Effect::StartTimer(key, ms)),
                Wish::Decided(decided) => queue.extend(self.apply(*decided, now_ms, effects)?),
            }
        }
        Ok(())
    }

    fn build(&mut self, view: u64, now_ms: u64, effects: &mut Vec<Effect>) -> Result<Vec<Wish>, NodeFault> {
        let clock = match self.clock {
            ClockMode::Wall => BlockTime(now_ms),
            ClockMode::Driven => self.driven_now,
        };
        let (store, mempool, proposer) = (&self.store, &mut self.mempool, &self.proposer);
        let (max_txs, max_bytes) = (self.max_txs, self.max_bytes);
        let (proposed, refused) = self.times.measure(Stage::Propose, || {
            let tip = store.tip();
            let time = proposer.block_time(&tip, clock);
            let (batch, refused) = mempool.take_batch(time, max_txs, max_bytes);
            (proposer.propose(&tip, &store.view(), time, batch), refused)
        });
        effects.extend(refused.into_iter().map(|(id, refusal)| Effect::Refused(id, refusal)));
        Ok(self.consensus.built(view, proposed.map_err(NodeFault::State)?))
    }

    fn apply(&mut self, decided: DecidedBlock, now_ms: u64, effects: &mut Vec<Effect>) -> Result<Vec<Wish>, NodeFault> {
        let block = commit(&mut self.store, decided, &mut self.times)?;
        self.times.txs += block.verdicts().count() as u64;
        self.owes_block = block.state_changed();
        self.next_task_ms = next_task_ms(&self.store).map_err(NodeFault::State)?;
        self.last_commit_ms = now_ms;
        let wishes = self.consensus.start(block.height().next(), block.id());
        effects.push(Effect::Committed(block));
        Ok(wishes)
    }
}

fn next_task_ms(store: &Store) -> Result<Option<u64>, ledger::StateFault> {
    let first = ledger::StateView::due_timers(&store.view(), u64::MAX, 1)?;
    Ok(first.first().and_then(|(key, _)| match key {
        RegistryKey::Timer { due_ms, .. } => Some(*due_ms),
        _ => None,
    }))
}
