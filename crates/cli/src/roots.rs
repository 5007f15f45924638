//! State roots, derived again from the block files of stopped nodes.

use std::path::PathBuf;

use ledger_types::{Digest, Height};
use storage::Options;

use crate::failure::{Failure, exit};

/// The root of every data folder at this height, as `taxchain fsck --root --height H` derives it, in their order.
pub(crate) async fn derive(folders: Vec<PathBuf>, height: Height) -> Result<Vec<Digest>, Failure> {
    let work: Vec<_> = folders
        .into_iter()
        .map(|dir| tokio::task::spawn_blocking(move || storage::state_root_at(&dir, height, &Options::default())))
        .collect();
    let mut roots = Vec::new();
    for (i, root) in work.into_iter().enumerate() {
        let root = root.await.map_err(Failure::general)?;
        let root = root.map_err(|e| Failure::new(exit::VERIFICATION, format!("bureau {}: {e}", i + 1)))?;
        roots.push(root.ok_or_else(|| Failure::not_found(format!("bureau {} has no height {height}", i + 1)))?);
    }
    Ok(roots)
}

/// Refuses roots that differ.
pub(crate) fn same(roots: &[Digest]) -> Result<(), Failure> {
    match roots.windows(2).all(|pair| pair[0] == pair[1]) {
        true => Ok(()),
        false => Err(Failure::new(exit::VERIFICATION, "the nodes' state roots differ")),
    }
}
