//! A block as one write batch: values, their undos, leaves, pages, the block's record.

use std::sync::Arc;

use crate::block::{BlockRecord, record_key};
use crate::db::{Batch, Column, Db};
use crate::snapshot::value_column;
use crate::tree::{LeafChange, Node, NodeChange, Path, TreeUpdate, encode_slots, leaf_hash};
use crate::undo::{encode_key, undo_column};
use crate::window::Heights;
use crate::{Changes, Space, StoreError};

/// All that a block writes.
pub(super) struct Block {
    pub(super) record: BlockRecord,
    pub(super) changes: Arc<Changes>,
    /// What each write replaces, in the order of the changes, by space as in [`Space::ALL`].
    pub(super) olds: [Vec<Option<Vec<u8>>>; 2],
    pub(super) tree: Arc<TreeUpdate>,
    /// The window before and after it.
    pub(super) before: Heights,
    pub(super) heights: Heights,
}

impl Block {
    pub(super) fn height(&self) -> u64 {
        self.record.block.height
    }

    pub(super) fn encode(&self, db: &Db) -> Result<Batch, StoreError> {
        let mut batch = Batch::new(db);
        batch.reserve(self.changes.len() * 512);
        let height = self.height().to_be_bytes();
        let mut scratch = Vec::new();
        for (space, olds) in Space::ALL.into_iter().zip(&self.olds) {
            for ((key, value), old) in self.changes.writes(space).iter().zip(olds) {
                put_value(&mut batch, space, key, value.as_deref());
                put_undo(
                    &mut batch,
                    undo_column(space),
                    &mut scratch,
                    key,
                    height,
                    old.as_ref().map(|old| [old.as_slice(), &[]]),
                );
            }
        }
        let [main_olds, _] = &self.olds;
        let writes = self.changes.writes(Space::Main);
        for ((key, old), change) in writes.keys().zip(main_olds).zip(&self.tree.leaves) {
            put_leaf(&mut batch, key, change);
            if old.is_some() != change.node_hash.is_some() {
                let old_hash = old.as_ref().map(|old| leaf_hash(&change.key_hash, old));
                let old_leaf = old_hash.as_ref().map(|hash| [hash.as_slice(), key]);
                put_undo(
                    &mut batch,
                    Column::LeafUndo,
                    &mut scratch,
                    &change.key_hash,
                    height,
                    old_leaf,
                );
            }
        }
        for (path, change) in &self.tree.nodes {
            put_node(&mut batch, *path, change, height);
        }
        self.put_record(&mut batch)?;
        Ok(batch)
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

fn put_value(batch: &mut Batch, space: Space, key: &[u8], value: Option<&[u8]>) {
    match value {
        Some(value) => batch.put(value_column(space), &[key], &[value]),
        None => batch.delete(value_column(space), &[key]),
    }
}

fn put_undo(
    batch: &mut Batch,
    column: Column,
    scratch: &mut Vec<u8>,
    key: &[u8],
    height: [u8; 8],
    old: Option<[&[u8]; 2]>,
) {
    scratch.clear();
    encode_key(key, scratch);
    match old {
        Some([head, tail]) => batch.put(column, &[scratch, &height], &[&[1], head, tail]),
        None => batch.put(column, &[scratch, &height], &[&[0]]),
    }
}

fn put_leaf(batch: &mut Batch, key: &[u8], change: &LeafChange) {
    match &change.node_hash {
        Some(node_hash) => batch.put(Column::Leaves, &[&change.key_hash], &[node_hash, key]),
        None => batch.delete(Column::Leaves, &[&change.key_hash]),
    }
}

/// Only pages are stored as such; a new page needs no undo, because no older parent leads to it.
fn put_node(batch: &mut Batch, path: Path, change: &NodeChange, height: [u8; 8]) {
    let new_page = match &change.new {
        Some(Node::Page(page)) => Some(page),
        Some(Node::Bucket(_)) | None => None,
    };
    if new_page.is_none() && change.old_page.is_none() {
        return;
    }
    let path = path.encode();
    match new_page {
        Some(page) => batch.put(
            Column::Tree,
            &[&path],
            &[&encode_slots(&page.slots, |_, slot| slot.leaves > 0)],
        ),
        None => batch.delete(Column::Tree, &[&path]),
    }
    if let Some(old) = &change.old_page {
        let changed = |index: usize| new_page.is_none_or(|new| new.slots.get(index) != old.slots.get(index));
        batch.put(
            Column::TreeUndo,
            &[&path, &height],
            &[&encode_slots(&old.slots, |index, _| changed(index))],
        );
    }
}
