//! RocksDB as this crate uses it: its column families, how it is opened and refused, plain reads.

mod batch;
mod folder;
mod options;
mod pruning;

use std::path::Path;
use std::sync::Arc;

use rocksdb::{ColumnFamily, DBRawIterator, ReadOptions};

use crate::{StoreConfig, StoreError};
pub(crate) use batch::Batch;
pub(crate) use options::Memory;
pub(crate) use pruning::PruneFloors;

/// Version of everything on disk. Raised with every change of a column's meaning.
pub(crate) const STATE_VERSION: u32 = 2;
const STATE_VERSION_KEY: &[u8] = b"state_version";
/// Keys of one call of RocksDB.
const READ_AT_ONCE: usize = 256;

/// A column family. The comment gives key → value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    /// key → value: the main space's latest values.
    Main,
    /// undo key → what the block at that height overwrote.
    MainUndo,
    /// key → value: the epoch-local space's latest values.
    Epoch,
    /// undo key → what the block at that height overwrote.
    EpochUndo,
    /// tree page path ‖ inverted height → the slots that the block at that height changed, or all.
    Tree,
    /// SHA-256(key) → hash of the leaf ‖ key, for every key of the main space.
    Leaves,
    /// undo key of SHA-256(key) → the leaf that was there, for blocks that added or removed it.
    LeafUndo,
    /// state version, latest height, windows, block records.
    Meta,
}

impl Column {
    pub(crate) const ALL: [Column; 8] = [
        Column::Main,
        Column::MainUndo,
        Column::Epoch,
        Column::EpochUndo,
        Column::Tree,
        Column::Leaves,
        Column::LeafUndo,
        Column::Meta,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Column::Main => "main",
            Column::MainUndo => "main_undo",
            Column::Epoch => "epoch",
            Column::EpochUndo => "epoch_undo",
            Column::Tree => "tree",
            Column::Leaves => "leaves",
            Column::LeafUndo => "leaf_undo",
            Column::Meta => "meta",
        }
    }
}

pub(crate) struct Db {
    inner: rocksdb::DB,
    ids: batch::ColumnIds,
    pub(crate) floors: Arc<PruneFloors>,
}

impl Db {
    /// Opens or creates the database, and refuses one that this binary does not know.
    pub(crate) fn open(path: &Path, config: &StoreConfig) -> Result<Db, StoreError> {
        std::fs::create_dir_all(path)
            .map_err(|error| StoreError::io("creating the database's folder", &error))?;
        folder::check(path)?;
        let floors = Arc::new(PruneFloors::default());
        let memory = Memory::split(config.cache_bytes);
        let inner =
            rocksdb::DB::open_cf_descriptors(&options::database(), path, options::columns(&memory, &floors))
                .map_err(|error| folder::open_error(path, error))?;
        let mut db = Db {
            inner,
            ids: Default::default(),
            floors,
        };
        let mut ids = db.ids;
        for (id, column) in ids.iter_mut().zip(Column::ALL) {
            *id = batch::column_id(db.column(column)?)?;
        }
        db.ids = ids;
        db.check_version(path)?;
        Ok(db)
    }

    fn check_version(&self, path: &Path) -> Result<(), StoreError> {
        match self.get(Column::Meta, STATE_VERSION_KEY)? {
            Some(bytes) => folder::check_version(path, &bytes),
            None => self.initialize(),
        }
    }

    /// Only a database that holds nothing at all may lack its version.
    fn initialize(&self) -> Result<(), StoreError> {
        for column in Column::ALL {
            let mut entries = self.iterate(column, ReadOptions::default())?;
            entries.seek_to_first();
            if entries.valid() {
                return Err(StoreError::corrupt(format!(
                    "column {} holds data, but there is no state version",
                    column.name()
                )));
            }
            entries.status()?;
        }
        let mut batch = Batch::new(self);
        batch.put(
            Column::Meta,
            &[STATE_VERSION_KEY],
            &[&STATE_VERSION.to_be_bytes()],
        );
        self.write(batch)?;
        self.sync()
    }

    fn column(&self, column: Column) -> Result<&ColumnFamily, StoreError> {
        self.inner
            .cf_handle(column.name())
            .ok_or_else(|| StoreError::corrupt(format!("column {} is missing", column.name())))
    }

    pub(crate) fn get(&self, column: Column, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.inner.get_cf(self.column(column)?, key)?)
    }

    /// The values of `keys`, which must be sorted, in their order.
    pub(crate) fn get_sorted(
        &self,
        column: Column,
        keys: &[&[u8]],
    ) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let column = self.column(column)?;
        let mut values = Vec::with_capacity(keys.len());
        // What is found stays pinned in the block cache until it is copied.
        for keys in keys.chunks(READ_AT_ONCE) {
            for value in self
                .inner
                .batched_multi_get_cf(column, keys.iter().copied(), true)
            {
                values.push(value?.map(|bytes| bytes.to_vec()));
            }
        }
        Ok(values)
    }

    /// Any part of a column.
    pub(crate) fn iterate(
        &self,
        column: Column,
        mut options: ReadOptions,
    ) -> Result<DBRawIterator<'_>, StoreError> {
        options.set_total_order_seek(true);
        Ok(self.inner.raw_iterator_cf_opt(self.column(column)?, options))
    }

    /// The history of one key or page: what it seeks must only differ in height. Skips most files.
    pub(crate) fn iterate_one(
        &self,
        column: Column,
        mut options: ReadOptions,
    ) -> Result<DBRawIterator<'_>, StoreError> {
        options.set_prefix_same_as_start(true);
        Ok(self.inner.raw_iterator_cf_opt(self.column(column)?, options))
    }

    /// Atomic, logged, not fsynced: after a power cut the last blocks may be missing as a whole.
    pub(crate) fn write(&self, batch: Batch) -> Result<(), StoreError> {
        Ok(self.inner.write(batch.finish())?)
    }

    /// Deletes everything in a column whose keys do not begin with 48 bytes of 255.
    pub(crate) fn clear(&self, column: Column) -> Result<(), StoreError> {
        Ok(self
            .inner
            .delete_range_cf(self.column(column)?, [].as_slice(), [u8::MAX; 48].as_slice())?)
    }

    /// Fsyncs the log, so that everything written before is on disk.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        Ok(self.inner.flush_wal(true)?)
    }

    pub(crate) fn checkpoint(&self, to: &Path) -> Result<(), StoreError> {
        Ok(rocksdb::checkpoint::Checkpoint::new(&self.inner)?.create_checkpoint(to)?)
    }
}
