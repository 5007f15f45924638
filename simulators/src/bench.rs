//! The measurements behind `taxchain bench`: what the platform promises, each figure also against plain verification.

use std::sync::Arc;
use std::time::{Duration, Instant};

use comfy_table::{ContentArrangement, Table, presets};
use sdk::{Identity, NodeClient};
use serde::Serialize;

use crate::error::SimError;
use crate::load::{self, Load, Measured, Pace, Sellers, Shape};
use crate::meter::{self, Calibration};
use crate::report::Latency;

/// What the caller can see of the node and this side cannot.
pub struct Hooks<'a> {
    /// The text of the metrics page.
    pub metrics: &'a (dyn Fn() -> Result<String, SimError> + Sync),
    /// Bytes that the node's data takes on disk.
    pub used_bytes: &'a (dyn Fn() -> Result<u64, SimError> + Sync),
}

/// Options of a bench.
#[derive(Clone, Copy, Debug)]
pub struct BenchOptions {
    /// Seconds of each row.
    pub seconds: u64,
    /// Transactions under way in the closed loop.
    pub in_flight: usize,
    /// Invoices in a batch.
    pub batch: u16,
}

impl Default for BenchOptions {
    fn default() -> Self {
        Self { seconds: 15, in_flight: 1_024, batch: 500 }
    }
}

/// One row: a load and what it cost.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Transactions a second.
    pub tx_per_second: f64,
    /// Invoices a second.
    pub invoices_per_second: f64,
    /// Invoices a second against plain verifications a second of one core, measured in the same minute.
    pub ratio: f64,
    /// From handing in to the durable verdict.
    pub latency: Latency,
    /// Answers that were no acceptance.
    pub failed: u64,
    /// Bytes of a transaction.
    pub tx_bytes: f64,
    /// Bytes on disk for each invoice.
    pub disk_bytes: f64,
    /// CPU microseconds a transaction of the whole process: client, signing, gRPC and node.
    pub process_us: f64,
    /// CPU microseconds a transaction by stage of the node.
    pub stages_us: Vec<(String, f64)>,
    /// All stages but signature checks.
    pub other_stages_us: f64,
    /// The same against one plain verification.
    pub other_stages_ratio: f64,
    /// The calibration of this row.
    pub calibration: Calibration,
}

/// The whole bench: one line of the history.
#[derive(Clone, Debug, Serialize)]
pub struct BenchReport {
    /// The commit measured, filled in by the caller.
    pub commit: String,
    /// Seconds since 1970, filled in by the caller.
    pub at: u64,
    /// CPUs of the machine.
    pub cpus: usize,
    /// Issue with one signature each.
    pub single: Row,
    /// Issue in batches.
    pub batch: Row,
    /// Milliseconds to open the store and answer again, filled in by the caller.
    pub restart_ms: Option<f64>,
    /// Invoices on the chain at that time, filled in by the caller.
    pub restart_invoices: u64,
}

/// Runs the rows one after another.
pub async fn run(
    client: &NodeClient,
    bureau: &Identity,
    options: BenchOptions,
    hooks: &Hooks<'_>,
) -> Result<BenchReport, SimError> {
    let sellers = Arc::new(Sellers::settle(client, bureau).await?);
    let load = |shape, in_flight| Load {
        shape,
        pace: Pace::Closed { in_flight },
        duration: Duration::from_secs(options.seconds.max(1)),
        warm_up: Duration::from_secs(2),
        lanes: 4,
        seed: 1,
    };
    let single = row(client, &sellers, load(Shape::Single, options.in_flight), hooks).await?;
    let batch = row(client, &sellers, load(Shape::Batch(options.batch.max(1)), 8), hooks).await?;
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let restart_invoices = 0;
    Ok(BenchReport { commit: String::new(), at: 0, cpus, single, batch, restart_ms: None, restart_invoices })
}

