//! An audit of a data folder.

use std::fs;
use std::path::{Path, PathBuf};

use ledger_types::{CannotAgree, ChainId, Committee, Genesis, Seal, Unsealer};

use crate::audit::{Options, Progress, audit};
use crate::plant::{PlantPlan, Planted};
use crate::report::AuditReport;
use crate::segments::{Frames, SegmentError};

/// Why an audit could not begin. What is wrong with the chain itself is a difference in the report.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// No chain in this folder.
    #[error("no chain in {path}: neither genesis.json nor chains/<chain id>/genesis.json", path = .0.display())]
    NoChain(PathBuf),
    /// Several chains, and none was named.
    #[error("{path} holds several chains: name one of {found:?}", path = dir.display())]
    SeveralChains {
        /// The folder.
        dir: PathBuf,
        /// Their ids.
        found: Vec<ChainId>,
    },
    /// A file that cannot be read.
    #[error("cannot read {path}: {source}", path = file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not a genesis document, or that of another chain.
    #[error("{path} is not this chain's genesis document: {what}", path = file.display())]
    Genesis {
        /// The file.
        file: PathBuf,
        /// Why.
        what: String,
    },
    /// Bodies are sealed, and the committee's private key was not given.
    #[error("bodies of this chain are sealed: the committee's private key of epoch {0} is needed to judge them")]
    NoCommitteeKey(u32),
    /// The folder begins with a snapshot: the blocks before are not there.
    #[error("{path} begins with a snapshot: audit the folder of a node that keeps all blocks", path = .0.display())]
    BeginsLater(PathBuf),
    /// The block files cannot be listed.
    #[error(transparent)]
    Segments(#[from] SegmentError),
}

/// What to audit, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunOptions {
    /// Which chain of a data folder; the only one if not named.
    pub chain: Option<ChainId>,
    /// How deep to look.
    pub audit: Options,
    /// Alter so many stored verdicts in memory first: each must then be found.
    pub plant: u64,
}

/// Audits the chain in `dir`: a node's data folder, or the folder of one chain with `genesis.json` and `segments`.
/// `keys` open what is sealed. Nothing is written. The node need not be stopped: frames that it adds meanwhile are judged or left, as read.
///
/// # Errors
/// [`RunError`] if there is no chain to begin with.
pub fn run(
    dir: &Path,
    options: RunOptions,
    keys: &dyn Unsealer,
    progress: &mut dyn FnMut(Progress),
) -> Result<AuditReport, RunError> {
    let folder = chain_folder(dir, options.chain)?;
    let genesis = read_genesis(&folder.join("genesis.json"), options.chain)?;
    let chain = genesis.chain_id();
    if folder.join("base").join("manifest").is_file() {
        return Err(RunError::BeginsLater(folder));
    }
    if let Some(Committee { epoch, public_key }) = genesis.committee {
        // Any point will do to ask whether the key is there.
        let probe = Seal { epoch, sender: public_key, for_holders: Vec::new() };
        if let Err(CannotAgree::MissingKey { epoch }) = keys.agreed(&chain, &probe) {
            return Err(RunError::NoCommitteeKey(epoch));
        }
    }
    let segments = folder.join("segments");
    let plan = match options.plant {
        0 => PlantPlan::default(),
        count => PlantPlan::spread(transactions(Frames::open(&segments, chain)?), count),
    };
    let planted = plan.len();
    let mut frames = Frames::open(&segments, chain)?;
    let mut report = audit(&genesis, Planted::new(frames.by_ref(), plan), options.audit, keys, progress);
    if let Some(epoch) = report.missing_key {
        return Err(RunError::NoCommitteeKey(epoch));
    }
    report.planted = planted;
    report.torn_tail = frames.torn_tail().map(|tail| format!("{}, byte {}", tail.file.display(), tail.offset));
    Ok(report)
}

fn transactions(frames: Frames) -> u64 {
    frames.map_while(Result::ok).map(|frame| frame.block.txs.len() as u64).sum()
}

/// The folder itself, or that of the chain named or the only one.
fn chain_folder(dir: &Path, wanted: Option<ChainId>) -> Result<PathBuf, RunError> {
    if dir.join("genesis.json").is_file() {
        return Ok(dir.to_owned());
    }
    let chains = dir.join("chains");
    let Ok(entries) = fs::read_dir(&chains) else { return Err(RunError::NoChain(dir.to_owned())) };
    let mut found: Vec<ChainId> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|id: &ChainId| chains.join(id.to_string()).join("genesis.json").is_file())
        .filter(|id| wanted.is_none_or(|wanted| wanted == *id))
        .collect();
    found.sort_unstable();
    match found[..] {
        [] => Err(RunError::NoChain(dir.to_owned())),
        [only] => Ok(chains.join(only.to_string())),
        _ => Err(RunError::SeveralChains { dir: dir.to_owned(), found }),
    }
}

fn read_genesis(file: &Path, wanted: Option<ChainId>) -> Result<Genesis, RunError> {
    let bytes = fs::read(file).map_err(|source| RunError::Read { file: file.to_owned(), source })?;
    let wrong = |what: String| RunError::Genesis { file: file.to_owned(), what };
    let genesis: Genesis = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
    let id = genesis.chain_id();
    let folder = file.parent().and_then(|parent| parent.file_name()?.to_str()?.parse::<ChainId>().ok());
    for expected in [wanted, folder].into_iter().flatten() {
        if expected != id {
            return Err(wrong(format!("it is of chain {id}")));
        }
    }
    Ok(genesis)
}
