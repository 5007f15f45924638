//! The thread that owns the node: feeds it inputs and time, and carries out its effects.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ledger::admission::AuthenticatedTx;
use ledger_types::{BlockTime, Height};
use tokio::sync::{oneshot, watch};

use super::admission_thread::CheckedBatch;
use super::links::Links;
use super::snapshot_threads::Maker;
use crate::clock::wall_ms;
use crate::commit::{CommittedBlock, NodeFault};
use crate::metrics::Metrics;
use crate::node::{Effect, Input, Node};
use crate::peer_message::PeerMessage;
use crate::peers::PeerId;
use crate::stage_times::StageTimes;
use crate::submission::{CommitNotice, Reception, Waiters, WaitingIndex};

/// What the core thread is told.
pub enum Command {
    /// Checked transactions.
    Checked(CheckedBatch),
    /// Set the driven clock; answered when a block has that time.
    SetClock(BlockTime, oneshot::Sender<BlockTime>),
    /// A peer says something.
    Peer(PeerId, PeerMessage),
    /// A peer is linked.
    PeerUp(PeerId),
    /// A peer is gone.
    PeerGone(PeerId),
    /// A peer broke the rules.
    PeerFault(PeerId, String),
    /// Transactions that wait at a peer, checked.
    Gossiped(Vec<AuthenticatedTx>),
    /// A peer stated its ledger: where, and whether it is this node's too.
    Stated(PeerId, Height, bool),
    /// Finish: checkpoint and close.
    Stop,
}

/// The core thread's view of the outside.
pub struct Core {
    /// The node.
    pub node: Node,
    /// Commands from the shell.
    pub commands: Receiver<Command>,
    /// The last committed height: queries and subscriptions wait on it.
    pub committed: watch::Sender<Height>,
    /// Metrics.
    pub metrics: Metrics,
    /// What waits, for the gateway's answers.
    pub waiting: Arc<Mutex<WaitingIndex>>,
    /// CPU time of the other threads.
    pub other_times: Arc<Mutex<StageTimes>>,
    /// To the peers.
    pub links: Links,
    /// Makes snapshots on the side.
    pub snapshots: Maker,
}

impl Core {
    /// Runs until told to stop or a fault: a node that cannot trust itself stops.
    pub fn run(mut self) -> Result<(), NodeFault> {
        let mut waiters = Waiters::default();
        let mut clock_waits: Vec<(BlockTime, oneshot::Sender<BlockTime>)> = Vec::new();
        loop {
            let wait = Duration::from_millis(self.node.idle_ms(wall_ms()));
            let mut stop = false;
            let mut next = match self.commands.recv_timeout(wait) {
                Ok(command) => Some(command),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => {
                    stop = true;
                    None
                }
            };
            let started = Instant::now();
            let mut stepped = false;
            while let Some(command) = next.take() {
                match command {
                    Command::Checked(batch) => {
                        let effects = self.admit(batch, &mut waiters)?;
                        self.carry_out(effects, &mut waiters, started, &mut clock_waits);
                        stepped = true;
                    }
                    Command::SetClock(time, done) => {
                        clock_waits.push((time, done));
                        let effects = self.node.step(Input::SetClock(time), wall_ms())?;
                        self.carry_out(effects, &mut waiters, started, &mut clock_waits);
                        stepped = true;
                    }
                    Command::Peer(peer, message) => {
                        let effects = self.node.step(Input::Peer(peer, message), wall_ms())?;
                        self.carry_out(effects, &mut waiters, started, &mut clock_waits);
                        stepped = true;
                    }
                    Command::PeerUp(peer) => {
                        let effects = self.node.step(Input::PeerUp(peer), wall_ms())?;
                        self.carry_out(effects, &mut waiters, started, &mut clock_waits);
                    }
                    Command::PeerGone(peer) => {
                        self.node.step(Input::PeerGone(peer), wall_ms())?;
                    }
                    Command::Stated(peer, height, agrees) => {
                        let effects = self.node.step(Input::Stated { peer, height, agrees }, wall_ms())?;
                        self.carry_out(effects, &mut waiters, started, &mut clock_waits);
                    }
                    Command::PeerFault(peer, why) => self.misbehaved(peer, &why),
                    Command::Gossiped(txs) => {
                        let effects = self.node.step(Input::Gossiped(txs), wall_ms())?;
                        self.carry_out(effects, &mut waiters, started, &mut clock_waits);
                        stepped = true;
                    }
                    Command::Stop => stop = true,
                }
                // A block's worth of commands at most before the node gets to make one.
                if !stop && started.elapsed() < Duration::from_millis(5) {
                    next = self.commands.try_recv().ok();
                }
            }
            if stop {
                break;
            }
            if !stepped {
                let effects = self.node.step(Input::Tick, wall_ms())?;
                self.carry_out(effects, &mut waiters, started, &mut clock_waits);
            }
            self.report();
        }
        drop(waiters);
        self.node.close()
    }

