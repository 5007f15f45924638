//! Each node's state root, derived again from its own block files.

use std::path::PathBuf;

use ledger_types::Height;
use sdk::NodeClient;

use super::super::dev::Up;
use super::teller::Teller;
use crate::failure::Failure;
use crate::roots;

/// The greatest height that all nodes have.
pub(super) async fn common_height(up: &Up) -> Result<Height, Failure> {
    let mut lowest = up.client.stamp().await?.height;
    for process in up.others.iter().flatten() {
        let client = NodeClient::connect(&process.banner.node, up.connect_options()?).await?;
        lowest = lowest.min(client.stamp().await?.height);
    }
    Ok(lowest)
}

/// Derives the root of every data folder at this height, and says each; all must be equal.
pub(super) async fn compare(folders: Vec<PathBuf>, height: Height, teller: &Teller) -> Result<(), Failure> {
    teller.title(&format!("状态根 · each node's state root at height {height}, derived again from its own blocks"));
    let roots = roots::derive(folders, height).await?;
    for (i, root) in roots.iter().enumerate() {
        teller.line(&format!("税务局 bureau {}: fsck --root --height {height}: {root}", i + 1));
    }
    roots::same(&roots)?;
    teller.line(&format!("{n} 个一致 {n} of {n} equal", n = roots.len()));
    Ok(())
}
