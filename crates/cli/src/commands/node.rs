//! `taxchain node`: one node of a network.

pub(super) mod committee_key;
mod membership;
pub(super) mod network;
mod seal;
mod snapshot;

use std::io::{Read, Write};
use std::path::PathBuf;

use chain_node::node_file::{NodeFile, NodeFileError};
use chain_node::telemetry::{self, LogFormat};
use clap::{Args, Subcommand};
use serde_json::json;
use tokio::sync::oneshot;

use super::dev::StopSignals;
use crate::answer::{Answer, Output};
use crate::failure::{Failure, exit};
use crate::processes::NodeBanner;
use crate::session::Global;

/// `taxchain node`.
#[derive(Subcommand)]
#[command(
    before_help = "EXAMPLES\n  taxchain node start --config bureau-1/node.toml      # a file that `taxchain net init` wrote\n  taxchain node status https://127.0.0.1:7000 https://127.0.0.1:7010\n  taxchain node peers https://127.0.0.1:7000            # links, heights, whether the ledgers agree\n  taxchain node evidence                               # who contradicted himself\n  taxchain node erasures https://127.0.0.1:7000         # which orders of erasure it carried out\n  taxchain node join --config bureau-5/node.toml --operator 12 --as bureau\n  taxchain node leave --config bureau-5/node.toml --as bureau\n  taxchain node committee-key status                   # the keys that bodies are sealed for\n  taxchain node backup --config bureau-1/node.toml --to /backup/bureau-1-2026-11-21\n  taxchain node unseal --config bureau-1/node.toml --share share-2.pem --key holder.pem\n  taxchain node seal --config bureau-1/node.toml        # in an emergency: forget the keys and stop"
)]
pub(crate) enum Command {
    /// Run a node with its configuration file until it is told to stop.
    Start(StartArgs),
    /// Ask nodes where they stand, and say whether they agree.
    Status(NodesArgs),
    /// Show the links of nodes: who is linked, at which height, and whether their ledgers agree.
    Peers(NodesArgs),
    /// Show contradictions of validators that stand on chain.
    Evidence,
    /// Show orders of erasure, and which of them each node has carried out on its disk.
    Erasures(NodesArgs),
    /// Propose that a node's voting key joins the validators, and approve it.
    Join(membership::JoinArgs),
    /// Propose that a node's voting key leaves the validators, and approve it.
    Leave(membership::LeaveArgs),
    /// Copy the blocks of a node, also while it runs. A node that is started on the copy gets what is newer from its
    /// peers, and signs nothing before it has.
    Backup(BackupArgs),
    /// Give one's share to a node that starts sealed; without a share, ask how far it is (解封).
    Unseal(seal::UnsealArgs),
    /// Have a running node forget its keys and stop, until holders open it again (封存).
    Seal(seal::SealArgs),
    /// The committee's keys: make, hand over, install, show.
    #[command(subcommand)]
    CommitteeKey(committee_key::Command),
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

/// Arguments of `node status` and `node peers`.
#[derive(Args)]
pub(crate) struct NodesArgs {
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
        Command::Status(args) => network::status(global, args.nodes).await.map(Some),
        Command::Peers(args) => network::peers(global, args.nodes).await.map(Some),
        Command::Erasures(args) => network::erasures(global, args.nodes).await.map(Some),
        Command::Evidence => network::evidence(global).await.map(Some),
        Command::Join(args) => membership::join(global, args).await.map(Some),
        Command::Leave(args) => membership::leave(global, args).await.map(Some),
        Command::Unseal(args) => seal::unseal(args).await.map(Some),
        Command::Seal(args) => seal::seal(args).await.map(Some),
        Command::Backup(args) => backup(args).await.map(Some),
        Command::CommitteeKey(command) => committee_key::run(global, command).await.map(Some),
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
    let (node, door) = tokio::select! {
        // Fetching a snapshot takes its time, and so do holders of shares.
        () = stop.received() => return Ok(()),
        node = seal::serve(global, file) => node?,
    };
    let banner = NodeBanner {
        ready: true,
        node: node.url().to_owned(),
        metrics: node.metrics_address.map(|a| format!("http://{a}/metrics")),
        height: node.opened_at().0,
        pid: std::process::id(),
    };
    say(global, &banner)?;
    let input = if args.until_stdin_closes { end_of_input() } else { oneshot::channel().1 };
    tokio::select! {
        () = stop.received() => {}
        Ok(()) = input => {}
        () = seal::told_to_seal(door.as_ref()) => tracing::warn!("told to seal: the keys are forgotten, and the node stops"),
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

/// What went wrong, with the exit code that scripts expect.
pub(super) fn failed(error: NodeFileError) -> Failure {
    match error {
        NodeFileError::Io { .. } | NodeFileError::Form { .. } | NodeFileError::OtherChain { .. } => {
            Failure::config(error.to_string())
        }
        other => Failure::general(other),
    }
}
