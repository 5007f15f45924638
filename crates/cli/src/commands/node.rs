//! `taxchain node`: one node of a network.

mod snapshot;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::PathBuf;

use chain_node::node_file::{NodeFile, NodeFileError};
use chain_node::telemetry::{self, LogFormat};
use clap::{Args, Subcommand};
use ledger_types::Height;
use proto::node::v1::GetStatusResponse;
use sdk::{ConnectOptions, NodeClient};
use serde_json::json;
use tokio::sync::oneshot;

use super::dev::StopSignals;
use crate::answer::{Answer, Output};
use crate::failure::{Failure, exit};
use crate::processes::NodeBanner;
use crate::session::{Global, Session};

/// `taxchain node`.
#[derive(Subcommand)]
#[command(
    before_help = "EXAMPLES\n  taxchain node start --config bureau-1/node.toml      # a file that `taxchain net init` wrote\n  taxchain node status http://127.0.0.1:7000 http://127.0.0.1:7010\n  taxchain node backup --config bureau-1/node.toml --to /backup/bureau-1-2026-11-21"
)]
pub(crate) enum Command {
    /// Run a node with its configuration file until it is told to stop.
    Start(StartArgs),
    /// Ask nodes where they stand, and say whether they agree.
    Status(StatusArgs),
    /// Copy the blocks of a node, also while it runs. A node that is started on the copy gets what is newer from its
    /// peers, and signs nothing before it has.
    Backup(BackupArgs),
    /// Snapshots of the state: list, copy, begin with one.
    #[command(subcommand)]
    Snapshot(snapshot::Command),
}

/// Arguments of `node start`.
#[derive(Args)]
pub(crate) struct StartArgs {
    /// The node's configuration file.
    #[arg(long, value_name = "FILE", env = "TAXCHAIN_NODE_CONFIG")]
    config: PathBuf,
    /// With an empty data folder: begin with a snapshot of the peers instead of all blocks, if they have one.
    #[arg(long)]
    snapshot_sync: bool,
    /// Stop when standard input closes: for programs that start nodes.
    #[arg(long)]
    until_stdin_closes: bool,
    /// Log as JSON lines.
    #[arg(long)]
    log_json: bool,
}

/// Arguments of `node status`.
#[derive(Args)]
pub(crate) struct StatusArgs {
    /// Endpoints of the nodes' gRPC; that of home.json if absent.
    #[arg(value_name = "URL")]
    nodes: Vec<String>,
}

/// Arguments of `node backup`.
#[derive(Args)]
pub(crate) struct BackupArgs {
    /// The node's configuration file.
    #[arg(long, value_name = "FILE", env = "TAXCHAIN_NODE_CONFIG")]
    config: PathBuf,
    /// The new folder for the copy.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// Runs it.
pub(super) async fn run(global: &Global, command: Command) -> Result<Option<Answer>, Failure> {
    match command {
        Command::Start(args) => start(global, args).await.map(|()| None),
        Command::Status(args) => status(global, args).await.map(Some),
        Command::Backup(args) => backup(args).await.map(Some),
        Command::Snapshot(command) => snapshot::run(command).await.map(Some),
    }
}

async fn start(global: &Global, args: StartArgs) -> Result<(), Failure> {
    let mut file = NodeFile::read(&args.config).map_err(failed)?;
    file.node.snapshots.sync |= args.snapshot_sync;
    let format = if args.log_json { LogFormat::Json } else { LogFormat::Text };
    let telemetry = telemetry::start("taxchain-node", format, file.node.otlp_endpoint.as_deref());
    let telemetry = telemetry.map_err(|e| Failure::config(e.to_string()))?;
    // Before it serves: whoever reads the banner may stop it at once.
    let mut stop = StopSignals::listen()?;
    let node = tokio::select! {
        // Fetching a snapshot takes its time.
        () = stop.received() => return Ok(()),
        node = file.serve(storage::Options::default()) => node.map_err(failed)?,
    };
    let banner = NodeBanner {
        ready: true,
        node: format!("http://{}", node.address),
        metrics: node.metrics_address.map(|a| format!("http://{a}/metrics")),
        height: node.opened_at().0,
        pid: std::process::id(),
    };
    say(global, &banner)?;
    let input = if args.until_stdin_closes { end_of_input() } else { oneshot::channel().1 };
    tokio::select! {
        () = stop.received() => {}
        Ok(()) = input => {}
        () = node.failed() => eprintln!("taxchain: the node stopped by itself; see the log above"),
    }
    let stopped = node.stop().await;
    telemetry.shutdown();
    stopped.map_err(Failure::general)
}

fn say(global: &Global, banner: &NodeBanner) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match global.output {
        Output::Json => writeln!(out, "{}", json!(banner))?,
        Output::Table => {
            writeln!(out, "taxchain node is ready · 节点已就绪")?;
            writeln!(out, "  node      {}   gRPC taxchain.node.v1, health, reflection", banner.node)?;
            if let Some(metrics) = &banner.metrics {
                writeln!(out, "  metrics   {metrics}")?;
            }
            writeln!(out, "  height    {}", banner.height)?;
        }
    }
    Ok(out.flush()?)
}

