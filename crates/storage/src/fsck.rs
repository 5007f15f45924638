//! Checks a data folder that no node uses: everything is derived again from the genesis document and the segments,
//! and held against what is stored. Nothing is changed.
//!
//! What is found where: a damaged segment by its checksums, by the links between blocks and by the roots; a damaged
//! guard or page by its checksum and by the derived value; a damaged file of the state by `checkpoint.sums`, by RocksDB
//! and row by row against the derived state.

mod block_check;
mod erasure_check;
mod guard_check;
mod page_check;
mod replay;
mod row_check;
mod state_check;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger_types::{ChainId, Digest, Height};

use crate::disk::{Disk, RealDisk};
use crate::engine::EngineError;
use crate::error::StoreError;
use crate::layout::{ChainDir, DataDir, read_genesis};
use crate::options::Options;
use replay::Replay;
use state_check::StateCheck;

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file, or the folder of the state.
    pub file: PathBuf,
    /// Where in it: a byte, a row or a page.
    pub place: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub remedy: &'static str,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The chain, unless even that is unreadable.
    pub chain: Option<ChainId>,
    /// What is wrong; nothing in a sound folder.
    pub findings: Vec<Finding>,
    /// The height of the snapshot that the data begin with.
    pub base: Option<Height>,
    /// State roots by height, from that of the base, as derived.
    pub roots: Vec<Digest>,
    /// Transactions.
    pub txs: u64,
    /// Slots.
    pub slots: u64,
    /// Rows of the state that were compared.
    pub rows: u64,
    /// Sections of bodies that were erased by order.
    pub erased: u64,
    /// Sections that are to be erased by order, and are still there.
    pub due: u64,
}

/// The segments or the guard are damaged: nothing on this machine can replace them.
pub(crate) const FROM_A_COPY: &str = "restore the folder from a copy, or let the node catch up from its peers";
/// Everything in the state comes from the segments.
pub(crate) const REMOVE_STATE: &str = "remove the folder `state`: the node makes it again from the segments";
/// Pages come from the state.
pub(crate) const REMOVE_PAGES: &str = "remove the file `pages`: the node makes it again from the state";
/// The next start puts it right.
pub(crate) const RESTART: &str = "start the node: it repairs this itself";
/// Somebody edited it.
pub(crate) const FROM_RELEASE: &str = "put the original file back";

impl Report {
    /// The newest height that could be derived.
    pub fn height(&self) -> Option<Height> {
        self.roots.len().checked_sub(1).map(|above| Height(self.first().0 + above as u64))
    }

    /// The state root at a height.
    pub fn root(&self, height: Height) -> Option<Digest> {
        self.roots.get(usize::try_from(height.0.checked_sub(self.first().0)?).ok()?).copied()
    }

    /// The height of the first root.
    fn first(&self) -> Height {
        self.base.unwrap_or(Height(0))
    }

    pub(crate) fn add(&mut self, file: &Path, place: impl Into<String>, what: impl Into<String>, remedy: &'static str) {
        let (place, what) = (place.into(), what.into());
        self.findings.push(Finding { file: file.to_owned(), place, what, remedy });
    }

    /// A finding from an error that names its place.
    fn add_error(&mut self, file: &Path, error: &StoreError, remedy: &'static str) {
        match error {
            StoreError::Damaged { file, offset, what } => self.add(file, format!("byte {offset}"), what, remedy),
            StoreError::Engine(EngineError::Manifest { file, offset }) => {
                self.add(file, format!("byte {offset}"), "the record is damaged", remedy);
            }
            other => self.add(file, "", other.to_string(), remedy),
        }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = if self.place.is_empty() { String::new() } else { format!(", {}", self.place) };
        write!(f, "{}{place}: {}; {}", self.file.display(), self.what, self.remedy)
    }
}

/// Checks a data folder. `options` name the chain and the engine.
///
/// # Errors
/// [`StoreError::Locked`] while a node runs, [`StoreError::NoChain`] and [`StoreError::SeveralChains`] if there is
/// nothing to check, and errors of the operating system. Damage is a finding, not an error.
pub fn fsck(dir: &Path, options: &Options) -> Result<Report, StoreError> {
    fsck_on(Arc::new(RealDisk), dir, options)
}

/// [`fsck`] on another disk.
pub fn fsck_on(disk: Arc<dyn Disk>, dir: &Path, options: &Options) -> Result<Report, StoreError> {
    let mut report = Report::default();
    let data = DataDir::lock(disk, dir)?;
    match data.check_format() {
        Err(error @ StoreError::Format { .. }) => report.add_error(&data.format_path(), &error, FROM_RELEASE),
        other => other?,
    }
    let (chain, place) = data.find(options.chain)?;
    let genesis = match read_genesis(data.disk.as_ref(), &place.genesis(), &chain) {
        Ok(genesis) => genesis,
        Err(error) => {
            report.add_error(&place.genesis(), &error, FROM_RELEASE);
            return Ok(report);
        }
    };
    report.chain = Some(chain);
    if erasure_check::is_under_way(&data, &place, &mut report)? {
        return Ok(report);
    }
    let guard = guard_check::read(&data, &place, &mut report)?;
    let state = StateCheck::open(&data, &place, options, &mut report)?;
    let Some(mut replay) = begin(&data, &place, &genesis, &mut report)? else { return Ok(report) };
    replay.run(&state, &guard, None, &mut report)?;
    guard_check::hold_against(&guard, &place, replay.tip(), &mut report);
    Ok(report)
}

/// Begins to derive; none if what the data begin with is damaged.
fn begin<'a>(
    data: &'a DataDir,
    place: &'a ChainDir,
    genesis: &ledger_types::Genesis,
    report: &mut Report,
) -> Result<Option<Replay<'a>>, StoreError> {
    match Replay::begin(data, place, genesis) {
        Ok(replay) => {
            report.base = replay.base();
            Ok(Some(replay))
        }
        Err(error @ StoreError::Damaged { .. }) => {
            report.add_error(&place.base(), &error, FROM_A_COPY);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The state root at a height, derived from the genesis document and the segments alone.
///
/// # Errors
/// As [`fsck`], [`StoreError::NotKept`] below a snapshot, and [`StoreError::Damaged`] if the segments up to there are. `None` for a height to come.
pub fn state_root_at(dir: &Path, height: Height, options: &Options) -> Result<Option<Digest>, StoreError> {
    let data = DataDir::lock(Arc::new(RealDisk), dir)?;
    data.check_format()?;
    let (chain, place) = data.find(options.chain)?;
    let genesis = read_genesis(data.disk.as_ref(), &place.genesis(), &chain)?;
    let mut report = Report::default();
    let mut replay = Replay::begin(&data, &place, &genesis)?;
    report.base = replay.base();
    if let Some(base) = report.base.filter(|base| height < *base) {
        return Err(StoreError::NotKept { first: base.next() });
    }
    replay.run(&StateCheck::none(), &guard_check::Found::default(), Some(height), &mut report)?;
    match (report.root(height), report.findings.into_iter().next()) {
        (Some(root), _) => Ok(Some(root)),
        (None, Some(found)) => Err(StoreError::Damaged { file: found.file, offset: 0, what: found.what }),
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
#[path = "fsck/fsck_test.rs"]
mod fsck_test;
