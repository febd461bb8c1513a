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