/// Resolves when standard input ends.
fn end_of_input() -> oneshot::Receiver<()> {
    let (ended, end) = oneshot::channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 64];
        while matches!(std::io::stdin().lock().read(&mut buffer), Ok(read) if read > 0) {}
        // The node may be gone already.
        let _ = ended.send(());
    });
    end
}

async fn backup(args: BackupArgs) -> Result<Answer, Failure> {
    let file = NodeFile::read(&args.config).map_err(failed)?;
    let (data, to) = (file.node.data, args.to);
    let made = tokio::task::spawn_blocking(move || storage::backup(&data, &to));
    let made = made.await.map_err(Failure::general)?;
    let made = made.map_err(|e| Failure::new(exit::IO, e.to_string()))?;
    Ok(Answer::new()
        .field("chain", made.chain.to_string())
        .field("height", made.height.0)
        .field("bytes", made.bytes)
        .next("to restore: stop the node, put this folder in the place of its data, start it"))
}

async fn status(global: &Global, args: StatusArgs) -> Result<Answer, Failure> {
    let nodes = if args.nodes.is_empty() { vec![Session::open(global).await?.home.file.node] } else { args.nodes };
    let (mut rows, mut up) = (Vec::new(), Vec::new());
    for node in nodes {
        match ask(&node).await {
            Ok((client, status)) => {
                let at = status.read_context.clone().unwrap_or_default();
                rows.push(vec![
                    json!(node),
                    json!(at.height),
                    json!(hex::encode(&status.block_id)),
                    json!(hex::encode(&at.state_root)),
                    json!(status.slots),
                    json!(status.mempool_txs),
                ]);
                up.push((node, client, at));
            }
            Err(failure) => rows.push(vec![json!(node), json!(failure.to_string())]),
        }
    }
    let common = up.iter().map(|(_, _, at)| at.height).min().unwrap_or(0);
    let mut said = BTreeSet::new();
    for (_, client, at) in &up {
        // Below the first block there is only the chain itself to agree on.
        let block = if common > 0 { client.block(Height(common)).await? } else { None };
        said.insert((at.chain_id.clone(), block.map(|b| (b.block_id, b.state_root))));
    }
    let answer = Answer::new()
        .field("nodes", rows.len())
        .field("answering", up.len())
        .field("common_height", common)
        .field("agree", said.len() <= 1)
        .table(&["node", "height", "block", "state_root", "slots", "waiting"], rows);
    if said.len() <= 1 && !up.is_empty() {
        return Ok(answer);
    }
    let (code, why) = match said.len() {
        0 => (exit::UNAVAILABLE, "no node answers".to_owned()),
        _ => (exit::VERIFICATION, format!("the nodes differ in the block of height {common}")),
    };
    answer.field("why", why).print(global.output, global.quiet);
    Err(Failure { code, lines: Vec::new(), reasons: Vec::new() })
}

async fn ask(node: &str) -> Result<(NodeClient, GetStatusResponse), Failure> {
    let client = NodeClient::connect(node, ConnectOptions::default()).await?;
    let status = client.status().await?;
    Ok((client, status))
}

/// What went wrong, with the exit code that scripts expect.
pub(super) fn failed(error: NodeFileError) -> Failure {
    match error {
        NodeFileError::Io { .. } | NodeFileError::Form { .. } | NodeFileError::OtherChain { .. } => {
            Failure::config(error.to_string())
        }
        other => Failure::general(other),
    }
}
