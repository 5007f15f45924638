//! `taxchain demo`: the whole story on a chain of its own, a day of invoices, and the audit.

mod listener;
mod roots;
mod story;
mod teller;

use std::path::{Path, PathBuf};

use chain_node::NodeConfig;
use chain_node::devnet::DevChainPlan;
use clap::Args as ClapArgs;
use ledger_types::ClockMode;
use serde_json::json;
use simulators::day::{self, DayOptions, Speed};
use simulators::plan::PlanOptions;
use simulators::report::DayReport;

use super::dev::{self, Up};
use crate::answer::Output;
use crate::failure::{Failure, exit};
use crate::session::Global;
use teller::Teller;

/// Arguments of `demo`.
#[derive(ClapArgs)]
#[command(
    before_help = "EXAMPLES\n  taxchain demo                          # the story, then a day of 44,000 invoices, then the audit\n  taxchain demo --invoices 1000 --report day.html\n  taxchain demo --dir ./demo --keep      # look at the chain afterwards: taxchain audit ./demo --plant 5"
)]
pub(crate) struct Args {
    /// Attempts to issue on the day that is played.
    #[arg(long, default_value_t = 44_000)]
    invoices: usize,
    /// Seed of the dice.
    #[arg(long, default_value_t = 20_180_810)]
    seed: u64,
    /// Where the chain lives; a temporary folder if absent.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Where the report goes.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Keep the chain's folder.
    #[arg(long)]
    keep: bool,
    /// Bureaus, each with a validating node of its own.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=16))]
    validators: u16,
}

/// Runs it.
pub(super) async fn run(global: &Global, args: Args) -> Result<(), Failure> {
    let own = args.dir.is_none();
    let dir = match &args.dir {
        Some(dir) => std::path::absolute(dir)?,
        None => std::env::temp_dir().join(format!("taxchain-demo-{}", std::process::id())),
    };
    if dir.join("genesis.json").exists() {
        return Err(Failure::config(format!("{} has a chain already: the demo needs its own", dir.display())));
    }
    let report = match &args.report {
        Some(path) => std::path::absolute(path)?,
        None => dir.with_extension("report.html"),
    };
    let result = tell(global, &args, &dir, &report).await;
    if own && !args.keep {
        std::fs::remove_dir_all(&dir)?;
    }
    result
}

async fn tell(global: &Global, args: &Args, dir: &Path, report_path: &Path) -> Result<(), Failure> {
    let teller = Teller::new(global.output == Output::Json);
    teller.title("税务链演示 · the tax chain, from issuing rule to reimbursement");
    let plan = DevChainPlan { name: "demo".to_owned(), clock: ClockMode::Driven, ..DevChainPlan::default() };
    let plan = DevChainPlan { validators: args.validators, ..plan };
    let mut up = dev::start(dir, &plan, NodeConfig::local(dir.to_owned(), false), true).await?;
    teller.line(&format!("链 chain {} · {}", up.chain.genesis().chain_id(), dir.display()));
    let told = play(global, args, &mut up, dir, report_path, &teller).await;
    let nodes: Vec<_> = (0..args.validators).map(|place| up.chain.data_dir_of(place)).collect();
    let (data, keys) = (up.chain.data_dir(), up.chain.committee_keys().map_err(Failure::general)?);
    let height = roots::common_height(&up).await;
    let stopped = up.stop().await;
    let (report, height) = (told?, height?);
    stopped?;
    roots::compare(nodes, height, &teller).await?;
    teller.title("审计 · the auditor judges every block again, from genesis and block files alone");
    let quiet = global.quiet;
    let audit =
        tokio::task::spawn_blocking(move || super::audit::audit(&data, auditor::Options::default(), 0, quiet, &*keys));
    let audit = audit.await.map_err(Failure::general)??;
    if global.output == Output::Json {
        let audit_json = super::audit::to_json(&audit);
        println!("{:#}", json!({ "day": report, "report": report_path, "audit": audit_json }));
        teller.text(&audit.last_line());
    } else {
        println!("{audit}");
    }
    super::audit::verdict(&audit)?;
    if report.is_as_expected() {
        return Ok(());
    }
    Err(Failure::new(
        exit::GENERAL,
        format!("{} outcomes were not as expected; see the report", report.violations_total),
    ))
}

async fn play(
    global: &Global,
    args: &Args,
    up: &mut Up,
    dir: &Path,
    report_path: &Path,
    teller: &Teller,
) -> Result<DayReport, Failure> {
    let ears = listener::Ears::open(up).await?;
    let told = story::tell(up, dir, teller).await;
    let heard = ears.close(up, teller);
    told.and(heard)?;
    listener::in_clear(dir, teller).await?;
    teller.title(&format!("一天 · a day of {} invoices (seed {})", args.invoices, args.seed));
    let bureau = up.people.iter().find(|p| p.name == "bureau");
    let bureau = bureau.ok_or_else(|| Failure::config("the chain has no bureau"))?;
    let options = DayOptions {
        plan: PlanOptions { invoices: args.invoices, days: 1, seed: args.seed },
        speed: Speed::Max,
        progress: !global.quiet,
    };
    let report = day::run(&up.client, &bureau.identity, &options).await.map_err(failed)?;
    report.write_html(report_path).map_err(failed)?;
    teller.text(&report.table());
    for violation in &report.violations {
        teller.line(&format!(
            "! invoice {}: {}: expected {}, {}",
            violation.invoice, violation.what, violation.expected, violation.seen
        ));
    }
    teller.line(&format!("报告 report {}", report_path.display()));
    Ok(report)
}

/// A simulation that cannot go on.
pub(super) fn failed(error: simulators::SimError) -> Failure {
    match error {
        simulators::SimError::Client(error) => Failure::from(error),
        simulators::SimError::Io { .. } => Failure::new(exit::IO, error.to_string()),
        other => Failure::general(other),
    }
}
