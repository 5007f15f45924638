//! Opening a chain.
//!
//! 1. Lock, format version, genesis document, guard. What an erasure had begun is ended.
//! 2. The state says its height F. Without any it begins at height 0 from the genesis document, or at that of the
//!    snapshot in `base`.
//! 3. The slot tree comes from its pages, except those that are damaged, from an unfinished checkpoint, or changed
//!    after the last finished one: they are made again from the records. The register's tree is rebuilt. The roots
//!    must be those of height F.
//! 4. The frames after F are replayed: their change sets are applied, nothing is executed. Each must follow the one
//!    before by height, parent, roots and certificate, and lead to the state root that it names.
//! 5. Bytes behind the last whole frame are a torn write if the guard remembers no more than what is whole; they are
//!    wiped. Otherwise committed blocks are missing or damaged, and the chain does not open.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use ledger_types::{BlockFrame, Genesis, Height};
use proofs::dense_tree::PAGE_LEVELS;

use crate::checkpoint::{Checkpointer, Job, Worker};
use crate::commit::check_follows;
use crate::create::apply_genesis;
use crate::engine::{KvEngine, LogEngine, RocksEngine};
use crate::erasing::journal::Journal;
use crate::error::{AtPath, StoreError, damaged};
use crate::guard::{Guard, Guarded};
use crate::layout::{ChainDir, DataDir, read_genesis};
use crate::options::{EngineKind, Options};
use crate::planted::{self, Bug};
use crate::published::{Published, Shared, decode_frame};
use crate::rows::{self, MetaRow};
use crate::segment::{Leftover, Place, Position, SegmentReader, SegmentWriter, StoredFrame, Walked, walk};
use crate::slot_tree::{PageFile, SlotTree};
use crate::snapshot::{self, Base};
use crate::state::{State, StoredLeaves, check_changes};
use crate::state_files::StateFiles;
use crate::store::Store;
use crate::tip::Tip;

/// What opening found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// The height of the state as it was found; none if there was no state.
    pub state_height: Option<Height>,
    /// Blocks replayed.
    pub replayed_blocks: u64,
    /// Their transactions.
    pub replayed_txs: u64,
    /// Pages of the slot tree made again.
    pub rebuilt_pages: u64,
    /// Where a torn frame was wiped.
    pub wiped: Option<(PathBuf, u64)>,
    /// How long it took, ms.
    pub millis: u64,
}

/// A chain while it is being opened.
struct Opening {
    data: DataDir,
    options: Options,
    dir: ChainDir,
    genesis: Genesis,
    base: Option<Base>,
    engine: Arc<dyn KvEngine>,
    pages: PageFile,
    segments: SegmentReader,
    found: Recovery,
}

/// The state at a height, and where the next frame begins.
struct Loaded {
    state: State,
    tip: Tip,
    next: Position,
}

pub(crate) fn open(data: DataDir, options: Options) -> Result<(Store, Recovery), StoreError> {
    let started = Instant::now();
    data.check_format()?;
    let (chain, dir) = data.find(options.chain)?;
    let disk = Arc::clone(&data.disk);
    let genesis = read_genesis(disk.as_ref(), &dir.genesis(), &chain)?;
    let base = Base::read(&disk, &dir)?;
    if Journal::finish(disk.as_ref(), &dir)? {
        tracing::warn!("an erasure was cut off and has been ended");
    }
    let (guard, guarded) = Guard::open(disk.as_ref(), &dir.guard())?;
    let files =
        (options.engine == EngineKind::RocksDb).then(|| StateFiles::new(Arc::clone(&disk), &dir.state(), &dir.sums()));
    files.as_ref().map_or(Ok(()), StateFiles::forget)?;
    let engine = open_engine(&disk, &dir, &options)?;
    let pages = PageFile::open(disk.as_ref(), &dir.pages())?;
    let segments = SegmentReader::new(Arc::clone(&disk), &dir.segments());
    let found = Recovery::default();
    let mut opening = Opening { data, options, dir, genesis, base, engine, pages, segments, found };
    let worker = Worker { engine: Arc::clone(&opening.engine), pages: opening.pages.clone(), files };
    let checkpoints = Checkpointer::new(worker);
    let mut loaded = opening.load(&guarded)?;
    let (walked, since) = opening.replay(&mut loaded, &checkpoints)?;
    opening.settle_leftover(&walked, &guarded)?;
    check_guard(&loaded, &guarded)?;
    let wipe = opening.found.wiped.is_some();
    let bytes = opening.options.segment_bytes;
    let writer = SegmentWriter::resume(disk, &opening.dir.segments(), chain, bytes, walked.end, wipe)?;
    let Loaded { state, tip, .. } = loaded;
    if guarded.height != tip.height {
        guard.write(&Guarded { height: tip.height, block: tip.block_id, state_root: tip.state_root })?;
    }
    checkpoints.list_files()?;
    let first = Published { tip, rows: state.engine.snapshot() };
    let Opening { data, options, genesis, base, segments, mut found, .. } = opening;
    let shared = Arc::new(Shared::new(genesis, base, segments, state.shared_slots(), first));
    found.millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(chain = %shared.chain, height = %shared.newest().tip.height, replayed = found.replayed_blocks, "opened");
    let store =
        Store { shared, state, segments: writer, guard, checkpoints, options, since, poison: None, _data: data };
    Ok((store, found))
}

