//! Checks a snapshot's files, all of them, against the genesis document alone.

use ledger_types::{Digest, Genesis, Header, Height, ValidatorSet};
use proofs::HeaderChain;
use proofs::header_chain::Check;
use proofs::snapshot::{Chunk, ChunkName, Manifest};

use super::SnapshotFolder;
use crate::error::{StoreError, damaged};

/// A snapshot that holds.
pub(crate) struct Verified {
    pub(crate) manifest: Manifest,
    /// The header of its height.
    pub(crate) header: Header,
    /// The validators of its height.
    pub(crate) validators: ValidatorSet,
    /// The state root after it, as the next header carries it.
    pub(crate) state_root: Digest,
}

/// Follows the headers and checks the manifest and every chunk.
///
/// # Errors
/// [`StoreError::Damaged`] with the file and what is wrong with it.
pub(crate) fn verify(folder: &SnapshotFolder, genesis: &Genesis, check: Check) -> Result<Verified, StoreError> {
    let manifest = folder.manifest()?;
    let wrong = |name: ChunkName, what: String| damaged(&folder.path(name), 0, what);
    let mut headers = HeaderChain::new(genesis.clone());
    let mut of_height = None;
    let (of_headers, others): (Vec<_>, Vec<_>) =
        manifest.chunks().partition(|name| matches!(name, ChunkName::Headers(_)));
    for name in of_headers {
        let Chunk::Headers(entries) = folder.chunk(name)? else { continue };
        for entry in entries {
            headers.push(&entry, check).map_err(|e| wrong(name, e.to_string()))?;
            if entry.header.height == manifest.height {
                of_height = Some(entry.header);
            }
        }
    }
    manifest.check(&headers).map_err(|e| wrong(ChunkName::Manifest, e.to_string()))?;
    for name in others {
        manifest.check_chunk(name, &folder.chunk(name)?).map_err(|e| wrong(name, e.to_string()))?;
    }
    let missing = || wrong(ChunkName::Manifest, "the headers end before its height".to_owned());
    let header = of_height.ok_or_else(missing)?;
    let validators = headers.validators_at(manifest.height).cloned().ok_or_else(missing)?;
    let state_root = headers.state_root_after(manifest.height).ok_or_else(missing)?;
    if headers.height() != Height(manifest.height.0 + 1) {
        return Err(wrong(ChunkName::Manifest, "there are headers beyond the one after its height".to_owned()));
    }
    Ok(Verified { manifest, header, validators, state_root })
}
