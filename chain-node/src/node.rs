//! The node: rooms 3 to 8 behind one step function. No sockets, no threads, no clock of its own.

mod adaptive;
mod applying;
mod blocks;
mod certified;
mod committee;
mod epochs;
mod hearing;
mod kept_votes;
mod reports;
mod standing;
mod start;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crypto::{CommitteeKeys, SigningKey};
use ledger::admission::AuthenticatedTx;
use ledger_types::{Arg, BlockTime, ClockMode, CommitCertificate, Field, Height, Refusal, RejectReason, TxId};
use sm::SignerCache;
use storage::{Reader, Shelf, Store, VoteLog};

use crate::catch_up::CatchUp;
use crate::commit::{CommittedBlock, NodeFault};
use crate::consensus::{Consensus, Wish};
use crate::engines::bft::Pace;
use crate::engines::{EngineCounts, Evidence, Record, TimerKey};
use crate::mempool::{Admitted, Mempool};
use crate::peer_message::{MAX_TXS, PeerMessage};
use crate::peers::{PeerId, To};
use crate::proposal::Proposer;
use crate::snapshots::{Making, SnapshotJob, SnapshotRules, SnapshotServer};
use crate::stage_times::StageTimes;
use adaptive::Adaptation;
use committee::Readiness;
use epochs::FutureEpochs;
use standing::Standing;

pub use committee::CommitteeStanding;
pub(crate) use committee::seal_fault;
pub(crate) use hearing::passed_on;
pub use start::{NodeSetup, NodeStartError};

/// What happens to a node.
pub enum Input {
    /// Transactions of this node's clients, from room 2: their signatures were checked.
    Admitted(Vec<AuthenticatedTx>),
    /// Time may have passed.
    Tick,
    /// The driven clock is set (development chains).
    SetClock(BlockTime),
    /// A peer says something. Its connection was authenticated.
    Peer(PeerId, PeerMessage),
    /// Transactions that wait at a peer, from room 2.
    Gossiped(Vec<AuthenticatedTx>),
    /// A peer is linked, now or again.
    PeerUp(PeerId),
    /// A peer is gone.
    PeerGone(PeerId),
    /// A peer stated its ledger, signed, at a height that this node has.
    Stated {
        /// Who.
        peer: PeerId,
        /// Where.
        height: Height,
        /// It is this node's ledger too.
        agrees: bool,
    },
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
    /// Say this. What it rests on is durable.
    Send(To, PeerMessage),
    /// A peer broke the rules in a way that no honest node does.
    Misbehaved(PeerId, String),
    /// A validator contradicted itself.
    Evidence(Box<Evidence>),
    /// A snapshot is due: to be made on the side.
    Snapshot(SnapshotJob),
}

/// A single node of the chain.
pub struct Node {
    store: Store,
    reader: Reader,
    mempool: Mempool,
    proposer: Proposer,
    consensus: Consensus,
    /// None while this node decides alone: its segment is its only record.
    votes: Option<VoteLog>,
    timers: BTreeMap<TimerKey, u64>,
    catch_up: CatchUp,
    /// Open the bodies that are sealed.
    committee_keys: Arc<CommitteeKeys>,
    /// Keys and tables of signers in peers' blocks.
    signers: SignerCache,
    certificate_signers: SignerCache,
    /// The certificates that the newest blocks carry.
    carried: VecDeque<CommitCertificate>,
    /// The validator's voting key, for the engine of each epoch in which it is one.
    vote_key: Option<SigningKey>,
    /// The engine's waits.
    pace: Pace,
    /// It opens and executes nothing: it takes what blocks changed from peers, see `applying`.
    applies: bool,
    /// Voting keys of peers: their places differ from epoch to epoch, they do not.
    peer_keys: BTreeMap<PeerId, [u8; 33]>,
    /// Engines' messages of epochs to come.
    future_epochs: FutureEpochs,
    /// The last statement that was signed: the engine of another epoch must know of it.
    last_guard: Option<Record>,
    /// The newest protocol version that this software executes.
    known_protocol: u32,
    /// What speaks for another kind of consensus.
    adaptation: Box<Adaptation>,
    /// What was said of the committee's next key.
    readiness: Readiness,
    /// Signs reports of misbehaviour and switch certificates.
    reporter: Option<SigningKey>,
    /// Some while this node has yet to hear where the others stand.
    standing: Option<Standing>,
    /// Somebody else follows this chain.
    heard_peer: bool,
    clock: ClockMode,
    driven_now: BlockTime,
    min_interval_ms: u64,
    heartbeat_ms: u64,
    /// The host's time (ms) of the last commit; paces blocks.
    last_commit_ms: u64,
    /// When peers are told next where this node stands, and asked again for what is missing.
    next_status_ms: u64,
    /// The engine knows that a block is wanted at this height.
    wanted: bool,
    /// The last block changed state: its root is owed a header and a certificate.
    owes_block: bool,
    /// Block time at which the first timed task falls due.
    next_task_ms: Option<u64>,
    times: StageTimes,
    /// Makes snapshots, where that was asked for.
    making: Option<Box<Making>>,
    /// Answers those that begin.
    snapshots: Option<Box<SnapshotServer>>,
}

