//! Block segments, state in RocksDB, slot-tree pages, checkpoints, recovery, fsck
