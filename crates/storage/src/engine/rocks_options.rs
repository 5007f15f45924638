//! RocksDB's settings, as measured: no log, flushed as one, writes in key order, lz4.

use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamilyDescriptor, DBCompressionType, LogLevel, Options as RocksOptions,
    WriteOptions,
};

use crate::column_families::Column;
use crate::options::Options;

/// Of the whole store.
pub(super) fn database() -> RocksOptions {
    let mut options = RocksOptions::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    // All families are flushed to one point in time: what a crash leaves is the state after one block.
    options.set_atomic_flush(true);
    // There is one writer; in-order inserts are only fast without the concurrent path.
    options.set_allow_concurrent_memtable_write(false);
    options.set_enable_pipelined_write(false);
    options.set_max_background_jobs(2);
    options.set_max_open_files(512);
    options.set_keep_log_file_num(2);
    options.set_max_log_file_size(1 << 20);
    options.set_log_level(LogLevel::Warn);
    options.set_stats_dump_period_sec(0);
    options.set_paranoid_checks(true);
    options
}

/// Of each column family.
pub(super) fn families(settings: &Options) -> Vec<ColumnFamilyDescriptor> {
    let cache = Cache::new_lru_cache(settings.block_cache_bytes);
    let mut all = vec![ColumnFamilyDescriptor::new("default", RocksOptions::default())];
    all.extend(Column::ALL.map(|column| ColumnFamilyDescriptor::new(column.name(), family(column, settings, &cache))));
    all
}

fn family(column: Column, settings: &Options, cache: &Cache) -> RocksOptions {
    let tuning = column.tuning();
    let mut table = BlockBasedOptions::default();
    table.set_block_size(tuning.block_bytes);
    table.set_block_cache(cache);
    table.set_format_version(5);
    let mut options = RocksOptions::default();
    if tuning.filter {
        table.set_bloom_filter(10.0, false);
        options.set_memtable_prefix_bloom_ratio(0.05);
        options.set_memtable_whole_key_filtering(true);
    }
    options.set_block_based_table_factory(&table);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_level_compaction_dynamic_level_bytes(true);
    options.set_write_buffer_size(settings.memtable_bytes);
    options.set_max_write_buffer_number(4);
    options
}

/// Of each write: the segments are the log.
pub(super) fn writes() -> WriteOptions {
    let mut options = WriteOptions::default();
    options.disable_wal(true);
    options
}
