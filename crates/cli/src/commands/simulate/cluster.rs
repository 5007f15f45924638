//! `taxchain simulate cluster`: a whole cluster in one process, above a virtual clock, network and disk.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use ledger_types::BlockTime;
use simulators::cluster::series::{Seeds, SeriesReport, run};
use simulators::cluster::{ClusterOptions, SeedReport};

use super::json;
use crate::answer::Output;
use crate::failure::{Failure, exit};
use crate::session::Global;

/// Arguments of `simulate cluster`.
#[derive(Args)]
#[command(
    before_help = "EXAMPLES\n  taxchain simulate cluster --seeds 100\n  taxchain simulate cluster --first-seed 4711 --seeds 1            # the same again, bit by bit\n  taxchain simulate cluster --seeds 20 --seconds 300 --real-signatures\n  taxchain simulate cluster --seeds 50 --nodes 7 --jobs 2 --output json"
)]
pub(crate) struct ClusterArgs {
    /// How many seeds.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// The first seed; the others follow.
    #[arg(long, default_value_t = 1)]
    first_seed: u64,
    /// Validators.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(4..=16))]
    nodes: u16,
    /// Simulated seconds with faults; then the cluster has to recover.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// Transactions a simulated second.
    #[arg(long, default_value_t = 5.0, value_parser = positive)]
    tx_per_second: f64,
    /// Faults a simulated minute.
    #[arg(long, default_value_t = 4.0, value_parser = positive)]
    faults_per_minute: f64,
    /// SM2 in place of light signatures: many times slower.
    #[arg(long)]
    real_signatures: bool,
    /// Append date, commit, seeds, simulated hours and violations to this file.
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// Seeds played at once.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number <= 1_000.0 => Ok(number),
        _ => Err("a number above 0, at most 1000".to_owned()),
    }
}

/// Plays the seeds. No node and no chain are needed.
pub(super) fn cluster(global: &Global, args: &ClusterArgs) -> Result<(), Failure> {
    let options = ClusterOptions {
        nodes: args.nodes,
        seconds: args.seconds,
        tx_per_second: args.tx_per_second,
        faults_per_minute: args.faults_per_minute,
        real_signatures: args.real_signatures,
        ..ClusterOptions::default()
    };
    let bar = if global.quiet { ProgressBar::hidden() } else { ProgressBar::new(args.seeds) };
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} seeds  {elapsed_precise}  {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    let each = |report: &SeedReport| {
        if !report.violations.is_empty() {
            bar.set_message(format!("seed {} failed", report.seed));
        }
        bar.inc(1);
    };
    let seeds = Seeds { first: args.first_seed, count: args.seeds, jobs: usize::from(args.jobs) };
    let report = run(seeds, options, &each);
    bar.finish_and_clear();
    if let Some(path) = &args.ledger {
        append(path, args, &report)?;
    }
    match global.output {
        Output::Table => report.lines().iter().for_each(|line| println!("{line}")),
        Output::Json => println!("{}", json(&report)?),
    }
    if report.failed.is_empty() { Ok(()) } else { Err(failure(args, &report)) }
}

/// A line in the ledger of all runs.
fn append(path: &Path, args: &ClusterArgs, report: &SeriesReport) -> Result<(), Failure> {
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    if file.metadata()?.len() == 0 {
        writeln!(file, "date,commit,signatures,nodes,seeds,simulated_hours,violations")?;
    }
    let signatures = if args.real_signatures { "sm2" } else { "light" };
    let (date, hours) = (today(), report.hours());
    let (commit, nodes, seeds) = (commit(), args.nodes, report.seeds);
    writeln!(file, "{date},{commit},{signatures},{nodes},{seeds},{hours:.2},{}", report.violations())?;
    Ok(())
}

/// Today in China.
fn today() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let date = BlockTime(u64::try_from(since.as_millis()).unwrap_or(u64::MAX)).civil_date();
    format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
}

/// What is needed to play a failure again.
fn failure(args: &ClusterArgs, report: &SeriesReport) -> Failure {
    let mut failure = Failure::new(exit::GENERAL, format!("{} of {} seeds failed", report.failed.len(), report.seeds));
    let real = if args.real_signatures { " --real-signatures" } else { "" };
    for failed in report.failed.iter().take(10) {
        failure.lines.push(format!(
            "taxchain simulate cluster --seeds 1 --first-seed {} --nodes {} --seconds {} --tx-per-second {} \
             --faults-per-minute {}{real}    # commit {}",
            failed.seed,
            args.nodes,
            args.seconds,
            args.tx_per_second,
            args.faults_per_minute,
            commit()
        ));
        let first = failed.violations.first().map(|v| format!("  {:?} after {} ms: {}", v.check, v.at_ms, v.what));
        failure.lines.extend(first);
    }
    failure
}

/// The commit of the sources here, if there are any: a failure plays again only with the same code.
fn commit() -> String {
    let told = std::process::Command::new("git").args(["rev-parse", "--short", "HEAD"]).output();
    let told = told.ok().filter(|o| o.status.success()).and_then(|o| String::from_utf8(o.stdout).ok());
    told.map_or_else(|| format!("of version {}", env!("CARGO_PKG_VERSION")), |text| text.trim().to_owned())
}
