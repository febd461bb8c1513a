//! Undoing the latest block, for an operator whose node has committed what the network has not.

use rocksdb::{ReadOptions, WriteBatch};

use super::{Store, latest_snapshot};
use crate::block::{BlockRecord, record_key};
use crate::db::Column;
use crate::snapshot::value_column;
use crate::undo::{decode_old, decode_undo_key, undo_column};
use crate::window::Heights;
use crate::{Space, StoreError};

impl Store {
    /// Undoes the latest block and returns the height that is the latest now. Snapshots and readers
    /// made before answer `NotKept` from here on. Reads all old values once, so it takes seconds
    /// to minutes. CometBFT must be rolled back by one block too.
    pub fn rollback(&mut self) -> Result<u64, StoreError> {
        let height = self.heights.latest;
        let previous = if height == self.heights.first { 0 } else { height.saturating_sub(1) };
        if height == 0 || previous < self.heights.oldest {
            let detail = format!("height {previous} is not kept, the oldest is {}", self.heights.oldest);
            return Err(StoreError::CannotRollBack { detail });
        }
        if BlockRecord::load(&self.db, previous)?.is_none() {
            return Err(StoreError::corrupt(format!("the record of height {previous} is missing")));
        }
        let heights = Heights {
            first: if previous == 0 { 0 } else { self.heights.first },
            latest: previous,
            oldest: self.heights.oldest,
            oldest_proof: self.heights.oldest_proof.min(previous),
        };
        let mut batch = WriteBatch::default();
        for space in Space::ALL {
            self.undo_values(&mut batch, space, height)?;
        }
        self.db.delete(&mut batch, Column::Meta, &record_key(height))?;
        let (key, value) = heights.entry()?;
        self.db.put(&mut batch, Column::Meta, key, &value)?;

        self.latest().state().window.close();
        self.db.write(batch)?;
        self.heights = heights;
        self.latest.store(std::sync::Arc::new(latest_snapshot(&self.db, &heights)?));
        self.sync()?;
        Ok(previous)
    }

    fn undo_values(&self, batch: &mut WriteBatch, space: Space, height: u64) -> Result<(), StoreError> {
        let mut undos = self.db.iterate(undo_column(space), ReadOptions::default())?;
        undos.seek_to_first();
        while let Some((position, old)) = undos.item() {
            let (key, at) = decode_undo_key(position)?;
            if at == height {
                match decode_old(old)? {
                    Some(value) => self.db.put(batch, value_column(space), &key, &value)?,
                    None => self.db.delete(batch, value_column(space), &key)?,
                }
                self.db.delete(batch, undo_column(space), position)?;
            }
            undos.next();
        }
        Ok(undos.status()?)
    }
}
