//! Undoing the latest block, for an operator whose node has committed what the network has not.

use std::sync::Arc;

use rocksdb::ReadOptions;

use super::{Store, latest_snapshot, rebuild_tree};
use crate::block::{BlockRecord, record_key};
use crate::db::{Batch, Column, Memory};
use crate::snapshot::value_column;
use crate::tree::{self, leaf_hash, sha256};
use crate::undo::{decode_old, decode_undo_key, undo_column};
use crate::window::Heights;
use crate::{Space, StoreError};

impl Store {
    /// Undoes the latest block and returns the height that is the latest now. Snapshots and readers
    /// made before answer `NotKept` for what they held. Reads all history once, so it takes seconds to
    /// minutes. CometBFT must be rolled back by one block too.
    pub fn rollback(&mut self) -> Result<u64, StoreError> {
        let height = self.heights.latest;
        self.progress.wait_written(height)?;
        let previous = if height == self.heights.first {
            0
        } else {
            height.saturating_sub(1)
        };
        if height == 0 || previous < self.heights.oldest {
            let detail = format!(
                "height {previous} is not kept, the oldest is {}",
                self.heights.oldest
            );
            return Err(StoreError::CannotRollBack { detail });
        }
        if BlockRecord::load(&self.db, previous)?.is_none() {
            return Err(StoreError::corrupt(format!(
                "the record of height {previous} is missing"
            )));
        }
        let heights = Heights {
            first: if previous == 0 { 0 } else { self.heights.first },
            latest: previous,
            oldest: self.heights.oldest,
            oldest_proof: self.heights.oldest_proof.min(previous),
        };
        let mut batch = Batch::new(&self.db);
        for space in Space::ALL {
            self.undo_values(&mut batch, space, height)?;
        }
        self.drop_history(&mut batch, Column::LeafUndo, height)?;
        self.drop_history(&mut batch, Column::Tree, !height)?;
        batch.delete(Column::Meta, &[&record_key(height)]);
        let (key, value) = heights.entry()?;
        batch.put(Column::Meta, &[key], &[&value]);

        self.latest().state().window.close();
        self.db.write(batch)?;
        self.heights = heights;
        self.tree.clear();
        self.progress.reset(previous);
        let snapshot = latest_snapshot(&self.db, &heights, Memory::split(self.config.cache_bytes).values)?;
        if !tree::is_intact(&self.db, snapshot.state().record.tree())? {
            self.heights = rebuild_tree(snapshot.state(), &heights)?;
        }
        self.latest.store(Arc::new(snapshot));
        self.sync()?;
        Ok(previous)
    }

    fn undo_values(&self, batch: &mut Batch, space: Space, height: u64) -> Result<(), StoreError> {
        let mut undos = self.db.iterate(undo_column(space), ReadOptions::default())?;
        undos.seek_to_first();
        while let Some((position, old)) = undos.item() {
            let (key, at) = decode_undo_key(position)?;
            if at == height {
                let old = decode_old(old)?;
                match &old {
                    Some(value) => batch.put(value_column(space), &[&key], &[value]),
                    None => batch.delete(value_column(space), &[&key]),
                }
                if space == Space::Main {
                    put_leaf(batch, &key, old.as_deref());
                }
                batch.delete(undo_column(space), &[position]);
            }
            undos.next();
        }
        Ok(undos.status()?)
    }

    /// Deletes all entries whose keys end with `height`.
    fn drop_history(&self, batch: &mut Batch, column: Column, height: u64) -> Result<(), StoreError> {
        let mut entries = self.db.iterate(column, ReadOptions::default())?;
        entries.seek_to_first();
        while let Some(key) = entries.key() {
            if key.ends_with(&height.to_be_bytes()) {
                batch.delete(column, &[key]);
            }
            entries.next();
        }
        Ok(entries.status()?)
    }
}

fn put_leaf(batch: &mut Batch, key: &[u8], value: Option<&[u8]>) {
    let key_hash = sha256(key);
    match value {
        Some(value) => batch.put(Column::Leaves, &[&key_hash], &[&leaf_hash(&key_hash, value), key]),
        None => batch.delete(Column::Leaves, &[&key_hash]),
    }
}
