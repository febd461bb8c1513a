//! Writes on top of a snapshot, as a stack of layers: a transaction, and later a contract's
//! sub-message, can be dropped alone.

use std::sync::Arc;

use crate::merge::merge;
use crate::read::{Entries, is_empty_range};
use crate::{Changes, Order, Read, Snapshot, Space, StoreError};

/// A snapshot and what was written on top of it. Nothing reaches the store before
/// [`Store::stage`](crate::Store::stage) and [`Store::commit`](crate::Store::commit).
#[derive(Clone)]
pub struct Overlay {
    base: Snapshot,
    /// Shared, and never written to.
    below: Arc<Changes>,
    bottom: Changes,
    layers: Vec<Changes>,
}

impl Overlay {
    pub fn new(base: Snapshot) -> Self {
        Overlay::above(base, Arc::default())
    }

    /// The same over a state that no block has written yet: a snapshot with changes that many
    /// overlays share. They are read, and are none of this overlay's own changes.
    pub fn above(base: Snapshot, below: Arc<Changes>) -> Self {
        Overlay {
            base,
            below,
            bottom: Changes::default(),
            layers: Vec::new(),
        }
    }

    pub fn base(&self) -> &Snapshot {
        &self.base
    }

    /// Keys have 1 to [`MAX_KEY_LEN`](crate::MAX_KEY_LEN) bytes; a value in [`Space::Main`] is
    /// not empty, because ICS23 cannot prove an empty one. `stage` refuses others.
    pub fn set(&mut self, space: Space, key: Vec<u8>, value: Vec<u8>) {
        self.top().set(space, key, value);
    }

    pub fn delete(&mut self, space: Space, key: &[u8]) {
        self.top().delete(space, key.to_vec());
    }

    /// Writes a whole set of changes.
    pub fn extend(&mut self, changes: Changes) {
        self.top().extend(changes);
    }

    /// Pushes a layer: what is written from here on is kept by `apply` or dropped by `discard`.
    pub fn begin(&mut self) {
        self.layers.push(Changes::default());
    }

    /// Merges the top layer into the one below. Without a layer it does nothing.
    pub fn apply(&mut self) {
        if let Some(layer) = self.layers.pop() {
            self.top().extend(layer);
        }
    }

    /// Drops the top layer. Without a layer it does nothing.
    pub fn discard(&mut self) {
        self.layers.pop();
    }

    /// How many layers have been begun and not ended.
    pub fn depth(&self) -> usize {
        self.layers.len()
    }

    /// All writes, those of open layers included.
    pub fn into_changes(mut self) -> Changes {
        while self.depth() > 0 {
            self.apply();
        }
        self.bottom
    }

    fn top(&mut self) -> &mut Changes {
        self.layers.last_mut().unwrap_or(&mut self.bottom)
    }
}

impl Read for Overlay {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let written = self
            .layers
            .iter()
            .rev()
            .chain([&self.bottom, &*self.below])
            .find_map(|layer| layer.get(space, key));
        match written {
            Some(value) => Ok(value.map(<[u8]>::to_vec)),
            None => self.base.get(space, key),
        }
    }

    fn range<'a>(&'a self, space: Space, start: &[u8], end: Option<&[u8]>, order: Order) -> Entries<'a> {
        if is_empty_range(start, end) {
            return Box::new(std::iter::empty());
        }
        let mut entries = self.base.range(space, start, end, order);
        for layer in [&*self.below, &self.bottom].into_iter().chain(&self.layers) {
            if !layer.writes(space).is_empty() {
                entries = merge(layer.range(space, start, end, order), entries, order);
            }
        }
        entries
    }
}
