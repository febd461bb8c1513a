//! One immutable state.

use std::sync::Arc;

use rocksdb::{DBRawIterator, ReadOptions};

use crate::block::BlockRecord;
use crate::db::{Column, Db};
use crate::merge::merge;
use crate::read::{Entries, Entry, is_empty_range};
use crate::undo::{self, VersionedRange, undo_column};
use crate::values::Values;
use crate::window::Window;
use crate::{BlockMeta, Changes, Order, Read, Space, StoreError, app_hash};

/// The state after one height. Cheap to clone; holds up neither writer nor pruning: a state
/// that has been pruned meanwhile answers `NotKept`, never something else.
#[derive(Clone)]
pub struct Snapshot {
    state: Arc<State>,
}

pub(crate) struct State {
    pub(crate) db: Arc<Db>,
    pub(crate) window: Arc<Window>,
    pub(crate) values: Arc<Values>,
    pub(crate) record: BlockRecord,
    /// What this block wrote, while it may not have reached the database.
    pub(crate) staged: Arc<Changes>,
}

impl Snapshot {
    pub(crate) fn new(state: State) -> Self {
        Snapshot {
            state: Arc::new(state),
        }
    }

    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    pub(crate) fn is_same(&self, other: &Snapshot) -> bool {
        Arc::ptr_eq(&self.state, &other.state)
    }

    /// 0 is the empty state before the first block.
    pub fn height(&self) -> u64 {
        self.state.record.block.height
    }

    pub fn app_hash(&self) -> [u8; 32] {
        app_hash(self.state.record.tree_root)
    }

    /// The running hash of the epoch-local space after this block.
    pub fn epoch_hash(&self) -> [u8; 32] {
        self.state.record.epoch_hash
    }

    pub fn block(&self) -> &BlockMeta {
        &self.state.record.block
    }

    fn read(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let State {
            db, window, staged, ..
        } = &*self.state;
        if let Some(value) = staged.get(space, key) {
            return Ok(value.map(<[u8]>::to_vec));
        }
        let value = db.get(value_column(space), key)?;
        if window.written_above(self.height())
            && let Some(old) = undo::lookup(db, space, key, self.height())?
        {
            return Ok(old);
        }
        Ok(value)
    }

    fn entries<'a>(
        &'a self,
        space: Space,
        start: &[u8],
        end: Option<&[u8]>,
        order: Order,
    ) -> Result<Entries<'a>, StoreError> {
        let State { window, staged, .. } = &*self.state;
        let mut entries = self.versioned(value_column(space), undo_column(space), start, end, order)?;
        window.check_kept(self.height())?;
        if !staged.writes(space).is_empty() {
            entries = merge(staged.range(space, start, end, order), entries, order);
        }
        Ok(entries)
    }

    /// A column as it was at this height, but for what this very block may not have written yet.
    pub(crate) fn versioned<'a>(
        &'a self,
        latest: Column,
        undo: Column,
        start: &[u8],
        end: Option<&[u8]>,
        order: Order,
    ) -> Result<Entries<'a>, StoreError> {
        let State { db, window, .. } = &*self.state;
        // The order matters: the iterator fixes what it sees of the latest entries, and only then
        // is it certain which blocks' undos are needed.
        let latest = LatestRange::new(db, latest, start, end, order)?;
        if !window.written_above(self.height()) {
            return Ok(Box::new(latest));
        }
        let range = VersionedRange::new(db, latest, undo, (start, end), order, self.height())?;
        Ok(Box::new(range))
    }
}

impl Read for Snapshot {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let State { window, values, .. } = &*self.state;
        let value = match space {
            Space::Main => match values.get(key, self.height()) {
                Some(value) => value,
                None => {
                    let value = self.read(space, key)?;
                    values.keep(key, value.as_deref(), self.height());
                    value
                }
            },
            Space::Epoch => self.read(space, key)?,
        };
        window.check_kept(self.height())?;
        Ok(value)
    }

    fn range<'a>(&'a self, space: Space, start: &[u8], end: Option<&[u8]>, order: Order) -> Entries<'a> {
        if is_empty_range(start, end) {
            return Box::new(std::iter::empty());
        }
        self.entries(space, start, end, order)
            .unwrap_or_else(|error| Box::new(std::iter::once(Err(error))))
    }
}

pub(crate) fn value_column(space: Space) -> Column {
    match space {
        Space::Main => Column::Main,
        Space::Epoch => Column::Epoch,
    }
}

/// The latest entries of a range as the database held them when this was made.
pub(crate) struct LatestRange<'a> {
    iter: DBRawIterator<'a>,
    order: Order,
    done: bool,
}

impl<'a> LatestRange<'a> {
    fn new(
        db: &'a Db,
        column: Column,
        start: &[u8],
        end: Option<&[u8]>,
        order: Order,
    ) -> Result<Self, StoreError> {
        let mut bounds = ReadOptions::default();
        bounds.set_iterate_lower_bound(start);
        if let Some(end) = end {
            bounds.set_iterate_upper_bound(end);
        }
        let mut iter = db.iterate(column, bounds)?;
        match order {
            Order::Ascending => iter.seek_to_first(),
            Order::Descending => iter.seek_to_last(),
        }
        Ok(LatestRange {
            iter,
            order,
            done: false,
        })
    }
}

impl Iterator for LatestRange<'_> {
    type Item = Result<Entry, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let Some((key, value)) = self.iter.item() else {
            self.done = true;
            return self.iter.status().err().map(|error| Err(error.into()));
        };
        let entry = (key.to_vec(), value.to_vec());
        match self.order {
            Order::Ascending => self.iter.next(),
            Order::Descending => self.iter.prev(),
        }
        Some(Ok(entry))
    }
}
