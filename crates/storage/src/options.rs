//! How a store is run.

use ledger_types::ChainId;

/// Which engine holds the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    /// RocksDB.
    RocksDb,
    /// The log store: for small chains, simulation and tests.
    Log,
}

/// Settings of a store. The defaults are for a node.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which chain to open where a folder holds several.
    pub chain: Option<ChainId>,
    /// The engine of the state.
    pub engine: EngineKind,
    /// Size of a block segment, bytes, allocated when it is begun. A larger block gets a larger segment.
    pub segment_bytes: u64,
    /// Request lines between checkpoints: how much a restart replays at most.
    pub checkpoint_txs: u64,
    /// Bytes of frames between checkpoints, for chains of few large transactions.
    pub checkpoint_bytes: u64,
    /// Checkpoints run on a thread of their own. Off, they run in `commit`: for simulation.
    pub background_checkpoints: bool,
    /// Pages of the slot tree kept in memory when clean (4 KiB each).
    pub page_cache: usize,
    /// How many replaced nodes of the slot tree are kept for proofs at earlier heights (about 40 bytes each).
    pub undo_nodes: usize,
    /// Memory for RocksDB's block cache, bytes.
    pub block_cache_bytes: usize,
    /// Size of one RocksDB memtable, bytes.
    pub memtable_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            chain: None,
            engine: EngineKind::RocksDb,
            segment_bytes: 256 << 20,
            checkpoint_txs: 100_000,
            checkpoint_bytes: 256 << 20,
            background_checkpoints: true,
            page_cache: 1 << 16,
            undo_nodes: 1 << 20,
            block_cache_bytes: 256 << 20,
            memtable_bytes: 64 << 20,
        }
    }
}

impl Options {
    /// Small files and little memory: development chains and tests.
    pub fn small() -> Self {
        Self {
            segment_bytes: 1 << 20,
            checkpoint_txs: 1_000,
            checkpoint_bytes: 1 << 20,
            page_cache: 64,
            undo_nodes: 1 << 16,
            block_cache_bytes: 4 << 20,
            memtable_bytes: 1 << 20,
            ..Self::default()
        }
    }
}
