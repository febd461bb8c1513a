//! Pruning: compaction drops what lies behind the window of kept heights. No key is looked up and
//! no deletion is written, so it costs the commit path nothing. Every key of a column with history
//! ends with a height.

use std::ffi::CStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rocksdb::CompactionDecision;
use rocksdb::compaction_filter::CompactionFilter;
use rocksdb::compaction_filter_factory::{CompactionFilterContext, CompactionFilterFactory};

use crate::tree::is_whole;

const NAME: &CStr = c"slsbft.prune";

/// What no height from these on needs may disappear. A floor follows the oldest kept height only
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

/// What a column holds of old heights, and so what can go.
#[derive(Debug, Clone, Copy)]
pub(super) enum History {
    /// Undos of values: what a block overwrote is of no use to that block's height.
    Values,
    /// Undos of leaves, likewise.
    Leaves,
    /// Pages of the tree: an entry serves until a whole one follows.
    Pages,
}

pub(super) struct Prune {
    history: History,
    floors: Arc<PruneFloors>,
}

impl Prune {
    pub(super) fn new(history: History, floors: Arc<PruneFloors>) -> Self {
        Prune { history, floors }
    }
}

impl CompactionFilterFactory for Prune {
    type Filter = Filter;

    fn create(&mut self, _context: CompactionFilterContext) -> Filter {
        let floor = match self.history {
            History::Values => &self.floors.values,
            History::Leaves | History::Pages => &self.floors.proofs,
        };
        Filter {
            history: self.history,
            floor: floor.load(Ordering::SeqCst),
            replaced: Vec::new(),
        }
    }

    fn name(&self) -> &CStr {
        NAME
    }
}

/// One compaction's filter; it meets keys in their order.
pub(super) struct Filter {
    history: History,
    floor: u64,
    /// The page of which a whole entry of the floor or below has been met: what follows of it is older.
    replaced: Vec<u8>,
}

impl Filter {
    fn is_gone(&mut self, key: &[u8], value: &[u8]) -> bool {
        let Some((prefix, height)) = key.split_last_chunk() else {
            return false;
        };
        let height = u64::from_be_bytes(*height);
        match self.history {
            History::Values | History::Leaves => height <= self.floor,
            History::Pages if self.replaced == prefix => true,
            History::Pages => {
                if !height <= self.floor && is_whole(value) {
                    self.replaced.clear();
                    self.replaced.extend_from_slice(prefix);
                }
                false
            }
        }
    }
}

impl CompactionFilter for Filter {
    fn filter(&mut self, _level: u32, key: &[u8], value: &[u8]) -> CompactionDecision {
        match self.is_gone(key, value) {
            true => CompactionDecision::Remove,
            false => CompactionDecision::Keep,
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
        for (column, first) in columns.into_iter().zip([5, 5, 8, 1]) {
            db.inner
                .compact_range_cf(db.column(column).unwrap(), None::<&[u8]>, None::<&[u8]>);
            assert_eq!(
                heights(&db, column),
                (first..=9).collect::<Vec<_>>(),
                "{column:?}"
            );
        }
    }

    #[test]
    fn compaction_drops_the_parts_of_a_page_behind_a_whole_one_that_the_floor_has_reached() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(dir.path(), &StoreConfig::default()).unwrap();
        let mut batch = Batch::new(&db);
        for path in [[1], [2]] {
            for height in 1..=9u64 {
                // Whole at 3, 6 and 9.
                let whole = u8::from(height.is_multiple_of(3));
                batch.put(
                    Column::Tree,
                    &[&path, &(!height).to_be_bytes()],
                    &[&[whole, 0, 0]],
                );
            }
        }
        db.write(batch).unwrap();
        db.floors.raise(1, 7);
        db.inner
            .compact_range_cf(db.column(Column::Tree).unwrap(), None::<&[u8]>, None::<&[u8]>);
        let kept: Vec<u64> = heights(&db, Column::Tree).iter().map(|height| !height).collect();
        assert_eq!(kept, [9, 8, 7, 6, 9, 8, 7, 6]);
    }
}
