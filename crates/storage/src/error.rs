//! What can go wrong with the stores. Business refusals are not here: they are receipts.

use std::io;
use std::path::{Path, PathBuf};

use ledger_types::{BlockId, ChainId, Digest, Height};

use crate::engine::EngineError;

/// A fault of the environment or of the data on disk, or a block that does not belong at the tip.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system refused.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Another process (or another store of this one) has the folder.
    #[error("{0} is in use by another process")]
    Locked(PathBuf),
    /// There is no data of ours.
    #[error("{0} holds no chain: create one first")]
    NoChain(PathBuf),
    /// Several chains and none was named.
    #[error("{dir} holds {} chains: name one", found.len())]
    SeveralChains {
        /// The folder.
        dir: PathBuf,
        /// The chains in it.
        found: Vec<ChainId>,
    },
    /// The chain is there already.
    #[error("{dir} already holds chain {chain}")]
    ChainExists {
        /// The folder.
        dir: PathBuf,
        /// The chain.
        chain: ChainId,
    },
    /// The folder's format is not one that this program reads.
    #[error("{path} says `{found}`, this program reads `{supported}`")]
    Format {
        /// The version file.
        path: PathBuf,
        /// What it says.
        found: String,
        /// What is read.
        supported: &'static str,
    },
    /// The genesis document makes no chain.
    #[error("the genesis document makes no chain: {0}")]
    Genesis(String),
    /// Bytes on disk are not what was written.
    #[error("{file} is damaged at byte {offset}: {what}")]
    Damaged {
        /// The file.
        file: PathBuf,
        /// Where in it.
        offset: u64,
        /// What is wrong.
        what: String,
    },
    /// The block segments end before the height that the guard remembers: data was lost or rolled back.
    #[error("the block segments end at height {segments}, but height {guard} was committed: do not run this copy")]
    BehindGuard {
        /// Last whole frame.
        segments: Height,
        /// What was committed.
        guard: Height,
    },
    /// The guard is gone or both its records are damaged.
    #[error("the guard {0} is unreadable: it cannot be told whether blocks are missing")]
    GuardLost(PathBuf),
    /// The guard names another block than the segments hold.
    #[error("the guard and the segments hold different blocks at height {0}")]
    GuardMismatch(Height),
    /// The state is not that of the chain in the segments.
    #[error("the state at height {height} is {found}, the chain says {expected}: remove the state folder and restart")]
    StateMismatch {
        /// At what height.
        height: Height,
        /// What headers and frames say.
        expected: Digest,
        /// What the state's trees give.
        found: Digest,
    },
    /// The state store failed or is damaged.
    #[error("state store: {0}")]
    Engine(#[from] EngineError),
    /// A row of the state store cannot be read.
    #[error("row {key} of `{column}` is damaged: {what}")]
    Row {
        /// The column family.
        column: &'static str,
        /// The key in hexadecimal digits.
        key: String,
        /// What is wrong.
        what: String,
    },
    /// The block does not follow the tip. Nothing was written.
    #[error("the block does not follow the tip: {0}")]
    WrongBlock(#[from] WrongBlock),
    /// A change set that no execution makes. Nothing was written.
    #[error("impossible change: {0}")]
    Change(String),
    /// The data begin with a snapshot, and this was before.
    #[error("what was before block {first} is not kept here: ask another node")]
    NotKept {
        /// The first block that is kept.
        first: Height,
    },
    /// An earlier write failed: memory and disk may differ, so nothing more is written until a restart.
    #[error("the store stopped after a failed write ({cause}): restart the node")]
    Poisoned {
        /// The first failure.
        cause: String,
    },
}

/// How a block does not follow the tip.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongBlock {
    /// Another height is next.
    #[error("height {found}, expected {expected}")]
    Height {
        /// What is next.
        expected: Height,
        /// What came.
        found: Height,
    },
    /// For another chain.
    #[error("it is for chain {0}")]
    Chain(ChainId),
    /// Another parent.
    #[error("parent {found}, expected {expected}")]
    Parent {
        /// The tip.
        expected: BlockId,
        /// What the header says.
        found: BlockId,
    },
    /// A root of the parent height in the header is not ours.
    #[error("{which} {found}, expected {expected}")]
    Root {
        /// Which root.
        which: &'static str,
        /// Ours.
        expected: Digest,
        /// What the header says.
        found: Digest,
    },
    /// The certificate is for another block.
    #[error("the certificate is for another block")]
    Certificate,
    /// Not one receipt for each transaction behind those of begin-block tasks.
    #[error("{receipts} receipts for {txs} transactions")]
    Receipts {
        /// Receipts given.
        receipts: usize,
        /// Transactions in the block.
        txs: usize,
    },
}

/// Names the file in an I/O error.
pub(crate) trait AtPath<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, StoreError>;
}

impl<T> AtPath<T> for io::Result<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::Io { action, path: path.to_owned(), source })
    }
}

/// Bytes on disk that are not what was written.
pub(crate) fn damaged(file: &Path, offset: u64, what: impl Into<String>) -> StoreError {
    StoreError::Damaged { file: file.to_owned(), offset, what: what.into() }
}
