//! Room 7, storage.
mod column_families;
mod disk;
mod engine;
mod error;
mod options;
pub use column_families::Column;
pub use disk::{Disk, DiskFile, MemoryDisk, RealDisk};
pub use engine::{Batch, EngineError, KvEngine, KvRead, LogEngine, RocksEngine};
pub use error::{StoreError, WrongBlock};
pub use options::{EngineKind, Options};
