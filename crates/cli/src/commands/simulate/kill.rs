//! How long a node takes to come back after kill -9, measured on a process of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chain_node::devnet::{DEV_BUREAU, DevChain, DevChainPlan};
use crypto::KeyUse;
use ledger_types::KeyId;
use sdk::{ConnectOptions, Identity, NodeClient};
use simulators::load::{self, Load, Sellers};

use super::super::demo::failed;
use crate::failure::{Failure, exit};

/// A killed node's return.
pub(super) struct Restart {
    /// Invoices on the chain when it was killed.
    pub(super) invoices: u64,
    /// From starting the process to the banner: the store is open, the people are there, gRPC answers.
    pub(super) ms: f64,
}

/// Fills a chain with at least so many invoices, kills its process in the middle of the load and starts it again.
pub(super) async fn restart_after_kill(dir: &Path, invoices: u64) -> Result<Restart, Failure> {
    let (mut child, endpoint) = start(dir).await?;
    let filled = fill(dir, &endpoint, invoices).await;
    child.kill()?;
    child.wait()?;
    filled?;
    let began = Instant::now();
    let (mut child, endpoint) = start(dir).await?;
    let ms = began.elapsed().as_secs_f64() * 1_000.0;
    let client = NodeClient::connect(&endpoint, options(dir)?).await?;
    let invoices = client.status().await?.slots;
    child.kill()?;
    child.wait()?;
    Ok(Restart { invoices, ms })
}

/// Returns with load still under way.
async fn fill(dir: &Path, endpoint: &str, invoices: u64) -> Result<(), Failure> {
    let chain = DevChain::open_or_create(dir, &DevChainPlan::default()).map_err(Failure::general)?;
    let key = chain.key("bureau", KeyUse::Transaction).map_err(Failure::general)?;
    let bureau = Identity::account(DEV_BUREAU, KeyId(0), key);
    let client = NodeClient::connect(endpoint, options(dir)?).await?;
    let sellers = Arc::new(Sellers::settle(&client, &bureau).await.map_err(failed)?);
    let load = Load::filling(32);
    load::fill(&client, &sellers, load, invoices).await.map_err(failed)?;
    // In the middle of blocks, not between them. What the load says of its end does not matter: nobody answers it.
    tokio::spawn(async move { drop(load::run(&client, sellers, load).await) });
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    Ok(())
}

fn options(dir: &Path) -> Result<ConnectOptions, Failure> {
    let chain = DevChain::open_or_create(dir, &DevChainPlan::default()).map_err(Failure::general)?;
    Ok(ConnectOptions::new(chain.transport().map_err(Failure::general)?))
}

/// A `taxchain dev` of its own; waits for its banner.
async fn start(dir: &Path) -> Result<(Child, String), Failure> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["dev", "--output", "json", "--data"]).arg(dir);
    for option in ["--listen", "--service-listen", "--metrics-listen"] {
        command.args([option, "127.0.0.1:0"]);
    }
    // Its own home: the user's current chain stays the current one.
    command.env("HOME", dir).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let out = child.stdout.take().ok_or_else(|| Failure::new(exit::IO, "the child has no output"))?;
    let line = tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line).map(|_| line)
    });
    let line = line.await.map_err(Failure::general)??;
    let banner: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
    match banner["node"].as_str() {
        Some(endpoint) => Ok((child, endpoint.to_owned())),
        None => {
            child.kill()?;
            child.wait()?;
            Err(Failure::new(exit::GENERAL, format!("the node did not start: {line}")))
        }
    }
}