fn open_engine(
    disk: &Arc<dyn crate::disk::Disk>,
    dir: &ChainDir,
    options: &Options,
) -> Result<Arc<dyn KvEngine>, StoreError> {
    Ok(match options.engine {
        EngineKind::RocksDb => Arc::new(RocksEngine::open(&dir.state(), options)?),
        EngineKind::Log => Arc::new(LogEngine::open(disk, &dir.state())?),
    })
}

impl Opening {
    fn load(&mut self, guarded: &Guarded) -> Result<Loaded, StoreError> {
        let chain = self.genesis.chain_id();
        let slots = SlotTree::empty(chain, self.pages.clone(), self.options.undo_nodes);
        let mut found = rows::read_meta(self.engine.as_ref())?;
        if let (None, Some(_)) = (&found, &self.base) {
            let folder = Base::folder(&self.data.disk, &self.dir);
            snapshot::apply(&folder, &self.genesis, self.engine.as_ref())?;
            found = rows::read_meta(self.engine.as_ref())?;
        }
        let Some(meta) = found else {
            let mut state = State::empty(chain, Arc::clone(&self.engine), slots);
            let tip = apply_genesis(&mut state, &self.genesis)?;
            return Ok(Loaded { state, tip, next: Position::start(&chain) });
        };
        self.found.state_height = Some(meta.height);
        let tip = self.tip_of(meta.height)?;
        let next = match tip.place {
            Some(place) => self.behind(place, &tip).map_err(|e| self.missing(e, guarded))?,
            None => Position::start(&chain),
        };
        let pages_height = rows::read_pages_height(self.engine.as_ref())?;
        let stale = self.stale_pages(pages_height, &meta)?;
        let leaves = StoredLeaves(self.engine.as_ref());
        let is_stale = |page: u64| stale.contains(&page);
        let (slots, rebuilt) = slots.load(meta.height, meta.leaves, pages_height, &is_stale, &leaves)?;
        self.found.rebuilt_pages = rebuilt;
        let mut state = State::load(chain, Arc::clone(&self.engine), slots, meta.log)?;
        let roots = state.roots();
        if roots != tip.roots {
            let (expected, found) = (tip.state_root, roots.combine(&chain));
            return Err(StoreError::StateMismatch { height: tip.height, expected, found });
        }
        Ok(Loaded { state, tip, next })
    }

    fn tip_of(&self, height: Height) -> Result<Tip, StoreError> {
        let missing = || rows::bad_row(crate::Column::Headers, &rows::height_key(height), "it is missing");
        rows::read_tip(self.engine.as_ref(), height)?.ok_or_else(missing)
    }

    /// The position behind the frame of a height that the state has, which must be the same block.
    fn behind(&self, place: Place, tip: &Tip) -> Result<Position, StoreError> {
        let stored = self.segments.read(place)?;
        let bad = |what: String| damaged(&self.segments.path(place), place.offset, what);
        let frame = decode_frame(&stored.raw).map_err(bad)?;
        if frame.block.header.block_id() != tip.block_id {
            return Err(bad(format!("the state and the segments hold different blocks at height {}", tip.height)));
        }
        Ok(Position::after(place, stored.crc))
    }

    /// Why the state's own block cannot be read: perhaps because the segments end before it.
    fn missing(&self, error: StoreError, guarded: &Guarded) -> StoreError {
        let chain = self.genesis.chain_id();
        let (disk, dir) = (self.data.disk.as_ref(), self.dir.segments());
        let before = self.base.as_ref().map_or(Height(0), |base| base.height);
        match walk(disk, &dir, &chain, Position::start(&chain), before, &mut |_, _| Ok(())) {
            Ok(walked) if walked.last < guarded.height => too_short(&walked, guarded),
            _ => error,
        }
    }

    /// Pages that blocks changed between the last finished checkpoint of pages and the state.
    fn stale_pages(&self, pages_height: Height, meta: &MetaRow) -> Result<BTreeSet<u64>, StoreError> {
        let mut stale = BTreeSet::new();
        for height in pages_height.0 + 1..=meta.height.0 {
            if let Some(place) = self.tip_of(Height(height))?.place {
                let stored = self.segments.read(place)?;
                let frame = decode_frame(&stored.raw);
                let frame = frame.map_err(|what| damaged(&self.segments.path(place), place.offset, what))?;
                stale.extend(frame.changes.outputs().map(|(slot, _)| slot.0 >> PAGE_LEVELS));
            }
        }
        Ok(stale)
    }

