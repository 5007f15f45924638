//! `taxchain bench cluster`: validators as processes, clients and their signing on the same machine.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chain_node::snapshots::SnapshotRules;
use comfy_table::{Table, presets};
use ledger_types::Height;
use serde::Serialize;
use simulators::load::{self, Load, Pace, Sellers, Shape};
use simulators::meter::{self, Calibration};
use simulators::report::Latency;
use simulators::steady::Steady;

use super::super::demo::failed;
use super::bench::{BenchArgs, commit, fetch, now_s};
use super::chaos::town::{Town, TownPlan};
use crate::failure::{Failure, exit};

/// One load on the cluster.
#[derive(Clone, Debug, Serialize)]
struct LoadRow {
    tx_per_second: f64,
    /// Transactions a second against plain verifications a second of one core.
    ratio: f64,
    latency: Latency,
    failed: u64,
}

/// What each node spent, microseconds of CPU a transaction.
#[derive(Clone, Debug, Serialize)]
struct NodeRow {
    stages_us: Vec<(String, f64)>,
    other_stages_us: f64,
    /// Signature checks of transactions for each transaction: one is what it takes.
    checks_per_tx: f64,
}

/// The whole: one line of the history.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ClusterReport {
    commit: String,
    at: u64,
    cpus: usize,
    validators: u16,
    calibration: Calibration,
    closed: LoadRow,
    half: LoadRow,
    nodes: Vec<NodeRow>,
    /// Longest time without a verdict around a kill of each node, ms.
    gaps_ms: Vec<f64>,
    /// From kill -9 of all to the first verdict, ms.
    all_killed_ms: f64,
    /// Invoices on the chain for the last two figures.
    invoices: u64,
    /// From kill -9 of one to its answer, ms.
    restart_ms: f64,
    /// From an empty disk to the others' height, ms.
    rejoin_ms: f64,
    /// The same, beginning with a snapshot.
    snapshot: SnapshotRow,
}

/// A node that began with a snapshot.
#[derive(Clone, Debug, Serialize)]
struct SnapshotRow {
    /// Height of the snapshot, and of the others when it was asked for.
    from: u64,
    best: u64,
    /// Until it serves, ms: fetched, checked, applied.
    ready_ms: f64,
    /// Until it is at the others' height, ms.
    rejoin_ms: f64,
    /// CPU time of the new node until then, s.
    cpu_s: f64,
}

/// Often enough that one is at hand at the end, rarely enough not to be what is measured.
const SNAPSHOTS: SnapshotRules = SnapshotRules { every: 500, keep: 2, sync: false, ahead: 20 };

/// Measures.
pub(super) async fn measure(args: &BenchArgs, dir: &Path, say: &dyn Fn(&str)) -> Result<ClusterReport, Failure> {
    let plan = TownPlan { validators: args.validators, snapshots: SNAPSHOTS, protected: true };
    let mut town = Town::start(dir, plan).await?;
    let bureau = town.bureau()?;
    let sellers = Arc::new(Sellers::settle(&town.clients[0], &bureau).await.map_err(failed)?);
    let calibration = meter::calibrate().map_err(failed)?;
    say("closed loop");
    let before = pages(&town)?;
    let closed = run(&town, &sellers, Pace::Closed { in_flight: args.in_flight }, args.seconds).await?;
    town.agree(town.best().await).await?;
    let after = pages(&town)?;
    let nodes = before.iter().zip(&after).map(|(before, after)| node_row(before, after)).collect();
    say("open loop at half the rate");
    let half = run(&town, &sellers, Pace::Open { per_second: closed.0 / 2.0 }, args.seconds).await?;
    say("kills of one node after another");
    let steady = Steady::start(&town.clients, &sellers, 16, 1);
    let gaps_ms = gaps(&mut town, &steady).await?;
    say("kill of all");
    let all_killed_ms = all_killed(&mut town, &steady).await?;
    steady.stop().await.map_err(failed)?;
    say("filling the chain");
    let invoices = fill(&town, &sellers, args.restart_invoices).await?;
    say("restart and return of a node");
    let (restart_ms, rejoin_ms) = returns(&mut town).await?;
    say("return of a node by snapshot");
    let snapshot = by_snapshot(&mut town, &sellers).await?;
    let row = |(rate, measured): (f64, load::Measured)| LoadRow {
        tx_per_second: rate,
        ratio: rate / calibration.verify_per_second,
        latency: Latency::of(&measured.latency),
        failed: measured.failed,
    };
    let report = ClusterReport {
        commit: commit(),
        at: now_s(),
        cpus: std::thread::available_parallelism().map_or(1, usize::from),
        validators: town.len(),
        calibration,
        closed: row(closed),
        half: row(half),
        nodes,
        gaps_ms,
        all_killed_ms,
        invoices,
        restart_ms,
        rejoin_ms,
        snapshot,
    };
    town.stop().await?;
    Ok(report)
}