    fn admit(&mut self, batch: CheckedBatch, waiters: &mut Waiters) -> Result<Vec<Effect>, NodeFault> {
        let mut effects = self.node.step(Input::Admitted(batch.txs), wall_ms())?;
        // The node answers each transaction in order before it does anything else.
        let answers: Vec<Effect> = effects.drain(..batch.lines.len()).collect();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for ((id, lines), answer) in batch.lines.into_iter().zip(answers) {
            let reception = match answer {
                Effect::Waiting(_) => {
                    waiting.insert(id, lines.request);
                    if let Some(line) = lines.commit {
                        waiters.add(id, line, lines.arrived);
                    }
                    Reception::Waiting
                }
                Effect::Refused(_, refusal) => {
                    self.metrics.on_refusal(refusal.reason);
                    Reception::Refused(refusal)
                }
                _ => Reception::Known,
            };
            drop(lines.reception.send(reception));
        }
        Ok(effects)
    }

    fn carry_out(
        &mut self,
        effects: Vec<Effect>,
        waiters: &mut Waiters,
        started: Instant,
        clock_waits: &mut Vec<(BlockTime, oneshot::Sender<BlockTime>)>,
    ) {
        for effect in effects {
            match effect {
                Effect::Committed(block) => {
                    self.metrics.on_block(&block, started.elapsed().as_secs_f64());
                    self.announce(&block, waiters);
                    let time = block.header().time;
                    for (_, done) in clock_waits.extract_if(.., |(due, _)| *due <= time) {
                        // Whoever asked may be gone.
                        let _ = done.send(time);
                    }
                }
                Effect::Refused(id, refusal) => {
                    self.metrics.on_refusal(refusal.reason);
                    self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
                    waiters.tell(&id, &Err(refusal));
                }
                // Answered in `admit`.
                Effect::Waiting(_) | Effect::Known(_) => {}
                Effect::Snapshot(job) => self.snapshots.make(job),
                Effect::Send(to, message) => self.links.send(to, &message),
                Effect::Misbehaved(peer, why) => self.misbehaved(peer, &why),
                Effect::Evidence(evidence) => {
                    self.metrics.on_evidence();
                    tracing::error!(?evidence, "a validator contradicted itself");
                }
            }
        }
    }

    fn misbehaved(&self, peer: PeerId, why: &str) {
        tracing::warn!(peer = peer.0, why, "a peer broke the rules: its link ends");
        self.metrics.on_peer_fault();
        self.links.ban(peer);
    }

    fn announce(&self, block: &CommittedBlock, waiters: &mut Waiters) {
        // Readers first: whoever is told of a block must find it.
        self.committed.send_replace(block.height());
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        block.verdicts().for_each(|(_, id, _)| waiting.remove(&id));
        drop(waiting);
        if waiters.is_empty() {
            return;
        }
        for (index, id, receipt) in block.verdicts() {
            let index = u16::try_from(index).expect("a block holds at most 10,000 transactions");
            let notice =
                CommitNotice { height: block.height(), index, time: block.header().time, receipt: receipt.clone() };
            if let Some(arrived) = waiters.tell(&id, &Ok(notice)) {
                self.metrics.on_final(arrived.elapsed().as_secs_f64());
            }
        }
    }

    fn report(&self) {
        let (txs, bytes) = self.node.waiting();
        self.metrics.on_waiting(txs, bytes);
        let mut times = self.node.times();
        times.add(&self.other_times.lock().unwrap_or_else(PoisonError::into_inner));
        self.metrics.on_stages(times);
        self.metrics.on_adaptive(self.node.epoch().kind, self.node.switch_requests().count());
        self.metrics.on_committee(self.node.committee_standing());
        self.metrics.on_peers(self.links.counts());
    }
}
