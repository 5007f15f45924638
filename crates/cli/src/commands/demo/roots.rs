//! Each node's state root, derived again from its own block files.

use std::path::PathBuf;

use ledger_types::Height;
use sdk::{ConnectOptions, NodeClient};
use storage::Options;

use super::super::dev::Up;
use super::teller::Teller;
use crate::failure::{Failure, exit};

/// The greatest height that all nodes have.
pub(super) async fn common_height(up: &Up) -> Result<Height, Failure> {
    let mut lowest = up.client.stamp().await?.height;
    for process in up.others.iter().flatten() {
        let client = NodeClient::connect(&process.banner.node, ConnectOptions::default()).await?;
        lowest = lowest.min(client.stamp().await?.height);
    }
    Ok(lowest)
}

/// Derives the root of every data folder at this height, as `taxchain fsck --root --height H` does; all must be equal.
pub(super) async fn compare(folders: Vec<PathBuf>, height: Height, teller: &Teller) -> Result<(), Failure> {
    teller.title(&format!("状态根 · each node's state root at height {height}, derived again from its own blocks"));
    let work: Vec<_> = folders
        .into_iter()
        .map(|dir| tokio::task::spawn_blocking(move || storage::state_root_at(&dir, height, &Options::default())))
        .collect();
    let mut roots = Vec::new();
    for (i, root) in work.into_iter().enumerate() {
        let root = root.await.map_err(|e| Failure::new(exit::GENERAL, e.to_string()))?;
        let root = root.map_err(|e| Failure::new(exit::VERIFICATION, format!("bureau {}: {e}", i + 1)))?;
        let root = root.ok_or_else(|| Failure::not_found(format!("bureau {} has no height {height}", i + 1)))?;
        teller.line(&format!("税务局 bureau {}: fsck --root --height {height}: {root}", i + 1));
        roots.push(root);
    }
    let n = roots.len();
    roots.dedup();
    if roots.len() != 1 {
        return Err(Failure::new(exit::VERIFICATION, "the nodes' state roots differ"));
    }
    teller.line(&format!("{n} 个一致 {n} of {n} equal"));
    Ok(())
}
