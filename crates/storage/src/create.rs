//! Making a chain's folder. The genesis document is written last and by renaming: without it there is no chain, and
//! making it is begun anew.

use std::path::Path;
use std::sync::Arc;

use ledger_types::{ChangeSet, Genesis, Height};

use crate::disk::{Disk, MemoryDisk, replace_whole};
use crate::engine::{KvEngine, LogEngine};
use crate::error::{AtPath, StoreError, damaged};
use crate::guard::{Guard, Guarded};
use crate::layout::{DataDir, genesis_text};
use crate::options::Options;
use crate::segment::SegmentWriter;
use crate::slot_tree::{PageFile, SlotTree};
use crate::snapshot::{Base, Verified};
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

/// What is known of height 0.
pub(crate) fn genesis_tip(genesis: &Genesis) -> Result<Tip, StoreError> {
    apply_genesis(&mut state_in_memory(genesis)?, genesis)
}

/// Makes the folder of a chain and leaves the data folder locked.
pub(crate) fn create(
    disk: Arc<dyn Disk>,
    path: &Path,
    genesis: &Genesis,
    options: &Options,
) -> Result<DataDir, StoreError> {
    let chain = genesis.chain_id();
    let tip = genesis_tip(genesis)?;
    disk.create_dir_all(path).at("make", path)?;
    let data = DataDir::lock(disk, path)?;
    data.ensure_format()?;
    if data.disk.exists(&data.chain(&chain).genesis()) {
        return Err(StoreError::ChainExists { dir: path.to_owned(), chain });
    }
    // A snapshot that never became whole.
    Base::folder(&data.disk, &data.chain(&chain)).clear()?;
    let start = Guarded { height: Height(0), block: genesis_block_id(), state_root: tip.state_root };
    begin(&data, genesis, &start, options)?;
    Ok(data)
}

/// Makes a chain of a snapshot that was checked, in a folder that is locked.
pub(crate) fn create_on_base(
    data: &DataDir,
    genesis: &Genesis,
    verified: &Verified,
    options: &Options,
) -> Result<(), StoreError> {
    let (height, block) = (verified.manifest.height, verified.header.block_id());
    begin(data, genesis, &Guarded { height, block, state_root: verified.state_root }, options)
}

/// Makes what a chain has from `start` on; the genesis document last.
fn begin(data: &DataDir, genesis: &Genesis, start: &Guarded, options: &Options) -> Result<(), StoreError> {
    let (chain, disk) = (genesis.chain_id(), data.disk.as_ref());
    let dir = data.chain(&chain);
    // The state comes after the document: here blocks may be, and making the chain anew would overwrite them.
    if disk.exists(&dir.state()) {
        return Err(damaged(&dir.genesis(), 0, "it is missing, but the chain was begun: put the document back"));
    }
    disk.create_dir_all(&dir.segments()).at("make", &dir.segments())?;
    SegmentWriter::begin(disk, &dir.segments(), chain, start.height.next(), options.segment_bytes)?;
    Guard::create(disk, &dir.guard(), start)?;
    replace_whole(disk, &dir.genesis(), &genesis_text(genesis)?).at("write", &dir.genesis())?;
    for folder in dir.path().ancestors().skip(1).take(2) {
        disk.sync_dir(folder).at("sync", folder)?;
    }
    Ok(())
}
