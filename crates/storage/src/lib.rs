//! Room 7, storage: block segments are the truth, RocksDB holds the state.
//!
//! One block, one frame in a preallocated segment, one fdatasync; then the guard, then one batch to the state, which
//! has no log of its own. Checkpoints flush the state and the slot tree's pages off the hot thread. Whatever a crash
//! takes is replayed from the segments at the next start: `docs/formats.md` draws the files, [`recovery`] says the
//! order of things.
//!
//! Not here: execution (`ledger`), agreement (`chain-node`), what a block means to anyone.

mod backup;
mod checkpoint;
mod column_families;
mod commit;
mod create;
mod disk;
mod engine;
mod erasing;
mod error;
mod frame_cache;
mod fsck;
mod guard;
mod layout;
mod options;
pub mod planted;
mod project;
mod published;
mod reader;
pub mod recovery;
mod registry_cache;
mod rows;
mod segment;
mod self_check;
mod slot_tree;
mod snapshot;
mod state;
mod state_files;
mod stopwatch;
mod store;
mod tip;
mod view;
mod vote_guard;
mod vote_log;

pub use backup::{Backup, backup};
pub use column_families::Column;
pub use commit::{Committed, StageMicros};
pub use disk::{Disk, DiskFile, MemoryDisk, RealDisk};
pub use engine::{Batch, BatchRow, EngineError, GoOn, KvEngine, KvRead, LogEngine, RocksEngine};
pub use erasing::{ErasedStep, Eraser};
pub use error::{StoreError, WrongBlock};
pub use fsck::{Finding, Report, fsck, fsck_on, state_root_at};
pub use options::{EngineKind, Options};
pub use reader::{FoundTransaction, Reader, ReaderWatch, Reading, SlotPath, Step};
pub use recovery::Recovery;
pub use self_check::{SelfCheck, SelfChecked};
pub use snapshot::{
    HeaderPages, Incoming, MAX_CHUNK_FILE_BYTES, Shelf, SnapshotFolder, copy_folder, decode_chunk, decode_manifest,
    make_snapshot,
};
pub use store::Store;
pub use tip::Tip;
pub use view::StoreView;
pub use vote_log::{KeptVotes, VoteLog, VoteRecord};
