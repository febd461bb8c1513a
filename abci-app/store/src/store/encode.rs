//! A block as one write batch: values and what they overwrite, leaves, pages, the block's record.

use std::sync::Arc;

use crate::block::{BlockRecord, record_key};
use crate::db::{Batch, Column, Db};
use crate::snapshot::value_column;
use crate::tree::{LeafChange, Node, NodeChange, Path, TreeUpdate, encode_no_page, encode_page, leaf_hash};
use crate::undo::{encode_key, undo_column};
use crate::values::Old;
use crate::window::Heights;
use crate::{Changes, Space, StoreError};

/// All that a block writes.
pub(super) struct Block {
    pub(super) record: BlockRecord,
    pub(super) changes: Arc<Changes>,
    /// What the main space's writes overwrite, in key order, as far as it is in memory.
    pub(super) olds: Vec<Option<Old>>,
    /// The leaves of the main space's writes, sorted by key hash.
    pub(super) leaves: Vec<LeafChange>,
    pub(super) tree: Arc<TreeUpdate>,
    /// The window before and after it.
    pub(super) before: Heights,
    pub(super) heights: Heights,
}

/// A write, and what it overwrites.
struct Write<'a> {
    key: &'a [u8],
    new: Option<&'a [u8]>,
    old: Old,
}

impl Write<'_> {
    fn changes_nothing(&self) -> bool {
        self.old.as_deref() == self.new
    }
}

impl Block {
    pub(super) fn height(&self) -> u64 {
        self.record.block.height
    }

    /// The database must hold the block before this one.
    pub(super) fn encode(&mut self, db: &Db) -> Result<Batch, StoreError> {
        let olds = std::mem::take(&mut self.olds);
        let mut encoder = Encoder {
            batch: Batch::new(db),
            height: self.height(),
            scratch: Vec::new(),
        };
        encoder.batch.reserve(self.changes.len() * 512);
        encoder.values(Space::Epoch, &self.writes(db, Space::Epoch, Vec::new())?);
        let writes = self.writes(db, Space::Main, olds)?;
        encoder.values(Space::Main, &writes);
        for leaf in &self.leaves {
            if let Some(write) = writes.get(leaf.write).filter(|write| !write.changes_nothing()) {
                encoder.leaf(leaf, write);
            }
        }
        for (path, change) in &self.tree.nodes {
            encoder.node(*path, change);
        }
        let mut batch = encoder.batch;
        self.put_record(&mut batch)?;
        Ok(batch)
    }

    /// With the old values, those that are not known from the database.
    fn writes(
        &self,
        db: &Db,
        space: Space,
        mut olds: Vec<Option<Old>>,
    ) -> Result<Vec<Write<'_>>, StoreError> {
        let writes = self.changes.writes(space);
        olds.resize(writes.len(), None);
        let unknown = writes.keys().zip(&olds).filter(|(_, old)| old.is_none());
        let unknown: Vec<&[u8]> = unknown.map(|(key, _)| key.as_slice()).collect();
        let mut read = db.get_sorted(value_column(space), &unknown)?.into_iter();
        let writes = writes.iter().zip(olds).map(|((key, new), old)| Write {
            key,
            new: new.as_deref(),
            old: old.unwrap_or_else(|| read.next().flatten()),
        });
        Ok(writes.collect())
    }

    fn put_record(&self, batch: &mut Batch) -> Result<(), StoreError> {
        batch.put(
            Column::Meta,
            &[&record_key(self.height())],
            &[&self.record.encode()?],
        );
        // There are no records before the first block's.
        for gone in self.before.oldest.max(self.heights.first)..self.heights.oldest {
            batch.delete(Column::Meta, &[&record_key(gone)]);
        }
        let (key, value) = self.heights.entry()?;
        batch.put(Column::Meta, &[key], &[&value]);
        Ok(())
    }
}

struct Encoder {
    batch: Batch,
    height: u64,
    scratch: Vec<u8>,
}

impl Encoder {
    fn values(&mut self, space: Space, writes: &[Write<'_>]) {
        for Write { key, new, old } in writes.iter().filter(|write| !write.changes_nothing()) {
            match new {
                Some(value) => self.batch.put(value_column(space), &[key], &[value]),
                None => self.batch.delete(value_column(space), &[key]),
            }
            self.undo(
                undo_column(space),
                key,
                old.as_ref().map(|old| [old.as_slice(), &[]]),
            );
        }
    }

    /// What was there before, in two parts.
    fn undo(&mut self, column: Column, key: &[u8], old: Option<[&[u8]; 2]>) {
        self.scratch.clear();
        encode_key(key, &mut self.scratch);
        self.scratch.extend(self.height.to_be_bytes());
        match old {
            Some([head, tail]) => self.batch.put(column, &[&self.scratch], &[&[1], head, tail]),
            None => self.batch.put(column, &[&self.scratch], &[&[0]]),
        }
    }

    fn leaf(&mut self, leaf: &LeafChange, write: &Write<'_>) {
        let LeafChange { key_hash, .. } = leaf;
        match &leaf.node_hash {
            Some(node_hash) => self
                .batch
                .put(Column::Leaves, &[key_hash], &[node_hash, write.key]),
            None => self.batch.delete(Column::Leaves, &[key_hash]),
        }
        match (&write.old, &leaf.node_hash) {
            (None, _) => self.undo(Column::LeafUndo, key_hash, None),
            (Some(old), None) => {
                let old = leaf_hash(key_hash, old);
                self.undo(Column::LeafUndo, key_hash, Some([old.as_slice(), write.key]));
            }
            // The old hash is that of the old value.
            (Some(_), Some(_)) => {}
        }
    }

    /// Only pages are stored as such.
    fn node(&mut self, path: Path, change: &NodeChange) {
        self.scratch.clear();
        match (&change.new, &change.old_page) {
            (Some(Node::Page(page)), old) => encode_page(page, old.as_deref(), &mut self.scratch),
            (_, Some(_)) => encode_no_page(&mut self.scratch),
            (_, None) => return,
        }
        let key = path.entry_key(self.height);
        self.batch.put(Column::Tree, &[&key], &[&self.scratch]);
    }
}