/// Peers are told this often where a node stands, ms.
const STATUS_EVERY_MS: u64 = 1_000;
/// Without a block for so long, what waits is passed on again, ms.
const STALLED_MS: u64 = 1_500;

impl Node {
    /// The reading side, for queries.
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// Opens what is sealed.
    pub fn committee_keys(&self) -> Arc<CommitteeKeys> {
        self.committee_keys.clone()
    }

    /// CPU time by stage so far.
    pub fn times(&self) -> StageTimes {
        self.times
    }

    /// Makes snapshots on this shelf, and serves what stands there.
    #[must_use]
    pub fn with_snapshots(mut self, rules: SnapshotRules, shelf: Shelf) -> Self {
        self.snapshots = Some(Box::new(SnapshotServer::new(shelf.clone())));
        self.making = Some(Box::new(Making::new(rules, shelf)));
        self
    }

    /// Transactions waiting, and their bytes.
    pub fn waiting(&self) -> (usize, usize) {
        (self.mempool.len(), self.mempool.bytes())
    }

    /// Whether a transaction waits.
    pub fn is_waiting(&self, id: &TxId) -> bool {
        self.mempool.contains(id)
    }

    /// The newest height.
    pub fn height(&self) -> Height {
        self.store.tip().height
    }

    /// What the engine did not take.
    pub fn engine_counts(&self) -> EngineCounts {
        self.consensus.counts()
    }

    /// How many bodies of proposed blocks, and how many messages for later heights, are held.
    pub fn held(&self) -> (usize, usize) {
        (self.consensus.candidates(), self.consensus.waiting_messages())
    }

    /// Why the engine stopped signing, if it did.
    pub fn stopped(&self) -> Option<String> {
        self.consensus.stopped().map(ToString::to_string)
    }

    /// Flushes a checkpoint and closes the store.
    pub fn close(self) -> Result<(), NodeFault> {
        Ok(self.store.close()?)
    }

    /// One step: what happened, and the host's clock in milliseconds since 1970. After a fault the node must not be
    /// stepped again: its disk and its memory may differ.
    pub fn step(&mut self, input: Input, now_ms: u64) -> Result<Vec<Effect>, NodeFault> {
        let mut effects = Vec::new();
        match input {
            Input::Admitted(txs) => {
                let fresh: Vec<_> = txs.iter().filter(|tx| !self.mempool.contains(&tx.id())).cloned().collect();
                self.admit(txs, &mut effects)?;
                self.gossip(&fresh, &mut effects);
            }
            Input::Gossiped(txs) => self.take_gossip(txs)?,
            Input::Tick => {}
            Input::SetClock(time) => {
                if self.set_clock(time) && self.has_peers() {
                    effects.push(Effect::Send(To::All, PeerMessage::Clock(time)));
                }
            }
            Input::Peer(from, message) => self.hear(from, message, now_ms, &mut effects)?,
            Input::PeerUp(peer) => self.greet(peer, &mut effects),
            Input::PeerGone(peer) => {
                self.catch_up.forget(peer);
                self.future_epochs.forget(peer);
            }
            Input::Stated { peer, height, agrees } => self.note_statement(peer, height, agrees, now_ms)?,
        }
        self.fire_timers(now_ms, &mut effects)?;
        if !self.wanted && !self.holds_back() && self.block_due_in(now_ms) == 0 {
            self.wanted = true;
            let wishes = self.consensus.want();
            self.fulfil(wishes, now_ms, &mut effects)?;
        }
        if self.tell_status(now_ms, &mut effects) {
            self.adapt(now_ms, true, &mut effects)?;
        }
        self.show_readiness(now_ms, &mut effects)?;
        Ok(effects)
    }

    /// Milliseconds until a step is worth taking without new input.
    pub fn idle_ms(&self, now_ms: u64) -> u64 {
        let timer = self.timers.values().min().map_or(u64::MAX, |due| due.saturating_sub(now_ms));
        let status = if self.has_peers() { self.next_status_ms.saturating_sub(now_ms) } else { u64::MAX };
        let block = if self.wanted || self.holds_back() { u64::MAX } else { self.block_due_in(now_ms) };
        timer.min(status).min(block).min(self.heartbeat_ms)
    }

