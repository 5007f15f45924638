//! A peak of load: how much, how fast, at which cost.

use std::sync::Arc;
use std::time::Duration;

use comfy_table::{ContentArrangement, Table, presets};
use sdk::{Identity, NodeClient};
use serde::Serialize;

use crate::error::SimError;
use crate::load::{self, Load, Pace, Sellers, Shape};
use crate::meter;
use crate::report::Latency;

/// What a peak came to.
#[derive(Clone, Debug, Serialize)]
pub struct PeakReport {
    /// `closed` or `open`.
    pub pace: &'static str,
    /// Invoices in a transaction.
    pub invoices_per_tx: u16,
    /// Transactions a second.
    pub tx_per_second: f64,
    /// Invoices a second.
    pub invoices_per_second: f64,
    /// Transactions answered in the time counted.
    pub transactions: u64,
    /// Of these, not accepted.
    pub failed: u64,
    /// The first of them.
    pub first_failure: Option<String>,
    /// From the moment each was due to the verdict; in the open loop that includes waiting to be sent.
    pub latency: Latency,
    /// CPU seconds of this process a second: signing and gRPC of the client, and the node if it runs inside.
    pub cpu: f64,
    /// Plain signature checks a second of one core, measured before.
    pub verify_per_second: f64,
    /// `tx_per_second / verify_per_second`.
    pub ratio: f64,
}

/// Runs a peak of load for some seconds.
pub async fn run(client: &NodeClient, bureau: &Identity, load: Load) -> Result<PeakReport, SimError> {
    let calibration = meter::calibrate()?;
    let sellers = Arc::new(Sellers::settle(client, bureau).await?);
    let cpu = meter::process_cpu_seconds();
    let measured = load::run(client, sellers, load).await?;
    let cpu = meter::process_cpu_seconds() - cpu;
    let whole: Duration = load.duration + load.warm_up;
    Ok(PeakReport {
        pace: match load.pace {
            Pace::Closed { .. } => "closed",
            Pace::Open { .. } => "open",
        },
        invoices_per_tx: match load.shape {
            Shape::Single => 1,
            Shape::Batch(items) => items,
        },
        tx_per_second: measured.rate(),
        invoices_per_second: measured.invoice_rate(),
        transactions: measured.transactions,
        failed: measured.failed,
        first_failure: measured.first_failure.clone(),
        latency: Latency::of(&measured.latency),
        cpu: cpu / whole.as_secs_f64().max(1e-9),
        verify_per_second: calibration.verify_per_second,
        ratio: measured.rate() / calibration.verify_per_second,
    })
}

impl PeakReport {
    /// As a table for people.
    pub fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Disabled);
        let l = &self.latency;
        table.add_row(["交易/秒 tx/s".to_owned(), format!("{:.0}", self.tx_per_second)]);
        table.add_row(["发票/秒 invoices/s".to_owned(), format!("{:.0}", self.invoices_per_second)]);
        table.add_row([
            "延迟 p50 / p99 / max".to_owned(),
            format!("{:.1} / {:.1} / {:.1} ms", l.p50_ms, l.p99_ms, l.max_ms),
        ]);
        table.add_row(["失败 failed".to_owned(), format!("{} of {}", self.failed, self.transactions)]);
        table.add_row(["CPU 核 cores".to_owned(), format!("{:.2}", self.cpu)]);
        table.add_row([
            "验签/秒 plain verifications/s".to_owned(),
            format!("{:.0} (ratio {:.2})", self.verify_per_second, self.ratio),
        ]);
        table.to_string()
    }
}