async fn run(town: &Town, sellers: &Arc<Sellers>, pace: Pace, seconds: u64) -> Result<(f64, load::Measured), Failure> {
    let load = Load {
        shape: Shape::Single,
        pace,
        duration: Duration::from_secs(seconds.max(1)),
        warm_up: Duration::from_secs(2),
        lanes: 4,
        seed: 1,
    };
    let measured = load::run(&town.clients[0], sellers.clone(), load).await.map_err(failed)?;
    Ok((measured.rate(), measured))
}

/// The metrics pages of all nodes.
pub(super) fn pages(town: &Town) -> Result<Vec<String>, Failure> {
    let none = || Failure::new(exit::GENERAL, "a node has no page of metrics");
    (0..town.len())
        .map(|place| {
            let url = town.node(place)?.banner.metrics.clone().ok_or_else(none)?;
            let address = url.trim_start_matches("http://").trim_end_matches("/metrics").parse().map_err(|_| none())?;
            Ok(fetch(address)?)
        })
        .collect()
}

/// CPU seconds of a node's process, from its page of metrics.
pub(super) fn cpu_seconds(page: &str) -> f64 {
    let cpu_ms = page.lines().find(|line| line.starts_with("taxchain_process") && line.contains("cpu_ms"));
    cpu_ms.and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).unwrap_or(0.0) / 1e3
}

fn node_row(before: &str, after: &str) -> NodeRow {
    let grown = |name: &str| meter::sum_of(after, name) - meter::sum_of(before, name);
    let txs = grown("taxchain_transactions_total").max(1.0);
    let stages_before = meter::stage_cpu_seconds(before);
    let stages_us: Vec<_> = meter::stage_cpu_seconds(after)
        .into_iter()
        .map(|(name, seconds)| {
            let earlier = stages_before.iter().find(|(n, _)| *n == name).map_or(0.0, |(_, s)| *s);
            (name, (seconds - earlier) * 1e6 / txs)
        })
        .collect();
    let other_stages_us = stages_us.iter().filter(|(name, _)| name != "verify").map(|(_, us)| us).sum();
    NodeRow { stages_us, other_stages_us, checks_per_tx: grown("taxchain_signatures_checked_total") / txs }
}

async fn gaps(town: &mut Town, steady: &Steady) -> Result<Vec<f64>, Failure> {
    let mut gaps = Vec::new();
    for place in 0..town.len() {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let began = Instant::now();
        town.kill(place)?;
        tokio::time::sleep(Duration::from_secs(3)).await;
        gaps.push(steady.longest_gap(began).as_secs_f64() * 1e3);
        town.start_one(place).await?;
        town.agree(town.best().await.next()).await?;
    }
    Ok(gaps)
}