    fn block_due_in(&self, now_ms: u64) -> u64 {
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

    /// Whether this node does not decide alone, or others follow it.
    fn has_peers(&self) -> bool {
        self.heard_peer || self.votes.is_some()
    }

    fn set_clock(&mut self, time: BlockTime) -> bool {
        let forward = self.clock == ClockMode::Driven && time > self.driven_now;
        if forward {
            self.driven_now = time;
            // Timers may have fallen due: make a block even without transactions.
            self.owes_block = true;
        }
        forward
    }

    fn fire_timers(&mut self, now_ms: u64, effects: &mut Vec<Effect>) -> Result<(), NodeFault> {
        // Those due now: a timer that is set meanwhile has its own time.
        let due: Vec<TimerKey> = self.timers.iter().filter(|(_, at)| **at <= now_ms).map(|(key, _)| *key).collect();
        for key in due {
            if self.timers.remove(&key).is_some() {
                let wishes = self.consensus.timer(key);
                self.fulfil(wishes, now_ms, effects)?;
            }
        }
        Ok(())
    }

    /// Whether it was time to.
    fn tell_status(&mut self, now_ms: u64, effects: &mut Vec<Effect>) -> bool {
        if !self.has_peers() || now_ms < self.next_status_ms {
            return false;
        }
        self.next_status_ms = now_ms.saturating_add(STATUS_EVERY_MS);
        let tip = self.store.tip();
        effects.push(Effect::Send(To::All, PeerMessage::Status { height: tip.height, id: tip.block_id }));
        let height = tip.height.next();
        for id in self.consensus.missing() {
            effects.push(Effect::Send(To::Validators, PeerMessage::WantBody { height, id }));
        }
        if now_ms.saturating_sub(self.last_commit_ms) > STALLED_MS {
            self.pass_on_again(To::Validators, effects);
        }
        self.ask_for_blocks(now_ms, effects);
        true
    }

    /// A peer that is linked hears at once where this node stands, and what waits here.
    fn greet(&mut self, peer: PeerId, effects: &mut Vec<Effect>) {
        let tip = self.store.tip();
        let status = PeerMessage::Status { height: tip.height, id: tip.block_id };
        effects.push(Effect::Send(To::Peer(peer), status));
        self.pass_on_again(To::Peer(peer), effects);
    }

    /// What waits longest, once more: it may not have arrived, or its signer was not known yet.
    fn pass_on_again(&self, to: To, effects: &mut Vec<Effect>) {
        let list: Vec<_> = self.mempool.oldest(MAX_TXS).map(|tx| tx.raw().to_vec()).collect();
        if !list.is_empty() {
            effects.push(Effect::Send(to, PeerMessage::Txs(list)));
        }
    }

    fn ask_for_blocks(&mut self, now_ms: u64, effects: &mut Vec<Effect>) {
        let (tip, count) = (self.height(), crate::peer_message::MAX_BLOCKS);
        // What a block did is proven by the header after it.
        let there = if self.applies { tip.next() } else { tip };
        if let Some(peer) = self.catch_up.next(there, now_ms) {
            let want = match (self.applies, self.catch_up.lacks(peer, tip.next())) {
                (true, _) => PeerMessage::WantFrames { from: tip.next(), count },
                // It, and the one that proves it.
                (false, true) => PeerMessage::WantFrames { from: tip.next(), count: 2 },
                (false, false) => PeerMessage::WantBlocks { from: tip.next(), count },
            };
            effects.push(Effect::Send(To::Peer(peer), want));
        }
    }

    fn gossip(&self, txs: &[AuthenticatedTx], effects: &mut Vec<Effect>) {
        if self.has_peers() {
            let waiting: Vec<_> = txs.iter().filter(|tx| self.mempool.contains(&tx.id())).collect();
            for some in waiting.chunks(MAX_TXS) {
                let list = some.iter().map(|tx| tx.raw().to_vec()).collect();
                effects.push(Effect::Send(To::Validators, PeerMessage::Txs(list)));
            }
        }
    }

    fn admit(&mut self, txs: Vec<AuthenticatedTx>, effects: &mut Vec<Effect>) -> Result<(), NodeFault> {
        for tx in txs {
            let id = tx.id();
            let first = self.reader.request(tx.scope(), tx.envelope().request_id)?;
            let answer = match first {
                Some(entry) if entry.tx == id => Effect::Known(id),
                None if self.seal_fault(&tx).is_some() => {
                    Effect::Refused(id, self.sealing().refusal(tx.tx().body.seal().map_or(0, |seal| seal.epoch)))
                }
                Some(entry) => Effect::Refused(
                    id,
                    Refusal::new(RejectReason::RequestIdConflict, Field::RequestId).with([Arg::Tx(entry.tx)]),
                ),
                None => match self.mempool.insert(tx) {
                    Admitted::Waiting | Admitted::Duplicate => Effect::Waiting(id),
                    Admitted::Refused(refusal) => Effect::Refused(id, refusal),
                },
            };
            effects.push(answer);
        }
        Ok(())
    }

    /// What a peer passes on waits here too, if there is room; nobody is told otherwise.
    fn take_gossip(&mut self, txs: Vec<AuthenticatedTx>) -> Result<(), NodeFault> {
        self.admit(txs, &mut Vec::new())
    }
}

/// Wishes in the order in which they are carried out.
type Wishes = VecDeque<Wish>;
