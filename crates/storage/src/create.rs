//! Making a chain's folder. The genesis document is written last and by renaming: without it there is no chain, and
//! making it is begun anew.

use std::path::Path;
use std::sync::Arc;

use ledger_types::{ChangeSet, Digest, Genesis, Height};

use crate::disk::{Disk, MemoryDisk, replace_whole};
use crate::engine::{KvEngine, LogEngine};
use crate::error::{AtPath, StoreError, damaged};
use crate::guard::{Guard, Guarded};
use crate::layout::{DataDir, genesis_text};
use crate::options::Options;
use crate::segment::SegmentWriter;
use crate::slot_tree::{PageFile, SlotTree};
use crate::state::{State, check_changes};
use crate::tip::{Tip, genesis_block_id};

/// The changes that make height 0.
pub(crate) fn genesis_changes(genesis: &Genesis) -> Result<ChangeSet, StoreError> {
    ledger::genesis_changes(genesis).map_err(|e| StoreError::Genesis(e.to_string()))
}

/// Takes an empty state to height 0 and writes its rows.
pub(crate) fn apply_genesis(state: &mut State, genesis: &Genesis) -> Result<Tip, StoreError> {
    let changes = genesis_changes(genesis)?;
    let leaves = check_changes(0, Height(0), &changes)?;
    let roots = state.advance(Height(0), leaves, &changes)?;
    let tip = Tip::genesis(genesis, &state.chain, roots, proofs::changes_root(&changes));
    let rows = state.rows(0, &changes, &tip)?;
    state.engine.write(&rows)?;
    Ok(tip)
}

/// A state in memory alone.
pub(crate) fn state_in_memory(genesis: &Genesis) -> Result<State, StoreError> {
    let chain = genesis.chain_id();
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::new());
    let engine: Arc<dyn KvEngine> = Arc::new(LogEngine::open(&disk, Path::new("/state"))?);
    let pages = PageFile::open(disk.as_ref(), Path::new("/state/pages"))?;
    Ok(State::empty(chain, engine, SlotTree::empty(chain, pages, 0)))
}

fn genesis_state_root(genesis: &Genesis) -> Result<Digest, StoreError> {
    Ok(apply_genesis(&mut state_in_memory(genesis)?, genesis)?.state_root)
}

/// Makes the folder of a chain and leaves the data folder locked.
pub(crate) fn create(
    disk: Arc<dyn Disk>,
    path: &Path,
    genesis: &Genesis,
    options: &Options,
) -> Result<DataDir, StoreError> {
    let chain = genesis.chain_id();
    let state_root = genesis_state_root(genesis)?;
    disk.create_dir_all(path).at("make", path)?;
    let data = DataDir::lock(disk, path)?;
    data.ensure_format()?;
    let dir = data.chain(&chain);
    let disk = data.disk.as_ref();
    if disk.exists(&dir.genesis()) {
        return Err(StoreError::ChainExists { dir: path.to_owned(), chain });
    }
    // The state comes after the document: here blocks may be, and making the chain anew would overwrite them.
    if disk.exists(&dir.state()) {
        return Err(damaged(&dir.genesis(), 0, "it is missing, but the chain was begun: put the document back"));
    }
    disk.create_dir_all(&dir.segments()).at("make", &dir.segments())?;
    SegmentWriter::begin(disk, &dir.segments(), chain, options.segment_bytes)?;
    let start = Guarded { height: Height(0), block: genesis_block_id(), state_root };
    Guard::create(disk, &dir.guard(), &start)?;
    replace_whole(disk, &dir.genesis(), &genesis_text(genesis)?).at("write", &dir.genesis())?;
    for folder in dir.path().ancestors().skip(1).take(2) {
        disk.sync_dir(folder).at("sync", folder)?;
    }
    Ok(data)
}
