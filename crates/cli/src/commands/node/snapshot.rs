//! `taxchain node snapshot`: snapshots of the state as files.

use std::path::PathBuf;

use chain_node::node_file::NodeFile;
use clap::{Args, Subcommand};
use proofs::header_chain::Check;
use serde_json::json;
use storage::{Incoming, Options, Shelf, StoreError, copy_folder};

use super::failed;
use crate::answer::Answer;
use crate::failure::{Failure, exit};

/// `taxchain node snapshot`.
#[derive(Subcommand)]
#[command(
    before_help = "EXAMPLES\n  taxchain node snapshot list --config bureau-1/node.toml\n  taxchain node snapshot make --config bureau-1/node.toml --to /media/disk/snapshot\n  taxchain node snapshot take --config bureau-5/node.toml --from /media/disk/snapshot"
)]
pub(crate) enum Command {
    /// List the snapshots that a node keeps.
    List(OneNode),
    /// Put a copy of a node's newest snapshot into a folder, also while the node runs.
    Make(MakeArgs),
    /// Begin an empty data folder with a copy of a snapshot. Everything in it is checked from the genesis document on;
    /// the node that is started on it gets what is newer from its peers.
    Take(TakeArgs),
}

/// Whose.
#[derive(Args)]
pub(crate) struct OneNode {
    /// The node's configuration file.
    #[arg(long, value_name = "FILE", env = "TAXCHAIN_NODE_CONFIG")]
    config: PathBuf,
}

/// Arguments of `node snapshot make`.
#[derive(Args)]
pub(crate) struct MakeArgs {
    #[command(flatten)]
    node: OneNode,
    /// The new folder for the copy.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// Arguments of `node snapshot take`.
#[derive(Args)]
pub(crate) struct TakeArgs {
    #[command(flatten)]
    node: OneNode,
    /// The folder with the copy.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
}

/// Runs it.
pub(super) async fn run(command: Command) -> Result<Answer, Failure> {
    let work = tokio::task::spawn_blocking(move || match command {
        Command::List(args) => list(&args),
        Command::Make(args) => make(&args),
        Command::Take(args) => take(&args),
    });
    work.await.map_err(Failure::general)?
}

fn shelf(args: &OneNode) -> Result<Shelf, Failure> {
    let file = NodeFile::read(&args.config).map_err(failed)?;
    let chain = file.genesis().map_err(failed)?.chain_id();
    Ok(Shelf::real(&file.node.data, &chain))
}

fn store_failed(error: &StoreError) -> Failure {
    let code = match error {
        StoreError::Damaged { .. } => exit::VERIFICATION,
        StoreError::ChainExists { .. } | StoreError::Locked(_) => exit::GENERAL,
        _ => exit::IO,
    };
    Failure::new(code, error.to_string())
}

fn list(args: &OneNode) -> Result<Answer, Failure> {
    let shelf = shelf(args)?;
    let mut rows = Vec::new();
    for height in shelf.heights().map_err(|e| store_failed(&e))? {
        let folder = shelf.at(height);
        let manifest = folder.manifest().map_err(|e| store_failed(&e))?;
        let bytes = folder.size().map_err(|e| store_failed(&e))?;
        rows.push(vec![
            json!(height),
            json!(manifest.id()),
            json!(manifest.slots),
            json!(manifest.lines),
            json!(bytes),
        ]);
    }
    Ok(Answer::new().field("snapshots", rows.len()).table(&["height", "snapshot", "slots", "requests", "bytes"], rows))
}

fn make(args: &MakeArgs) -> Result<Answer, Failure> {
    let shelf = shelf(&args.node)?;
    let newest = shelf.heights().map_err(|e| store_failed(&e))?.first().copied();
    let none =
        "the node has made no snapshot yet: it makes one at every height that `every` in [node.snapshots] divides";
    let height = newest.ok_or_else(|| Failure::not_found(none))?;
    if args.to.exists() {
        return Err(Failure::new(exit::IO, format!("{} is there already", args.to.display())));
    }
    let (from, to) = (shelf.at(height), copy_folder(args.to.clone()));
    from.copy_to(&to).map_err(|e| store_failed(&e))?;
    let manifest = to.manifest().map_err(|e| store_failed(&e))?;
    Ok(Answer::new()
        .field("height", height.0)
        .field("snapshot", manifest.id().to_string())
        .field("bytes", to.size().map_err(|e| store_failed(&e))?)
        .next("taxchain node snapshot take --config FILE --from DIR"))
}

fn take(args: &TakeArgs) -> Result<Answer, Failure> {
    let file = NodeFile::read(&args.node.config).map_err(failed)?;
    let genesis = file.genesis().map_err(failed)?;
    let taken = || {
        let incoming = Incoming::real(&file.node.data, genesis.chain_id())?;
        incoming.take_from(&args.from)?;
        let store = incoming.finish(&genesis, Check::Full, Options::default())?;
        let tip = store.tip();
        store.close()?;
        Ok(tip)
    };
    let tip = taken().map_err(|e| store_failed(&e))?;
    Ok(Answer::new()
        .field("height", tip.height.0)
        .field("state_root", tip.state_root.to_string())
        .next("taxchain node start --config FILE"))
}
