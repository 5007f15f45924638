//! Room 1: gRPC in. Each call is one file; this one holds the door: limits, deadlines, metrics, chain and height checks.

mod access;
mod account_reads;
mod block_reads;
mod committee_reads;
mod content_reads;
mod errors;
mod governance_reads;
mod grant_reads;
mod header_reads;
mod invoice_reads;
mod page;
mod peer_reads;
mod proof_reads;
mod read_context;
mod register_reads;
mod service;
mod status_reads;
mod submit;
mod submit_stream;
mod subscribe;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crypto::CommitteeKeys;
use ledger_types::{ChainId, ClockMode, Genesis, Height, TxId};
use proto::convert::Subject;
use storage::Reader;
use tokio::sync::{Semaphore, mpsc, watch};
use tonic::{Code, Response, Status};

use crate::config::GatewayLimits;
use crate::metrics::Metrics;
use crate::shell::core_thread::Command;
use crate::shell::peer_table::PeerTable;
use crate::stage_times::{Stage, StageTimes};
use crate::submission::{Submission, WaitingIndex};
use content_reads::SeenQuestions;

/// The other ends of the lines to the node's threads.
pub struct Ends {
    /// Reads what is committed.
    pub reader: Reader,
    /// To the admission thread.
    pub submissions: mpsc::Sender<Submission>,
    /// To the core thread.
    pub commands: std::sync::mpsc::SyncSender<Command>,
    /// The last committed height.
    pub committed: watch::Receiver<Height>,
    /// What waits.
    pub waiting: Arc<Mutex<WaitingIndex>>,
    /// CPU time of threads beside the core.
    pub times: Arc<Mutex<StageTimes>>,
    /// Opens what is sealed.
    pub committee_keys: Arc<CommitteeKeys>,
    /// The node executes nothing, and takes no transactions.
    pub applies: bool,
    /// The nodes it knows.
    pub peers: PeerTable,
    /// True once the node stops.
    pub stopping: watch::Receiver<bool>,
}

/// The gateway of one node. Cheap to clone.
#[derive(Clone)]
pub struct NodeGateway {
    inner: Arc<Gate>,
}

struct Gate {
    chain: ChainId,
    genesis: Genesis,
    reader: Reader,
    submissions: mpsc::Sender<Submission>,
    commands: std::sync::mpsc::SyncSender<Command>,
    committed: watch::Receiver<Height>,
    waiting: Arc<Mutex<WaitingIndex>>,
    metrics: Metrics,
    times: Arc<Mutex<StageTimes>>,
    committee_keys: Arc<CommitteeKeys>,
    applies: bool,
    questions: Mutex<SeenQuestions>,
    peers: PeerTable,
    limits: GatewayLimits,
    stopping: watch::Receiver<bool>,
    streams: Arc<Semaphore>,
}

impl NodeGateway {
    /// The gateway of a node whose threads read the other ends.
    pub fn new(ends: Ends, metrics: Metrics, limits: GatewayLimits) -> Self {
        let gate = Gate {
            chain: ends.reader.chain_id(),
            genesis: ends.reader.genesis().clone(),
            streams: Arc::new(Semaphore::new(limits.streams)),
            reader: ends.reader,
            submissions: ends.submissions,
            commands: ends.commands,
            committed: ends.committed,
            waiting: ends.waiting,
            times: ends.times,
            committee_keys: ends.committee_keys,
            applies: ends.applies,
            questions: Mutex::default(),
            peers: ends.peers,
            stopping: ends.stopping,
            metrics,
            limits,
        };
        Self { inner: Arc::new(gate) }
    }

    fn waiting(&self, subject: &Subject) -> Option<TxId> {
        self.inner.waiting.lock().unwrap_or_else(PoisonError::into_inner).find(subject)
    }

    /// True while transactions are accepted.
    pub fn is_serving(&self) -> bool {
        !*self.inner.stopping.borrow() && !self.inner.submissions.is_closed()
    }

    /// How many transactions wait, and their bytes.
    fn certificate_until(&self) -> u64 {
        self.inner.metrics.certificate_until()
    }

    fn waiting_size(&self) -> (u32, u64) {
        let (txs, bytes) = self.inner.metrics.waiting();
        (u32::try_from(txs).unwrap_or(u32::MAX), bytes)
    }

    /// How long a call may wait: what the caller asks, within the limits; 0 for the default.
    fn clamp_wait(&self, asked_ms: u32) -> Duration {
        let limits = &self.inner.limits;
        let ms = match u64::from(asked_ms) {
            0 => limits.default_deadline_ms,
            asked => asked.clamp(limits.min_deadline_ms, limits.max_deadline_ms),
        };
        // Answer before the transport's own limit does.
        Duration::from_millis(ms.min(limits.max_deadline_ms.saturating_sub(250)))
    }

    /// Measures a call.
    async fn measured<T>(
        &self,
        method: &'static str,
        call: impl Future<Output = Result<T, Status>>,
    ) -> Result<Response<T>, Status> {
        let started = Instant::now();
        let clock_is_driven = self.inner.genesis.clock == ClockMode::Driven;
        let result = match access::right(method) {
            None => Err(errors::not_for_you()),
            Some(access::Right::DrivenClock) if !clock_is_driven => Err(errors::clock_not_driven()),
            Some(_) => call.await,
        };
        let code = result.as_ref().err().map_or(Code::Ok, Status::code);
        self.inner.metrics.on_call(method, code, started.elapsed().as_secs_f64());
        result.map(Response::new)
    }

    fn measure_decode<T>(&self, work: impl FnOnce() -> T) -> T {
        let mut times = StageTimes::default();
        let out = times.measure(Stage::Decode, work);
        self.inner.times.lock().unwrap_or_else(PoisonError::into_inner).add(&times);
        out
    }

    /// Runs a read that touches the disk off the async threads.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Reader) -> Result<T, Status> + Send + 'static,
    ) -> Result<T, Status> {
        let gate = self.inner.clone();
        tokio::task::spawn_blocking(move || work(&gate.reader)).await.map_err(|_| errors::stopping())?
    }
}
