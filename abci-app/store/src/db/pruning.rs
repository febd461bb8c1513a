//! Pruning: compaction drops what lies behind the window of kept heights. No key is looked up and
//! no deletion is written, so it costs the commit path nothing.

use std::ffi::CStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rocksdb::CompactionDecision;
use rocksdb::compaction_filter::CompactionFilter;
use rocksdb::compaction_filter_factory::{CompactionFilterContext, CompactionFilterFactory};

const NAME: &CStr = c"slsbft.prune_undo";

/// Entries of these heights and below may disappear. A floor follows the oldest kept height only
/// once the block that raised it is fsynced: after a power cut, what is gone must not be asked for.
#[derive(Debug, Default)]
pub(crate) struct PruneFloors {
    pub(crate) values: AtomicU64,
    pub(crate) proofs: AtomicU64,
}

impl PruneFloors {
    pub(crate) fn raise(&self, values: u64, proofs: u64) {
        self.values.fetch_max(values, Ordering::SeqCst);
        self.proofs.fetch_max(proofs, Ordering::SeqCst);
    }
}

/// Which floor a column follows.
#[derive(Debug, Clone, Copy)]
pub(super) enum Window {
    Values,
    Proofs,
}

pub(super) struct PruneUndo {
    window: Window,
    floors: Arc<PruneFloors>,
}

impl PruneUndo {
    pub(super) fn new(window: Window, floors: Arc<PruneFloors>) -> Self {
        PruneUndo { window, floors }
    }
}

impl CompactionFilterFactory for PruneUndo {
    type Filter = Filter;

    fn create(&mut self, _context: CompactionFilterContext) -> Filter {
        let floor = match self.window {
            Window::Values => &self.floors.values,
            Window::Proofs => &self.floors.proofs,
        };
        Filter {
            floor: floor.load(Ordering::SeqCst),
        }
    }

    fn name(&self) -> &CStr {
        NAME
    }
}

/// Every key of an undo column ends with the height of the block that overwrote something.
pub(super) struct Filter {
    floor: u64,
}

impl CompactionFilter for Filter {
    fn filter(&mut self, _level: u32, key: &[u8], _value: &[u8]) -> CompactionDecision {
        match key.last_chunk() {
            Some(height) if u64::from_be_bytes(*height) <= self.floor => CompactionDecision::Remove,
            _ => CompactionDecision::Keep,
        }
    }

    fn name(&self) -> &CStr {
        NAME
    }
}

#[cfg(test)]
mod tests {
    use rocksdb::ReadOptions;

    use crate::StoreConfig;
    use crate::db::{Batch, Column, Db};

    fn heights(db: &Db, column: Column) -> Vec<u64> {
        let mut entries = db.iterate(column, ReadOptions::default()).unwrap();
        entries.seek_to_first();
        let mut heights = Vec::new();
        while let Some(key) = entries.key() {
            heights.push(u64::from_be_bytes(*key.last_chunk().unwrap()));
            entries.next();
        }
        heights
    }

    #[test]
    fn compaction_drops_the_undos_behind_their_own_floor_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(dir.path(), &StoreConfig::default()).unwrap();
        let mut batch = Batch::new(&db);
        let columns = [
            Column::MainUndo,
            Column::EpochUndo,
            Column::TreeUndo,
            Column::LeafUndo,
            Column::Main,
        ];
        for column in columns {
            for height in 1..=9u64 {
                batch.put(column, &[b"key\0\0", &height.to_be_bytes()], &[&[0]]);
            }
        }
        db.write(batch).unwrap();
        db.floors.raise(4, 7);
        db.floors.raise(3, 6);
        for (column, first) in columns.into_iter().zip([5, 5, 8, 8, 1]) {
            db.inner
                .compact_range_cf(db.column(column).unwrap(), None::<&[u8]>, None::<&[u8]>);
            assert_eq!(
                heights(&db, column),
                (first..=9).collect::<Vec<_>>(),
                "{column:?}"
            );
        }
    }
}