async fn all_killed(town: &mut Town, steady: &Steady) -> Result<f64, Failure> {
    for place in 0..town.len() {
        town.kill(place)?;
    }
    let began = Instant::now();
    town.start_all().await?;
    while steady.committed_since(began) == 0 {
        if began.elapsed() > Duration::from_secs(60) {
            return Err(Failure::new(exit::DEADLINE, "nothing was committed within a minute after all were killed"));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let first = began.elapsed();
    town.agree(town.best().await).await?;
    Ok(first.as_secs_f64() * 1e3)
}

async fn fill(town: &Town, sellers: &Arc<Sellers>, invoices: u64) -> Result<u64, Failure> {
    let slots = load::fill(&town.clients[0], sellers, Load::filling(16), invoices).await.map_err(failed)?;
    town.agree(town.best().await).await?;
    Ok(slots)
}

async fn returns(town: &mut Town) -> Result<(f64, f64), Failure> {
    let place = town.len() - 1;
    town.kill(place)?;
    let began = Instant::now();
    town.start_one(place).await?;
    let restart = began.elapsed();
    town.kill(place)?;
    std::fs::remove_dir_all(town.data(place))?;
    let best = town.best().await;
    let began = Instant::now();
    town.start_one(place).await?;
    town.agree_within(best, Duration::from_secs(600)).await?;
    Ok((restart.as_secs_f64() * 1e3, began.elapsed().as_secs_f64() * 1e3))
}

async fn by_snapshot(town: &mut Town, sellers: &Arc<Sellers>) -> Result<SnapshotRow, Failure> {
    let place = town.len() - 1;
    // The next one has all invoices in it.
    let least = Height((town.best().await.0 / SNAPSHOTS.every + 1) * SNAPSHOTS.every);
    let steady = Steady::start(&town.clients, sellers, 1, 1);
    while town.best().await <= least.next() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    steady.stop().await.map_err(failed)?;
    town.have_snapshots(place, least).await?;
    town.kill(place)?;
    std::fs::remove_dir_all(town.data(place))?;
    town.begins_with_snapshot(place, true)?;
    let best = town.best().await;
    let began = Instant::now();
    town.start_one(place).await?;
    let ready = began.elapsed();
    town.agree_within(best, Duration::from_secs(600)).await?;
    let rejoin = began.elapsed();
    let page = pages(town)?.pop().unwrap_or_default();
    let cpu_s = cpu_seconds(&page);
    let from = town.node(place)?.banner.height;
    let ms = |d: Duration| d.as_secs_f64() * 1e3;
    Ok(SnapshotRow { from, best: best.0, ready_ms: ms(ready), rejoin_ms: ms(rejoin), cpu_s })
}

impl ClusterReport {
    /// As one line of JSON.
    pub(super) fn line(&self) -> String {
        serde_json::json!({ "cluster": self }).to_string()
    }

    /// As a table for people.
    pub(super) fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::UTF8_BORDERS_ONLY);
        table.set_header(["", "measured", "goal"]);
        let (c, h) = (&self.closed, &self.half);
        let max_gap = self.gaps_ms.iter().copied().fold(0.0, f64::max);
        let rows = [
            (
                format!("tx/s committed on all {}", self.validators),
                format!("{:.0} ({:.2} of plain verify)", c.tx_per_second, c.ratio),
                "1,500",
            ),
            ("  p50 / p99".to_owned(), format!("{:.0} / {:.0} ms", c.latency.p50_ms, c.latency.p99_ms), ""),
            ("at half that load".to_owned(), format!("{:.0} tx/s", h.tx_per_second), ""),
            ("  p50 / p99".to_owned(), format!("{:.0} / {:.0} ms", h.latency.p50_ms, h.latency.p99_ms), "150 / 600 ms"),
            ("not accepted".to_owned(), format!("{}", c.failed + h.failed), "0"),
            ("gap after a kill".to_owned(), format!("{max_gap:.0} ms"), "3,000 ms"),
            ("all killed: first verdict".to_owned(), format!("{:.0} ms", self.all_killed_ms), "15,000 ms"),
            (format!("restart with {} invoices", self.invoices), format!("{:.0} ms", self.restart_ms), "10,000 ms"),
            ("  return with an empty disk".to_owned(), format!("{:.0} ms", self.rejoin_ms), "120,000 ms"),
            (
                format!("  the same by snapshot ({} of {} blocks)", self.snapshot.from, self.snapshot.best),
                format!("{:.0} ms, {:.1} s CPU", self.snapshot.rejoin_ms, self.snapshot.cpu_s),
                "120,000 ms",
            ),
            ("plain verify".to_owned(), format!("{:.1} us", self.calibration.verify_us), ""),
        ];
        for (what, measured, goal) in rows {
            table.add_row([what, measured, goal.to_owned()]);
        }
        for (i, node) in self.nodes.iter().enumerate() {
            let stages: Vec<_> = node.stages_us.iter().map(|(name, us)| format!("{name} {us:.1}")).collect();
            let text = format!("{} us/tx; {:.3} checks a tx", stages.join(", "), node.checks_per_tx);
            table.add_row([format!("node {}", i + 1), text, String::new()]);
            table.add_row([
                "  all but verify".to_owned(),
                format!("{:.1} us/tx", node.other_stages_us),
                "100 us".to_owned(),
            ]);
        }
        table.to_string()
    }
}
