//! Metrics in the OpenMetrics text format. `taxchain_` is ours, `rpc_` follows OpenTelemetry's RPC conventions.

use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

mod committee;
use crate::commit::CommittedBlock;
use crate::process_stats::ProcessStats;
use crate::shell::links::LinkCounts;
use crate::stage_times::{Stage, StageTimes};
use committee::CommitteeGauges;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Outcome {
    kind: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct StageLabel {
    stage: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct DoorLabel {
    door: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Figure {
    figure: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Rpc {
    rpc_method: &'static str,
    rpc_response_status_code: &'static str,
}

#[derive(Clone)]
struct Seconds;

impl MetricConstructor<Histogram> for Seconds {
    fn new_metric(&self) -> Histogram {
        // 100 us to 26 s.
        Histogram::new(exponential_buckets(0.000_1, 2.0, 18))
    }
}

type FloatCounter = Counter<f64, AtomicU64>;

/// All metrics of a node. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
    data: PathBuf,
    transactions: Family<Outcome, Counter>,
    refusals: Family<Reason, Counter>,
    double_spends: Counter,
    blocks: Counter,
    height: Gauge,
    mempool_txs: Gauge,
    mempool_bytes: Gauge,
    block_txs: Histogram,
    commit_seconds: Histogram,
    store_seconds: Histogram,
    finality_seconds: Histogram,
    stage_seconds: Family<StageLabel, FloatCounter>,
    stage_seen: Arc<Mutex<StageTimes>>,
    rpc_seconds: Family<Rpc, Histogram, Seconds>,
    process: Family<Figure, Gauge>,
    stopped: Gauge,
    checked: Counter,
    peers: Gauge,
    dropped: Counter,
    slowed: Counter,
    peer_faults: Counter,
    evidence: Counter,
    read_again: Counter,
    rounds: Counter,
    damage: Gauge,
    pub(crate) erasure_failed: Gauge,
    statements: Counter,
    divergences: Counter,
    switch_requests: Gauge,
    consensus_kind: Gauge,
    certificate_until: Gauge,
    committee: CommitteeGauges,
    refused: Family<DoorLabel, Counter>,
}

/// Name, kind and meaning of every metric: `taxchain doctor --metrics` prints it.
pub const METRICS: &[(&str, &str, &str)] = &[
    ("taxchain_transactions_total", "counter", "transactions that got a verdict, by kind and outcome"),
    ("taxchain_refusals_total", "counter", "refusals by reason"),
    ("taxchain_double_spend_refusals_total", "counter", "second attempts on an output that moved on"),
    ("taxchain_blocks_total", "counter", "blocks committed"),
    ("taxchain_height", "gauge", "height of the last block"),
    ("taxchain_mempool_transactions", "gauge", "transactions waiting"),
    ("taxchain_mempool_bytes", "gauge", "bytes waiting"),
    ("taxchain_block_transactions", "histogram", "transactions in a block"),
    ("taxchain_commit_seconds", "histogram", "execution and durable storage of a block"),
    ("taxchain_store_seconds", "histogram", "writing and syncing a block"),
    ("taxchain_finality_seconds", "histogram", "submission to durable verdict"),
    ("taxchain_stage_cpu_seconds_total", "counter", "CPU time by stage of the node's threads"),
    ("rpc_server_call_duration_seconds", "histogram", "calls by method and status code"),
    ("taxchain_process", "gauge", "CPU, memory, disk and network of the process and host"),
    ("taxchain_consensus_stopped", "gauge", "1 if the engine stopped signing"),
    ("taxchain_signatures_checked_total", "counter", "transactions whose signatures were checked"),
    ("taxchain_peers", "gauge", "linked nodes"),
    ("taxchain_peer_messages_dropped_total", "counter", "messages to peers that were too slow"),
    ("taxchain_peers_slowed_total", "counter", "times that a peer made more work than its share and was made to wait"),
    ("taxchain_peer_faults_total", "counter", "broken rules of peers"),
    ("taxchain_evidence_total", "counter", "contradictions of validators seen"),
    ("taxchain_self_check_bytes_total", "counter", "bytes of block files read again"),
    ("taxchain_self_check_rounds_total", "counter", "times that all block files were read again"),
    ("taxchain_damage", "gauge", "1 if this node found its files damaged"),
    ("taxchain_erasure_failed", "gauge", "1 if an order of erasure failed here"),
    ("taxchain_statements_total", "counter", "ledger statements of peers that agree with this node"),
    ("taxchain_divergences_total", "counter", "ledger statements of peers that differ from this node"),
    ("taxchain_switch_requests", "gauge", "validators that ask for another kind of consensus in this epoch"),
    ("taxchain_consensus_kind", "gauge", "1 solo, 2 Byzantine, 3 crash-fault, 4 adaptive"),
    ("taxchain_committee_epoch", "gauge", "epoch of the committee's key in force"),
    ("taxchain_committee_next_epoch", "gauge", "epoch of the committee's key that is named next, 0 for none"),
    ("taxchain_committee_not_ready", "gauge", "1 if the next key is named and this node is not ready for it"),
    ("taxchain_certificate_until_seconds", "gauge", "when the node's certificate ends, seconds since 1970"),
    ("taxchain_connections_refused_total", "counter", "handshakes that failed, by door: peers or callers"),
];

impl Metrics {
    /// Registers everything. `data` is the directory whose disk is watched.
    pub fn new(data: PathBuf) -> Self {
        let this = Self {
            registry: Arc::default(),
            data,
            transactions: Family::default(),
            refusals: Family::default(),
            double_spends: Counter::default(),
            blocks: Counter::default(),
            height: Gauge::default(),
            mempool_txs: Gauge::default(),
            mempool_bytes: Gauge::default(),
            block_txs: Histogram::new(exponential_buckets(1.0, 2.0, 15)),
            commit_seconds: Seconds.new_metric(),
            store_seconds: Seconds.new_metric(),
            finality_seconds: Seconds.new_metric(),
            stage_seconds: Family::default(),
            stage_seen: Arc::default(),
            rpc_seconds: Family::new_with_constructor(Seconds),
            process: Family::default(),
            stopped: Gauge::default(),
            checked: Counter::default(),
            peers: Gauge::default(),
            dropped: Counter::default(),
            slowed: Counter::default(),
            peer_faults: Counter::default(),
            evidence: Counter::default(),
            read_again: Counter::default(),
            rounds: Counter::default(),
            damage: Gauge::default(),
            erasure_failed: Gauge::default(),
            statements: Counter::default(),
            divergences: Counter::default(),
            switch_requests: Gauge::default(),
            consensus_kind: Gauge::default(),
            certificate_until: Gauge::default(),
            committee: CommitteeGauges::default(),
            refused: Family::default(),
        };
        for door in ["peers", "callers"] {
            drop(this.refused.get_or_create(&DoorLabel { door }));
        }
        *this.registry.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = this.registered();
        this
    }

    /// The page that shows all of it.
    fn registered(&self) -> Registry {
        let this = self;
        let mut registry = Registry::default();
        let r = registry.sub_registry_with_prefix("taxchain");
        r.register("transactions", "Transactions that got a verdict, by kind and outcome", this.transactions.clone());
        r.register("refusals", "Refusals by reason", this.refusals.clone());
        r.register("double_spend_refusals", "Second attempts on an output that moved on", this.double_spends.clone());
        r.register("blocks", "Blocks committed", this.blocks.clone());
        r.register("height", "Height of the last block", this.height.clone());
        r.register("mempool_transactions", "Transactions waiting", this.mempool_txs.clone());
        r.register("mempool_bytes", "Bytes waiting", this.mempool_bytes.clone());
        r.register("block_transactions", "Transactions in a block", this.block_txs.clone());
        r.register_with_unit("commit", "Execution and storage of a block", Unit::Seconds, this.commit_seconds.clone());
        r.register_with_unit("store", "Writing and syncing a block", Unit::Seconds, this.store_seconds.clone());
        let finality = this.finality_seconds.clone();
        r.register_with_unit("finality", "Submission to durable verdict", Unit::Seconds, finality);
        r.register_with_unit("stage_cpu", "CPU time by stage", Unit::Seconds, this.stage_seconds.clone());
        r.register("process", "CPU, memory, disk and network", this.process.clone());
        r.register("consensus_stopped", "1 if the engine stopped signing", this.stopped.clone());
        r.register("signatures_checked", "Transactions whose signatures were checked", this.checked.clone());
        r.register("peers", "Linked nodes", this.peers.clone());
        r.register("peer_messages_dropped", "Messages to peers that were too slow", this.dropped.clone());
        r.register("peers_slowed", "Times that a peer made more work than its share", this.slowed.clone());
        r.register("peer_faults", "Broken rules of peers", this.peer_faults.clone());
        r.register("evidence", "Contradictions of validators seen", this.evidence.clone());
        r.register("self_check_bytes", "Bytes of block files read again", this.read_again.clone());
        r.register("self_check_rounds", "Times that all block files were read again", this.rounds.clone());
        r.register("damage", "1 if this node found its files damaged", this.damage.clone());
        r.register("erasure_failed", "1 if an order of erasure failed here", this.erasure_failed.clone());
        r.register("statements", "Ledger statements of peers that agree", this.statements.clone());
        r.register("divergences", "Ledger statements of peers that differ", this.divergences.clone());
        r.register("switch_requests", "Validators that ask for another kind", this.switch_requests.clone());
        this.committee.register(r);
        r.register("consensus_kind", "Solo, Byzantine, crash-fault, adaptive", this.consensus_kind.clone());
        let until = this.certificate_until.clone();
        r.register_with_unit("certificate_until", "When the certificate ends", Unit::Seconds, until);
        r.register("connections_refused", "Handshakes that failed, by door", this.refused.clone());
        registry.register_with_unit("rpc_server_call_duration", "Calls", Unit::Seconds, this.rpc_seconds.clone());
        registry
    }

    /// A block was committed in so many seconds.
    pub fn on_block(&self, block: &CommittedBlock, seconds: f64) {
        self.blocks.inc();
        self.height.set(block.height().0 as i64);
        self.commit_seconds.observe(seconds);
        self.store_seconds.observe(block.stored_in().as_secs_f64());
        for ((_, _, receipt), kind) in block.verdicts().zip(block.kinds()) {
            let outcome = if receipt.is_accepted() { "accepted" } else { "refused" };
            self.transactions.get_or_create(&Outcome { kind: kind.name(), outcome }).inc();
            for refusal in receipt.refusals() {
                self.on_refusal(refusal.reason);
            }
        }
        self.block_txs.observe(block.kinds().len() as f64);
    }

    /// Something was refused, on chain or before.
    pub fn on_refusal(&self, reason: ledger_types::RejectReason) {
        self.refusals.get_or_create(&Reason { reason: reason.name() }).inc();
        if reason == ledger_types::RejectReason::OutputSpent {
            self.double_spends.inc();
        }
    }

    /// A submitter got its verdict after so many seconds.
    pub fn on_final(&self, seconds: f64) {
        self.finality_seconds.observe(seconds);
    }

    /// A call ended.
    pub fn on_call(&self, method: &'static str, code: tonic::Code, seconds: f64) {
        let status = proto::catalogue::code_name(code);
        let labels = Rpc { rpc_method: method, rpc_response_status_code: status };
        self.rpc_seconds.get_or_create(&labels).observe(seconds);
    }

    /// The waiting room's size.
    pub fn on_waiting(&self, txs: usize, bytes: usize) {
        self.mempool_txs.set(txs as i64);
        self.mempool_bytes.set(bytes as i64);
    }

    /// The waiting room's size as last told.
    pub fn waiting(&self) -> (u64, u64) {
        (self.mempool_txs.get().unsigned_abs(), self.mempool_bytes.get().unsigned_abs())
    }

    /// CPU time by stage so far, of all threads together.
    pub fn on_stages(&self, times: StageTimes) {
        let mut seen = self.stage_seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for stage in Stage::ALL {
            let more = times.micros(stage).saturating_sub(seen.micros(stage));
            let counter = self.stage_seconds.get_or_create(&StageLabel { stage: stage.name() });
            counter.inc_by(more as f64 / 1e6);
        }
        self.checked.inc_by(times.checked.saturating_sub(seen.checked));
        *seen = times;
    }

    /// How the links are.
    pub fn on_peers(&self, counts: LinkCounts) {
        self.peers.set(i64::try_from(counts.linked).unwrap_or(i64::MAX));
        self.dropped.inc_by(counts.dropped.saturating_sub(self.dropped.get()));
        self.slowed.inc_by(counts.slowed.saturating_sub(self.slowed.get()));
    }

    /// So many bytes of block files were read again; perhaps the last of a round.
    pub fn on_self_check(&self, bytes: u64, round_done: bool) {
        self.read_again.inc_by(bytes);
        self.rounds.inc_by(u64::from(round_done));
    }

    /// This node's files are damaged.
    pub fn on_damage(&self) {
        self.damage.set(1);
    }

    /// A peer's ledger was compared with this node's.
    pub fn on_statement(&self, same: bool) {
        if same {
            self.statements.inc()
        } else {
            self.divergences.inc()
        };
    }

    /// The kind of consensus of the next block, and of how many validators a request for another is held.
    pub fn on_adaptive(&self, kind: ledger_types::ConsensusKind, requests: usize) {
        self.consensus_kind.set(kind as i64);
        self.switch_requests.set(i64::try_from(requests).unwrap_or(i64::MAX));
    }

    /// Of how many validators a switch request was held when last told.
    pub fn switch_requests(&self) -> u32 {
        u32::try_from(self.switch_requests.get()).unwrap_or(0)
    }

    /// A peer broke the rules.
    pub fn on_peer_fault(&self) {
        self.peer_faults.inc();
    }

    /// A validator contradicted itself.
    pub fn on_evidence(&self) {
        self.evidence.inc();
    }

    /// When the node's certificate ends, in seconds since 1970.
    pub fn on_certificate(&self, until: u64) {
        self.certificate_until.set(i64::try_from(until).unwrap_or(i64::MAX));
    }

    /// When the node's certificate ends, in seconds since 1970; 0 if it has none.
    pub fn certificate_until(&self) -> u64 {
        self.certificate_until.get().unsigned_abs()
    }

    /// A connection at this door did not come about.
    pub fn on_refused_connection(&self, door: &'static str) {
        self.refused.get_or_create(&DoorLabel { door }).inc();
    }

    /// Whether consensus stopped.
    pub fn on_consensus_stopped(&self, stopped: bool) {
        self.stopped.set(i64::from(stopped));
    }

    /// The whole page.
    pub fn render(&self) -> String {
        let s = ProcessStats::read(&self.data);
        let figures = [
            ("cpu_ms", s.cpu_ms),
            ("resident_bytes", s.resident_bytes),
            ("open_files", s.open_files),
            ("threads", s.threads),
            ("disk_read_bytes", s.disk_read_bytes),
            ("disk_written_bytes", s.disk_written_bytes),
            ("disk_free_bytes", s.disk_free_bytes),
            ("net_received_bytes", s.net_received_bytes),
            ("net_sent_bytes", s.net_sent_bytes),
        ];
        for (figure, value) in figures {
            self.process.get_or_create(&Figure { figure }).set(value as i64);
        }
        let mut page = String::new();
        let registry = self.registry.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        encode(&mut page, &registry).expect("writing to a string cannot fail");
        page
    }
}