async fn row(client: &NodeClient, sellers: &Arc<Sellers>, load: Load, hooks: &Hooks<'_>) -> Result<Row, SimError> {
    let calibration = meter::calibrate()?;
    let stages = meter::stage_cpu_seconds(&(hooks.metrics)()?);
    let (bytes, cpu) = ((hooks.used_bytes)()?, meter::process_cpu_seconds());
    let committed = client.status().await?;
    let began = Instant::now();
    let measured = load::run(client, sellers.clone(), load).await?;
    let share = share_counted(&measured, began.elapsed());
    let cpu = meter::process_cpu_seconds() - cpu;
    let grown = (hooks.used_bytes)()?.saturating_sub(bytes);
    let after = meter::stage_cpu_seconds(&(hooks.metrics)()?);
    drop(committed);
    // Warming up and the answers after the end cost as well, but are not counted: scale to the share counted.
    let (txs, invoices) = (measured.transactions.max(1) as f64 / share, measured.invoices.max(1) as f64 / share);
    let stages_us: Vec<(String, f64)> = after
        .into_iter()
        .map(|(name, seconds)| {
            let before = stages.iter().find(|(n, _)| *n == name).map_or(0.0, |(_, s)| *s);
            (name, (seconds - before) * 1e6 / txs)
        })
        .collect();
    let other = stages_us.iter().filter(|(name, _)| name != "verify").map(|(_, us)| us).sum::<f64>();
    Ok(Row {
        tx_per_second: measured.rate(),
        invoices_per_second: measured.invoice_rate(),
        ratio: measured.invoice_rate() / calibration.verify_per_second,
        latency: Latency::of(&measured.latency),
        failed: measured.failed,
        tx_bytes: measured.bytes as f64 / txs,
        disk_bytes: grown as f64 / invoices,
        process_us: cpu * 1e6 / txs,
        stages_us,
        other_stages_us: other,
        other_stages_ratio: other / calibration.verify_us,
        calibration,
    })
}

/// Which share of all transactions fell into the time counted, by time.
fn share_counted(measured: &Measured, whole: Duration) -> f64 {
    (measured.elapsed.as_secs_f64() / whole.as_secs_f64().max(1e-9)).clamp(0.05, 1.0)
}

impl BenchReport {
    /// One line of JSON for the history.
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("the report is plain data")
    }

    /// As a table for people.
    pub fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(["", "single-signed issue", "batch issue", "goal"]);
        let mut row = |name: &str, of: &dyn Fn(&Row) -> String, goal: &str| {
            table.add_row([name.to_owned(), of(&self.single), of(&self.batch), goal.to_owned()]);
        };
        row("transactions/s", &|r| format!("{:.0}", r.tx_per_second), "3,000 single");
        row("invoices/s", &|r| format!("{:.0}", r.invoices_per_second), "15,000 batch");
        row("  against plain verify", &|r| format!("{:.2}", r.ratio), "");
        row("p50 / p99", &|r| format!("{:.1} / {:.1} ms", r.latency.p50_ms, r.latency.p99_ms), "p99 1,000 ms");
        row("not accepted", &|r| r.failed.to_string(), "0");
        row("bytes of a transaction", &|r| format!("{:.0}", r.tx_bytes), "");
        row("bytes on disk an invoice", &|r| format!("{:.0}", r.disk_bytes), "1,024");
        row("process CPU us/tx", &|r| format!("{:.0}", r.process_us), "");
        for (i, (name, _)) in self.single.stages_us.iter().enumerate() {
            let of = |r: &Row| r.stages_us.get(i).map_or_else(String::new, |(_, us)| format!("{us:.1}"));
            row(&format!("  {name} us/tx"), &of, "");
        }
        row("all stages but verify", &|r| format!("{:.1} us", r.other_stages_us), "30 us single");
        row("plain verify", &|r| format!("{:.1} us", r.calibration.verify_us), "");
        if let Some(ms) = self.restart_ms {
            table.add_row([
                "restart after kill -9".to_owned(),
                format!("{ms:.0} ms"),
                format!("{} invoices", self.restart_invoices),
                "10,000 ms at 1 M".to_owned(),
            ]);
        }
        table.to_string()
    }
}
