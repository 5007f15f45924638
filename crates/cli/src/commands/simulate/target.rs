//! `taxchain simulate target`: what `taxchain simulate abuse` throws things at, as a process of its own.

use std::collections::BTreeMap;
use std::io::Read;
use std::net::SocketAddr;
use std::path::PathBuf;

use chain_node::NodeConfig;
use chain_node::devnet::DevChainPlan;
use chain_node::snapshots::SnapshotRules;
use chain_node::telemetry::{self, LogFormat};
use clap::Args;
use ledger_types::KeyId;
use serde::{Deserialize, Serialize};

use super::super::{dev, service};
use crate::failure::Failure;

/// Arguments of `simulate target`.
#[derive(Args)]
#[command(before_help = "EXAMPLES\n  taxchain simulate target --dir ./chain")]
pub(crate) struct TargetArgs {
    /// Where the chain lives.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Validators: the first is in this process with the invoice service, the others are processes of their own.
    #[arg(long, default_value_t = 4)]
    validators: u16,
    /// Bodies are not sealed: for a search that must find them.
    #[arg(long)]
    plain: bool,
}

/// Snapshots every few seconds.
const SNAPSHOTS: SnapshotRules = SnapshotRules { every: 25, keep: 2, sync: false, ahead: 1_000 };

/// What it prints once it serves, as one line of JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct TargetBanner {
    pub(super) service: String,
    /// Every validator's gRPC, the first one's first.
    pub(super) nodes: Vec<String>,
    pub(super) metrics: SocketAddr,
    /// The processes, that of the first node and the service first.
    pub(super) pids: Vec<u32>,
    /// What callers of the service show, by the names of the people.
    pub(super) tokens: BTreeMap<String, String>,
    /// Their accounts.
    pub(super) accounts: BTreeMap<String, u32>,
}

/// Serves until its input closes.
pub(super) async fn target(args: TargetArgs) -> Result<(), Failure> {
    let telemetry = telemetry::start("taxchain-target", LogFormat::Text, None).map_err(Failure::general)?;
    let plan = DevChainPlan { validators: args.validators, plain_bodies: args.plain, ..DevChainPlan::default() };
    let config = NodeConfig { snapshots: SNAPSHOTS, ..NodeConfig::local(args.dir.clone(), true) };
    let any = config.listen;
    let up = dev::start(&args.dir, &plan, config, false).await?;
    let service = service::beside::start(&up, any, &args.dir.join("service")).await?;
    let (mut tokens, mut accounts) = (BTreeMap::new(), BTreeMap::new());
    for person in &up.people {
        let admin = service.admin();
        admin.host_key(person.account, KeyId(0), &person.identity.key).await.map_err(Failure::general)?;
        let token = admin.create_api_token(person.account).await.map_err(Failure::general)?;
        tokens.insert(person.name.to_owned(), token.bearer());
        accounts.insert(person.name.to_owned(), person.account.0);
    }
    let others = || up.others.iter().flatten().map(|other| &other.banner);
    let metrics = up.node.metrics_address.ok_or_else(|| Failure::config("the node shows no metrics"))?;
    let banner = TargetBanner {
        service: service.endpoint(),
        nodes: std::iter::once(up.node.url().to_owned()).chain(others().map(|o| o.node.clone())).collect(),
        metrics,
        pids: std::iter::once(std::process::id()).chain(others().map(|o| o.pid)).collect(),
        tokens,
        accounts,
    };
    println!("{}", serde_json::to_string(&banner).map_err(Failure::general)?);
    let input = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    // However it ends, it has ended.
    drop(input.await);
    service.stop().await?;
    up.stop().await?;
    telemetry.shutdown();
    Ok(())
}
