//! A set of writes: for each space an ordered map from key to new value (`None` deletes).

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::merge::Write;
use crate::read::is_empty_range;
use crate::{Order, Space, StoreError};

pub(crate) type Writes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// Writes that belong together. No I/O; a later write of a key replaces the earlier one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    main: Writes,
    epoch: Writes,
}

impl Changes {
    pub fn set(&mut self, space: Space, key: Vec<u8>, value: Vec<u8>) {
        self.writes_mut(space).insert(key, Some(value));
    }

    pub fn delete(&mut self, space: Space, key: Vec<u8>) {
        self.writes_mut(space).insert(key, None);
    }

    /// The write of `key` if there is one: `Some(None)` is a deletion.
    pub fn get(&self, space: Space, key: &[u8]) -> Option<Option<&[u8]>> {
        self.writes(space).get(key).map(Option::as_deref)
    }

    /// The writes of one space in key order.
    pub fn iter(&self, space: Space) -> impl DoubleEndedIterator<Item = (&[u8], Option<&[u8]>)> {
        self.writes(space)
            .iter()
            .map(|(key, value)| (key.as_slice(), value.as_deref()))
    }

    pub fn len(&self) -> usize {
        self.main.len() + self.epoch.len()
    }

    pub fn is_empty(&self) -> bool {
        self.main.is_empty() && self.epoch.is_empty()
    }

    /// Writes of `later` win.
    pub fn extend(&mut self, later: Changes) {
        for (writes, more) in [(&mut self.main, later.main), (&mut self.epoch, later.epoch)] {
            if writes.is_empty() {
                *writes = more;
            } else {
                writes.extend(more);
            }
        }
    }

    pub(crate) fn writes(&self, space: Space) -> &Writes {
        match space {
            Space::Main => &self.main,
            Space::Epoch => &self.epoch,
        }
    }

    pub(crate) fn writes_mut(&mut self, space: Space) -> &mut Writes {
        match space {
            Space::Main => &mut self.main,
            Space::Epoch => &mut self.epoch,
        }
    }

    /// The writes within `[start, end)`.
    pub(crate) fn range<'a>(
        &'a self,
        space: Space,
        start: &[u8],
        end: Option<&[u8]>,
        order: Order,
    ) -> Box<dyn Iterator<Item = Result<Write, StoreError>> + 'a> {
        if is_empty_range(start, end) {
            return Box::new(std::iter::empty());
        }
        let bounds = (
            Bound::Included(start),
            end.map_or(Bound::Unbounded, Bound::Excluded),
        );
        let range = self
            .writes(space)
            .range::<[u8], _>(bounds)
            .map(|(key, value)| Ok((key.clone(), value.clone())));
        match order {
            Order::Ascending => Box::new(range),
            Order::Descending => Box::new(range.rev()),
        }
    }
}
