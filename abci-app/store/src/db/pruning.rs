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

/// What an entry's height means.
#[derive(Debug, Clone, Copy)]
pub(super) enum Window {
    /// The key ends with the height of the block that overwrote the value.
    UndoOfValues,
    /// The key ends with the height of the block that overwrote the page.
    UndoOfTree,
    /// The value starts with the height of the block that deleted the key, 0 while it is alive.
    Preimages,
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
            Window::UndoOfValues => &self.floors.values,
            Window::UndoOfTree | Window::Preimages => &self.floors.proofs,
        };
        Filter { window: self.window, floor: floor.load(Ordering::SeqCst) }
    }

    fn name(&self) -> &CStr {
        NAME
    }
}

pub(super) struct Filter {
    window: Window,
    floor: u64,
}

impl CompactionFilter for Filter {
    fn filter(&mut self, _level: u32, key: &[u8], value: &[u8]) -> CompactionDecision {
        let height = match self.window {
            Window::UndoOfValues | Window::UndoOfTree => key.last_chunk(),
            Window::Preimages => value.first_chunk(),
        };
        match height.map(|bytes| u64::from_be_bytes(*bytes)) {
            Some(height) if height != 0 && height <= self.floor => CompactionDecision::Remove,
            _ => CompactionDecision::Keep,
        }
    }

    fn name(&self) -> &CStr {
        NAME
    }
}
