//! `taxchain bench`: a chain of its own, the loads, and a line in the history.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chain_node::NodeConfig;
use chain_node::devnet::DevChainPlan;
use clap::Args;
use simulators::SimError;
use simulators::bench::{self, BenchOptions, BenchReport, Hooks};

use super::super::demo::failed;
use super::super::dev;
use super::kill::restart_after_kill;
use super::{cluster_bench, protection_bench};
use crate::answer::Output;
use crate::failure::Failure;
use crate::session::Global;

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// A single node.
    Solo,
    /// Several validators.
    Cluster,
    /// Several validators, encrypted and sealed against all in clear.
    Protection,
}

/// Arguments of `bench`.
#[derive(Args)]
#[command(
    before_help = "EXAMPLES\n  taxchain bench\n  taxchain bench cluster               # four validators as processes\n  taxchain bench protection --seconds 5  # what encrypted links and sealed bodies cost\n  taxchain bench --seconds 30 --history docs/benchmarks/history.jsonl"
)]
pub(crate) struct BenchArgs {
    /// One node in this process, or validators as processes.
    #[arg(value_enum, default_value_t = What::Solo)]
    what: What,
    /// Validators of `cluster`.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(4..=7))]
    pub(super) validators: u16,
    /// Seconds of each row.
    #[arg(long, default_value_t = 15)]
    pub(super) seconds: u64,
    /// Transactions under way in the closed loop.
    #[arg(long, default_value_t = 1_024)]
    pub(super) in_flight: usize,
    /// Invoices in a batch.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub(super) batch: u16,
    /// Invoices on the chain whose process is killed and started again.
    #[arg(long, default_value_t = 1_000_000)]
    pub(super) restart_invoices: u64,
    /// Bodies are not sealed, to compare with; one node only.
    #[arg(long)]
    plain_bodies: bool,
    /// Append a line of JSON here; docs/benchmarks/history.jsonl if that folder exists.
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// Where the chain lives; a temporary folder if absent. Use the disk to be measured.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Runs it.
pub(crate) async fn bench(global: &Global, args: BenchArgs) -> Result<(), Failure> {
    let base = args.dir.clone().unwrap_or_else(std::env::temp_dir);
    let dir = base.join(format!("taxchain-bench-{}", std::process::id()));
    let say = |what: &str| {
        if !global.quiet {
            eprintln!("bench: {what}");
        }
    };
    let result = match args.what {
        What::Solo => measure(&args, &dir).await.map(|r| (r.table(), r.line())),
        What::Protection => protection_bench::measure(&args, &dir, &say).await.map(|r| (r.table(), r.line())),
        What::Cluster => cluster_bench::measure(&args, &dir, &say).await.map(|r| (r.table(), r.line())),
    };
    if dir.exists() {
        std::fs::remove_dir_all(&dir)?;
    }
    let (table, line) = result?;
    match global.output {
        Output::Table => println!("{table}"),
        Output::Json => println!("{line}"),
    }
    let usual = PathBuf::from("docs/benchmarks/history.jsonl");
    let history = args.history.or_else(|| usual.parent().is_some_and(Path::is_dir).then_some(usual));
    if let Some(path) = history {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&path)?;
        writeln!(file, "{line}")?;
        if !global.quiet {
            eprintln!("appended to {}", path.display());
        }
    }
    Ok(())
}

async fn measure(args: &BenchArgs, dir: &Path) -> Result<BenchReport, Failure> {
    let plan = DevChainPlan { name: "bench".to_owned(), plain_bodies: args.plain_bodies, ..DevChainPlan::default() };
    let up = dev::start(dir, &plan, NodeConfig::local(dir.to_owned(), true), false).await?;
    let bureau = up.people.iter().find(|p| p.name == "bureau");
    let bureau = bureau.ok_or_else(|| Failure::config("the chain has no bureau"))?.identity.clone();
    let metrics = up.node.metrics_address.ok_or_else(|| Failure::config("the node has no metrics"))?;
    let data = up.chain.data_dir();
    let hooks = Hooks {
        metrics: &|| fetch(metrics).map_err(|source| SimError::Io { path: metrics.to_string(), source }),
        used_bytes: &|| used(&data).map_err(|source| SimError::Io { path: data.display().to_string(), source }),
    };
    let options = BenchOptions { seconds: args.seconds, in_flight: args.in_flight, batch: args.batch };
    let mut report = bench::run(&up.client, &bureau, options, &hooks).await.map_err(failed)?;
    up.stop().await?;
    let restart = restart_after_kill(&dir.join("killed"), args.restart_invoices).await?;
    (report.restart_invoices, report.restart_ms) = (restart.invoices, Some(restart.ms));
    report.commit = commit();
    report.at = now_s();
    Ok(report)
}

/// The metrics page over plain HTTP.
pub(super) fn fetch(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

/// Bytes in use below a folder: allocated blocks, except that a block segment counts up to its last byte that is not
/// zero, because its tail is allocated ahead.
fn used(folder: &Path) -> std::io::Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        // A file may go while the node works: it is counted as nothing.
        let Ok(meta) = std::fs::metadata(&path) else { continue };
        if meta.is_dir() {
            sum += used(&path)?;
        } else if folder.ends_with("segments") {
            sum += written(&path)?;
        } else {
            sum += meta.blocks() * 512;
        }
    }
    Ok(sum)
}

/// Length of a file without the zeros at its end.
fn written(path: &Path) -> std::io::Result<u64> {
    use std::os::unix::fs::FileExt;
    const STEP: u64 = 1 << 20;
    let file = std::fs::File::open(path)?;
    let mut end = file.metadata()?.len();
    let mut buffer = vec![0; STEP as usize];
    while end > 0 {
        let start = end.saturating_sub(STEP);
        let part = &mut buffer[..(end - start) as usize];
        file.read_exact_at(part, start)?;
        if let Some(last) = part.iter().rposition(|b| *b != 0) {
            return Ok(start + last as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

/// Seconds since 1970.
pub(super) fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

/// The commit measured.
pub(super) fn commit() -> String {
    let out = std::process::Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output();
    let text = out.ok().filter(|o| o.status.success()).map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned());
    text.unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_allocated_ahead_is_not_in_use() {
        let dir = tempfile::tempdir().unwrap();
        let segments = dir.path().join("segments");
        std::fs::create_dir(&segments).unwrap();
        let mut bytes = vec![7u8; 1_500_000];
        bytes.resize(4_000_000, 0);
        std::fs::write(segments.join("0"), bytes).unwrap();
        assert_eq!(used(&segments).unwrap(), 1_500_000);
        std::fs::write(segments.join("1"), vec![0u8; 10]).unwrap();
        assert_eq!(used(dir.path()).unwrap(), 1_500_000);
    }
}