    /// Replays the frames behind the state. Says where they end, and what has to be counted towards a checkpoint.
    fn replay(&mut self, loaded: &mut Loaded, checkpoints: &Checkpointer) -> Result<(Walked, (u64, u64)), StoreError> {
        let chain = self.genesis.chain_id();
        let (disk, dir, path_of) = (self.data.disk.as_ref(), self.dir.segments(), &self.segments);
        let (found, options) = (&mut self.found, &self.options);
        let (from, before) = (loaded.next, loaded.tip.height);
        let mut since = (0, 0);
        let walked = walk(disk, &dir, &chain, from, before, &mut |place, stored| {
            let frame = replay_frame(&mut loaded.state, &mut loaded.tip, place, &stored)
                .map_err(|e| misfit(e, &path_of.path(place), place))?;
            let txs = frame.changes.requests().count() as u64;
            found.replayed_blocks += 1;
            found.replayed_txs += txs;
            since = (since.0 + txs, since.1 + u64::from(place.len));
            if since.0 >= options.checkpoint_txs || since.1 >= options.checkpoint_bytes {
                since = (0, 0);
                let pages = loaded.state.slots_mut().take_dirty();
                let done = checkpoints.run(&Job { height: loaded.tip.height, pages }, false)?;
                loaded.state.slots_mut().written(done, options.page_cache);
            }
            Ok(())
        })?;
        Ok((walked, since))
    }

    /// Decides what the bytes behind the last whole frame are.
    fn settle_leftover(&mut self, walked: &Walked, guarded: &Guarded) -> Result<(), StoreError> {
        if walked.last < guarded.height && !planted::is_on(Bug::DamageIsTorn) {
            return Err(too_short(walked, guarded));
        }
        match &walked.leftover {
            Leftover::Nothing => {}
            Leftover::Torn { file, offset, .. } => self.found.wiped = Some((file.clone(), *offset)),
            Leftover::Unborn(path) => {
                self.data.disk.remove(path).at("remove", path)?;
                self.data.disk.sync_dir(&self.dir.segments()).at("sync", path)?;
            }
        }
        Ok(())
    }
}

fn too_short(walked: &Walked, guarded: &Guarded) -> StoreError {
    match &walked.leftover {
        Leftover::Torn { file, offset, what } => damaged(file, *offset, *what),
        _ => StoreError::BehindGuard { segments: walked.last, guard: guarded.height },
    }
}

/// A frame that is whole but does not follow is damage of the file it stands in.
fn misfit(error: StoreError, path: &std::path::Path, place: Place) -> StoreError {
    match error {
        StoreError::WrongBlock(e) => damaged(path, place.offset, e.to_string()),
        StoreError::Change(what) => damaged(path, place.offset, what),
        other => other,
    }
}

/// Takes the state over a frame; nothing is executed, everything is held against the roots.
pub(crate) fn replay_frame(
    state: &mut State,
    tip: &mut Tip,
    place: Place,
    stored: &StoredFrame,
) -> Result<BlockFrame, StoreError> {
    let frame = decode_frame(&stored.raw).map_err(StoreError::Change)?;
    let BlockFrame { block, certificate, receipts, changes, .. } = &frame;
    let block_id = check_follows(&state.chain, tip, block, certificate, receipts.len())?;
    let height = block.header.height;
    let leaves_before = state.slots().leaves();
    let leaves = check_changes(leaves_before, height, changes)?;
    let roots = state.advance(height, leaves, changes)?;
    let next = Tip {
        height,
        time: block.header.time,
        block_id,
        header: Some(block.header.clone()),
        certificate: Some(certificate.clone()),
        state_root: roots.combine(&state.chain),
        roots,
        receipts_root: proofs::receipts_root(receipts),
        changes_root: proofs::changes_root(changes),
        place: Some(place),
    };
    if next.state_root != frame.state_root {
        return Err(StoreError::StateMismatch { height, expected: frame.state_root, found: next.state_root });
    }
    let batch = state.rows(leaves_before, changes, &next)?;
    state.engine.write(&batch)?;
    *tip = next;
    Ok(frame)
}

/// The guard must name a block of this chain.
fn check_guard(loaded: &Loaded, guarded: &Guarded) -> Result<(), StoreError> {
    if planted::is_on(Bug::DamageIsTorn) {
        return Ok(());
    }
    let named = match guarded.height == loaded.tip.height {
        true => Some(loaded.tip.clone()),
        false => rows::read_tip(loaded.state.engine.as_ref(), guarded.height)?,
    };
    match named {
        Some(tip) if tip.block_id == guarded.block && tip.state_root == guarded.state_root => Ok(()),
        _ => Err(StoreError::GuardMismatch(guarded.height)),
    }
}
