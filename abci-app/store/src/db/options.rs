//! RocksDB's settings, and how the memory the node grants is divided.

use std::sync::Arc;

use rocksdb::{
    BlockBasedIndexType, BlockBasedOptions, Cache, ColumnFamilyDescriptor, DBCompressionType, DBRecoveryMode,
    Options, SliceTransform,
};

use super::Column;
use super::pruning::{History, Prune, PruneFloors};

/// The smallest caches that still work at all.
const MIN_CACHE_BYTES: usize = 8 << 20;
/// Blocks are written while a flush runs, so each column may fill two of these.
const MEMTABLE_BYTES: usize = 8 << 20;
/// On top of the caches: less would flush small files all the time.
const ALL_MEMTABLES_BYTES: usize = 32 << 20;
/// Columns that hardly change are flushed when the log has grown to this, so that opening after a
/// kill replays no more.
const LOG_BYTES: u64 = 96 << 20;
/// Flushed files that are merged at once: each merge writes most of a column anew.
const FILES_TO_MERGE: i32 = 8;

/// Shares of `StoreConfig::cache_bytes`.
pub(crate) struct Memory {
    pub(crate) blocks: usize,
    pub(crate) values: usize,
    pub(crate) nodes: usize,
}

impl Memory {
    pub(crate) fn split(cache_bytes: usize) -> Memory {
        let bytes = cache_bytes.max(MIN_CACHE_BYTES);
        // A tree node that is not in memory costs more than a value's block: it is many hashes.
        let (blocks, values) = (bytes / 4, bytes / 8);
        Memory {
            blocks,
            values,
            nodes: bytes - blocks - values,
        }
    }
}

pub(super) fn database() -> Options {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    // A torn tail of the log is a lost tail of blocks, which CometBFT replays.
    options.set_wal_recovery_mode(DBRecoveryMode::PointInTime);
    options.set_db_write_buffer_size(ALL_MEMTABLES_BYTES);
    options.set_max_total_wal_size(LOG_BYTES);
    // A merge holds this much of each file that it reads.
    options.set_compaction_readahead_size(256 << 10);
    options.set_max_open_files(512);
    options.set_max_background_jobs(2);
    options.set_keep_log_file_num(4);
    options.set_max_log_file_size(4 << 20);
    options.set_stats_dump_period_sec(0);
    options
}

pub(super) fn columns(memory: &Memory, floors: &Arc<PruneFloors>) -> Vec<ColumnFamilyDescriptor> {
    let cache = Cache::new_lru_cache(memory.blocks);
    Column::ALL
        .iter()
        .map(|column| ColumnFamilyDescriptor::new(column.name(), column_options(*column, &cache, floors)))
        .collect()
}

/// A key of history without the height it ends with.
fn without_height(key: &[u8]) -> &[u8] {
    key.split_last_chunk::<8>().map_or(key, |(key, _)| key)
}

fn column_options(column: Column, cache: &Cache, floors: &Arc<PruneFloors>) -> Options {
    let history = match column {
        Column::MainUndo | Column::EpochUndo => Some(History::Values),
        Column::LeafUndo => Some(History::Leaves),
        Column::Tree => Some(History::Pages),
        Column::Main | Column::Epoch | Column::Leaves | Column::Meta => None,
    };
    let mut table = table_options(cache);
    let mut options = Options::default();
    options.set_write_buffer_size(MEMTABLE_BYTES);
    options.set_level_zero_file_num_compaction_trigger(FILES_TO_MERGE);
    // Hashes do not compress.
    options.set_compression_type(match column {
        Column::Tree | Column::Leaves => DBCompressionType::None,
        _ => DBCompressionType::Lz4,
    });
    if let Some(history) = history {
        // One entry of a filter for all that is kept of a key; only those are ever looked for.
        options.set_prefix_extractor(SliceTransform::create(
            "slsbft.without_height",
            without_height,
            None,
        ));
        table.set_whole_key_filtering(false);
        options.set_memtable_prefix_bloom_ratio(0.1);
        options.set_compaction_filter_factory(Prune::new(history, floors.clone()));
        // Data that nothing else would compact is still pruned within a day.
        options.set_periodic_compaction_seconds(24 * 60 * 60);
    } else if column != Column::Leaves {
        options.set_memtable_whole_key_filtering(true);
        options.set_memtable_prefix_bloom_ratio(0.1);
    }
    // Leaves are read in ranges only.
    if column != Column::Leaves {
        table.set_bloom_filter(10.0, false);
    }
    options.set_block_based_table_factory(&table);
    options
}

/// Indexes and filters are in the cache like data, in parts of a block's size: whole ones would push
/// each other out, and a miss would read a megabyte.
fn table_options(cache: &Cache) -> BlockBasedOptions {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache);
    table.set_cache_index_and_filter_blocks(true);
    table.set_pin_l0_filter_and_index_blocks_in_cache(true);
    table.set_index_type(BlockBasedIndexType::TwoLevelIndexSearch);
    table.set_partition_filters(true);
    table.set_metadata_block_size(4 << 10);
    table.set_format_version(5);
    table
}
