//! Derives the state of every height again, on a store of its own, and has what is stored compared on the way: the
//! rows at the height of the state, the pages at theirs.

use std::path::Path;
use std::sync::Arc;

use ledger_types::{Genesis, Height};
use proofs::header_chain::Check;
use proofs::snapshot::ChunkName;

use super::block_check::BlockCheck;
use super::erasure_check::Met;
use super::guard_check::Found;
use super::page_check;
use super::state_check::StateCheck;
use super::{FROM_A_COPY, RESTART, Report};
use crate::create::{apply_genesis, state_in_memory};
use crate::disk::{Disk, MemoryDisk};
use crate::engine::{KvEngine, RocksEngine};
use crate::error::{AtPath, StoreError, damaged};
use crate::layout::{ChainDir, DataDir};
use crate::options::Options;
use crate::recovery::replay_frame;
use crate::rows;
use crate::segment::{Leftover, Position, Walked, segment_number, walk};
use crate::slot_tree::{PageFile, SlotTree};
use crate::snapshot::{self, Base, SnapshotFolder};
use crate::state::{State, StoredLeaves};
use crate::tip::Tip;

/// Segments beyond this are derived in a RocksDB in the folder for temporary files, not in memory.
const IN_MEMORY_BYTES: u64 = 256 << 20;

/// The derived state.
pub(super) struct Replay<'a> {
    data: &'a DataDir,
    place: &'a ChainDir,
    state: State,
    tip: Tip,
    base: Height,
    check: BlockCheck,
    erased: Met,
    scratch: Option<std::path::PathBuf>,
}

impl<'a> Replay<'a> {
    pub(super) fn begin(data: &'a DataDir, place: &'a ChainDir, genesis: &Genesis) -> Result<Self, StoreError> {
        let mut state = state_in_memory(genesis)?;
        let scratch = (frame_bytes(data.disk.as_ref(), &place.segments())? > IN_MEMORY_BYTES).then(scratch_folder);
        if let Some(dir) = &scratch {
            let engine: Arc<dyn KvEngine> = Arc::new(RocksEngine::open(dir, &Options::default())?);
            state.engine = engine;
        }
        let (state, tip, check) = match Base::read(&data.disk, place)? {
            None => {
                let tip = apply_genesis(&mut state, genesis)?;
                (state, tip, BlockCheck::new(genesis))
            }
            Some(_) => on_base(&Base::folder(&data.disk, place), genesis, state.engine)?,
        };
        let base = tip.height;
        Ok(Self { data, place, state, tip, base, check, erased: Met::default(), scratch })
    }

    /// The height of the snapshot that the data begin with.
    pub(super) fn base(&self) -> Option<Height> {
        Some(self.base).filter(|base| *base > Height(0))
    }

    pub(super) fn tip(&self) -> &Tip {
        &self.tip
    }

    /// Goes through all segments, or up to a height.
    pub(super) fn run(
        &mut self,
        stored: &StateCheck,
        guard: &Found,
        until: Option<Height>,
        report: &mut Report,
    ) -> Result<(), StoreError> {
        let (disk, dir, chain) = (self.data.disk.as_ref(), self.place.segments(), self.state.chain);
        self.compare(stored, report)?;
        report.roots.push(self.tip.state_root);
        let mut enough = until == Some(self.base);
        let walked = walk(disk, &dir, &chain, Position::start(&chain), self.base, &mut |place, frame| {
            if enough {
                return Ok(());
            }
            let path = crate::segment::segment_path(&dir, place.segment);
            let before = self.state.engine.snapshot();
            match replay_frame(&mut self.state, &mut self.tip, place, &frame) {
                Ok(block) => {
                    if let Err(what) = self.check.check(&block, before.as_ref())? {
                        report.add(&path, format!("byte {}", place.offset), what, FROM_A_COPY);
                    }
                    self.erased.note(&block, &path, place.offset);
                    report.txs += block.block.txs.len() as u64;
                }
                Err(error) => return Err(crate::error::damaged(&path, place.offset, error.to_string())),
            }
            report.roots.push(self.tip.state_root);
            self.compare(stored, report)?;
            enough = until == Some(self.tip.height);
            Ok(())
        });
        match walked {
            Ok(walked) => leftover(&walked, guard, report),
            Err(error @ StoreError::Damaged { .. }) => report.add_error(&dir, &error, FROM_A_COPY),
            Err(error) => return Err(error),
        }
        report.slots = self.state.slots().leaves();
        if until.is_none() {
            self.strangers(report)?;
            self.erased.hold_against_orders(self.data, self.place, self.state.engine.as_ref(), report)?;
            stored.must_be_reached(self.tip.height, report);
        }
        Ok(())
    }

