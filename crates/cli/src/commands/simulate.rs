//! `taxchain simulate` and `taxchain bench`.

mod abuse;
mod bench;
mod chaos;
mod cluster;
mod cluster_bench;
mod kill;
mod protection_bench;
mod target;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use simulators::day::{self, DayOptions, Speed};
use simulators::load::{Load, Pace, Shape};
use simulators::peak;
use simulators::plan::PlanOptions;

pub(super) use bench::{BenchArgs, bench};

use super::demo::failed;
use crate::answer::Output;
use crate::failure::{Failure, exit};
use crate::session::{Global, Session};

/// `taxchain simulate`.
#[derive(Subcommand)]
#[command(
    before_help = "EXAMPLES\n  taxchain simulate day --invoices 1000 --report day.html     # on a chain started with `taxchain dev --driven`\n  taxchain simulate peak --in-flight 512 --seconds 10\n  taxchain simulate peak --rate 500                           # open loop\n  taxchain simulate peak --batch 500\n  taxchain simulate chaos --kills 100                         # validators as processes, and what happens to machines\n  taxchain simulate abuse                                     # floods, replays, malformed messages, slow callers\n  taxchain simulate cluster --seeds 100"
)]
pub(crate) enum Command {
    /// Play days of shops, buyers, companies and cheats; the chain's clock must be driven.
    Day(DayArgs),
    /// A peak of issues, closed or open loop.
    Peak(PeakArgs),
    /// Four validators as processes under load: killed, stopped, cut off, wiped; nothing may be lost.
    Chaos(chaos::ChaosArgs),
    /// Everything that callers with ill intent throw at a chain, while honest ones go on.
    Abuse(abuse::AbuseArgs),
    /// The chain that `abuse` throws things at.
    #[command(hide = true)]
    Target(target::TargetArgs),
    /// A cluster of validators in one process, with faults and traitors drawn from seeds; needs no node.
    Cluster(cluster::ClusterArgs),
}

/// Arguments of `simulate day`.
#[derive(Args)]
pub(crate) struct DayArgs {
    /// Attempts to issue.
    #[arg(long, default_value_t = 44_000)]
    invoices: usize,
    /// Over how many days.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=366))]
    days: u32,
    /// max, or how many times as fast as life.
    #[arg(long, default_value = "max")]
    speed: Speed,
    /// Seed of the dice: the same seed plays the same day. Keys are random.
    #[arg(long, default_value_t = 20_180_810)]
    seed: u64,
    /// Write a page with charts.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// Arguments of `simulate peak`.
#[derive(Args)]
pub(crate) struct PeakArgs {
    /// Closed loop: so many transactions under way.
    #[arg(long, default_value_t = 512)]
    in_flight: usize,
    /// Open loop: so many transactions a second, whatever comes back.
    #[arg(long, value_name = "PER_SECOND", conflicts_with = "in_flight")]
    rate: Option<f64>,
    /// Invoices under one signature; single-signed if absent.
    #[arg(long, value_name = "INVOICES", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    batch: Option<u16>,
    /// Seconds counted.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Streams.
    #[arg(long, default_value_t = 4)]
    lanes: usize,
    /// Seed of the dice.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs it.
pub(super) async fn run(global: &Global, command: Command) -> Result<(), Failure> {
    match command {
        Command::Chaos(args) => chaos::chaos(global, args).await,
        Command::Abuse(args) => abuse::abuse(global, args).await,
        Command::Target(args) => target::target(args).await,
        Command::Cluster(args) => cluster::cluster(global, &args),
        Command::Day(args) => play_day(global, args).await,
        Command::Peak(args) => play_peak(global, args).await,
    }
}

/// Against the node of the home folder.
async fn play_day(global: &Global, args: DayArgs) -> Result<(), Failure> {
    let session = Session::open(global).await?;
    let plan = PlanOptions { invoices: args.invoices, days: args.days, seed: args.seed };
    let options = DayOptions { plan, speed: args.speed, progress: !global.quiet };
    let report = day::run(&session.client, &session.identity("bureau")?, &options).await.map_err(failed)?;
    if let Some(path) = &args.report {
        report.write_html(path).map_err(failed)?;
    }
    match global.output {
        Output::Table => println!("{}", report.table()),
        Output::Json => println!("{}", json(&report)?),
    }
    if report.is_as_expected() {
        return Ok(());
    }
    let mut failure = Failure::new(exit::GENERAL, format!("{} outcomes were not as expected", report.violations_total));
    failure.lines.extend(
        report
            .violations
            .iter()
            .take(10)
            .map(|v| format!("invoice {}: {}: expected {}, {}", v.invoice, v.what, v.expected, v.seen)),
    );
    Err(failure)
}

/// Against the node of the home folder.
async fn play_peak(global: &Global, args: PeakArgs) -> Result<(), Failure> {
    let session = Session::open(global).await?;
    let load = Load {
        shape: args.batch.map_or(Shape::Single, Shape::Batch),
        pace: match args.rate {
            Some(per_second) => Pace::Open { per_second },
            None => Pace::Closed { in_flight: args.in_flight },
        },
        duration: Duration::from_secs(args.seconds.max(1)),
        warm_up: Duration::from_secs(1),
        lanes: args.lanes,
        seed: args.seed,
    };
    let report = peak::run(&session.client, &session.identity("bureau")?, load).await.map_err(failed)?;
    match global.output {
        Output::Table => println!("{}", report.table()),
        Output::Json => println!("{}", json(&report)?),
    }
    match &report.first_failure {
        None => Ok(()),
        Some(why) => Err(Failure::new(exit::GENERAL, format!("{} were not accepted; the first: {why}", report.failed))),
    }
}

fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(value).map_err(|e| Failure::new(exit::DATA, e.to_string()))
}
