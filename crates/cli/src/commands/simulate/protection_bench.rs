//! `taxchain bench protection`: validators as processes, once with encrypted links and sealed bodies and once with neither, the same
//! load on both in turn.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chain_node::snapshots::SnapshotRules;
use comfy_table::{Table, presets};
use serde::Serialize;
use simulators::load::{self, Load, Pace, Sellers, Shape};
use simulators::meter::{self, Calibration};

use super::super::demo::failed;
use super::bench::{BenchArgs, commit, now_s};
use super::chaos::town::{Town, TownPlan};
use super::cluster_bench::{cpu_seconds, pages};
use crate::failure::Failure;

/// Turns of each town and shape. Odd, so that there is a middle one.
const ROUNDS: usize = 5;
/// Transactions under way: batches are big.
const BATCHES_IN_FLIGHT: usize = 16;
/// None within a run.
const SNAPSHOTS: SnapshotRules = SnapshotRules { every: 1_000_000, keep: 1, sync: false, ahead: 1_000_000 };

/// One turn.
#[derive(Clone, Copy, Debug, Serialize)]
struct Turn {
    invoices_per_second: f64,
    /// CPU microseconds an invoice, of all nodes together.
    nodes_us: f64,
    /// CPU microseconds an invoice of the clients, which sign and seal.
    client_us: f64,
}

/// One shape of load.
#[derive(Clone, Debug, Serialize)]
struct ShapeRow {
    what: String,
    protected: Turn,
    clear: Turn,
    /// The middle one of the rates of each turn against the turn in clear beside it.
    ratio: f64,
}

/// The whole: one line of the history.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ProtectionReport {
    commit: String,
    at: u64,
    cpus: usize,
    validators: u16,
    calibration: Calibration,
    rows: Vec<ShapeRow>,
}

struct Side {
    town: Town,
    sellers: Arc<Sellers>,
}

/// Measures.
pub(super) async fn measure(args: &BenchArgs, dir: &Path, say: &dyn Fn(&str)) -> Result<ProtectionReport, Failure> {
    let protected = Side::start(&dir.join("protected"), args.validators, true).await?;
    let clear = Side::start(&dir.join("clear"), args.validators, false).await?;
    let calibration = meter::calibrate().map_err(failed)?;
    let mut rows = Vec::new();
    let batch = format!("batches of {}", args.batch);
    let shapes = [
        ("single invoices".to_owned(), Shape::Single, args.in_flight),
        (batch, Shape::Batch(args.batch), BATCHES_IN_FLIGHT),
    ];
    for (what, shape, in_flight) in shapes {
        let mut turns = [Vec::new(), Vec::new()];
        for round in 0..ROUNDS {
            say(&format!("{what}, turn {} of {ROUNDS}", round + 1));
            // Who is first has the cooler machine: in turn.
            for place in [round % 2, 1 - round % 2] {
                let side = [&protected, &clear][place];
                turns[place].push(side.turn(shape, in_flight, args.seconds).await?);
            }
        }
        let ratios = turns[0].iter().zip(&turns[1]).map(|(a, b)| a.invoices_per_second / b.invoices_per_second);
        let ratio = median(ratios.collect());
        rows.push(ShapeRow { what, protected: middle(&turns[0]), clear: middle(&turns[1]), ratio });
    }
    protected.town.stop().await?;
    clear.town.stop().await?;
    Ok(ProtectionReport {
        commit: commit(),
        at: now_s(),
        cpus: std::thread::available_parallelism().map_or(1, usize::from),
        validators: args.validators,
        calibration,
        rows,
    })
}

impl Side {
    async fn start(dir: &Path, validators: u16, protected: bool) -> Result<Self, Failure> {
        std::fs::create_dir_all(dir)?;
        let town = Town::start(dir, TownPlan { validators, snapshots: SNAPSHOTS, protected }).await?;
        let bureau = town.bureau()?;
        let sellers = Arc::new(Sellers::settle(&town.clients[0], &bureau).await.map_err(failed)?);
        Ok(Self { town, sellers })
    }

    async fn turn(&self, shape: Shape, in_flight: usize, seconds: u64) -> Result<Turn, Failure> {
        let load = Load {
            shape,
            pace: Pace::Closed { in_flight },
            duration: Duration::from_secs(seconds.max(1)),
            warm_up: Duration::ZERO,
            lanes: 4,
            seed: 1,
        };
        let (nodes, own) = (self.cpu()?, meter::process_cpu_seconds());
        let measured = load::run(&self.town.clients[0], self.sellers.clone(), load).await.map_err(failed)?;
        // What is under way at the end belongs to this turn.
        self.town.agree(self.town.best().await).await?;
        let (nodes, own) = (self.cpu()? - nodes, meter::process_cpu_seconds() - own);
        let invoices = measured.invoices.max(1) as f64;
        Ok(Turn {
            invoices_per_second: measured.invoices as f64 / measured.elapsed.as_secs_f64(),
            nodes_us: nodes * 1e6 / invoices,
            client_us: own * 1e6 / invoices,
        })
    }

    /// CPU seconds of all nodes.
    fn cpu(&self) -> Result<f64, Failure> {
        Ok(pages(&self.town)?.iter().map(|page| cpu_seconds(page)).sum())
    }
}

fn median(mut list: Vec<f64>) -> f64 {
    list.sort_by(f64::total_cmp);
    list.get(list.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Of each figure the middle one.
fn middle(turns: &[Turn]) -> Turn {
    let of = |figure: fn(&Turn) -> f64| median(turns.iter().map(figure).collect());
    Turn {
        invoices_per_second: of(|turn| turn.invoices_per_second),
        nodes_us: of(|turn| turn.nodes_us),
        client_us: of(|turn| turn.client_us),
    }
}

impl ProtectionReport {
    /// As one line of JSON.
    pub(super) fn line(&self) -> String {
        serde_json::json!({ "protection": self }).to_string()
    }

    /// As a table for people.
    pub(super) fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::UTF8_BORDERS_ONLY);
        let nodes = format!("CPU us an invoice: {} nodes / clients", self.validators);
        table.set_header(["", "invoices a second", nodes.as_str(), "ratio", "goal"]);
        for row in &self.rows {
            for (how, turn) in [("encrypted, sealed", &row.protected), ("in clear", &row.clear)] {
                let is_first = how != "in clear";
                table.add_row([
                    format!("{}, {how}", row.what),
                    format!("{:.0}", turn.invoices_per_second),
                    format!("{:.1} / {:.1}", turn.nodes_us, turn.client_us),
                    if is_first { format!("{:.0} %", row.ratio * 100.0) } else { String::new() },
                    if is_first { "80 %".to_owned() } else { String::new() },
                ]);
            }
        }
        table.add_row([
            "plain verify".to_owned(),
            format!("{:.1} us", self.calibration.verify_us),
            String::new(),
            String::new(),
            String::new(),
        ]);
        table.to_string()
    }
}