    fn compare(&self, stored: &StateCheck, report: &mut Report) -> Result<(), StoreError> {
        if stored.pages_height == Some(self.tip.height) {
            page_check::check(self.data, self.place, &self.state.slots(), self.tip.height, stored, report)?;
        }
        if stored.height == Some(self.tip.height) {
            stored.compare_rows(self.state.engine.as_ref(), report)?;
        }
        Ok(())
    }

    /// Files between the segments that are none.
    fn strangers(&self, report: &mut Report) -> Result<(), StoreError> {
        let dir = self.place.segments();
        for name in self.data.disk.list(&dir).at("list", &dir)? {
            if segment_number(&name).is_none() {
                report.add(&dir.join(&name), "", "it is no segment", "remove it");
            }
        }
        Ok(())
    }
}

/// The state of a snapshot, of which every chunk and every header's certificate is checked.
fn on_base(
    folder: &SnapshotFolder,
    genesis: &Genesis,
    engine: Arc<dyn KvEngine>,
) -> Result<(State, Tip, BlockCheck), StoreError> {
    let verified = snapshot::verify(folder, genesis, Check::Full)?;
    snapshot::apply(folder, genesis, engine.as_ref())?;
    let (chain, height) = (genesis.chain_id(), verified.manifest.height);
    let wrong = || damaged(&folder.path(ChunkName::Manifest), 0, "the state does not come of it");
    let meta = rows::read_meta(engine.as_ref())?.ok_or_else(wrong)?;
    let tip = rows::read_tip(engine.as_ref(), height)?.ok_or_else(wrong)?;
    let disk = MemoryDisk::new();
    disk.create_dir_all(Path::new("/")).at("make", Path::new("/"))?;
    let pages = PageFile::open(&disk, Path::new("/pages"))?;
    let slots = SlotTree::empty(chain, pages, 0);
    let (slots, _) = slots.load(height, meta.leaves, height, &|_| true, &StoredLeaves(engine.as_ref()))?;
    let mut state = State::load(chain, engine, slots, meta.log)?;
    if state.roots() != tip.roots {
        return Err(wrong());
    }
    let check = BlockCheck::after(genesis, verified.header, verified.validators);
    Ok((state, tip, check))
}

impl Drop for Replay<'_> {
    fn drop(&mut self) {
        if let Some(dir) = &self.scratch {
            // Left behind it is only in the way.
            std::fs::remove_dir_all(dir).ok();
        }
    }
}

fn leftover(walked: &Walked, guard: &Found, report: &mut Report) {
    let committed = guard.newest.is_some_and(|newest| newest.height > walked.last);
    let remedy = if committed { FROM_A_COPY } else { RESTART };
    match &walked.leftover {
        Leftover::Nothing => {}
        Leftover::Torn { file, offset, what } => report.add(file, format!("byte {offset}"), *what, remedy),
        Leftover::Unborn(path) => report.add(path, "byte 0", "the segment's header is not whole", remedy),
    }
}

/// Bytes of all segments but the last, which is mostly allocated.
fn frame_bytes(disk: &dyn Disk, dir: &Path) -> Result<u64, StoreError> {
    let mut names = disk.list(dir).at("list", dir)?;
    names.pop();
    names.iter().try_fold(0, |sum, name| {
        let path = dir.join(name);
        Ok(sum + disk.open(&path).at("open", &path)?.size().at("measure", &path)?)
    })
}

fn scratch_folder() -> std::path::PathBuf {
    std::env::temp_dir().join(format!("taxchain-fsck-{}", std::process::id()))
}
