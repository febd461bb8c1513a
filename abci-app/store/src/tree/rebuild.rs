//! The tree made anew from the values after damage, as of the latest block: older heights cannot be
//! proven any more. Memory stays bounded; a million keys take a few seconds.

use std::collections::VecDeque;

use rocksdb::{DBRawIterator, ReadOptions};

use super::hash::{leaf_hash, sha256};
use super::node::bucket_root;
use super::update::{load_bucket, load_page};
use super::{BUCKET_LEAVES, Fault, Leaf, Page, Path, Slot, encode_page};
use crate::StoreError;
use crate::db::{Batch, Column, Db};
use crate::window::Heights;

/// Set in [`Column::Meta`] while the tree is not that of the latest block.
const REBUILDING_KEY: &[u8] = b"tree_rebuilding";

const BATCH_BYTES: usize = 4 << 20;

/// Whether the tree is whole, as far as its root shows, and has the hash of the latest block.
pub(crate) fn is_intact(db: &Db, root: Slot) -> Result<bool, StoreError> {
    if db.get(Column::Meta, REBUILDING_KEY)?.is_some() {
        return Ok(false);
    }
    let loaded = match root.leaves > BUCKET_LEAVES {
        true => load_page(db, Path::ROOT, root).map(drop),
        false => load_bucket(db, Path::ROOT, root).map(drop),
    };
    match loaded {
        Ok(()) => Ok(true),
        Err(Fault::Damaged(_)) => Ok(false),
        Err(Fault::Store(error)) => Err(error),
    }
}

/// Replaces the tree by that of the latest values, whose root must be `expected`; returns the window,
/// from which the heights are gone that cannot be proven any more. Interrupted, it starts again at
/// the next opening.
pub(crate) fn rebuild(db: &Db, expected: Slot, heights: &Heights) -> Result<Heights, StoreError> {
    let mut writer = Writer {
        db,
        height: heights.latest,
        batch: Batch::new(db),
    };
    writer.batch.put(Column::Meta, &[REBUILDING_KEY], &[&[1]]);
    writer.flush()?;
    db.clear(Column::Leaves)?;
    db.clear(Column::LeafUndo)?;
    db.clear(Column::Tree)?;
    write_leaves(&mut writer)?;
    let mut stream = LeafStream::new(db)?;
    let root = build(&mut stream, Path::ROOT, &mut writer)?;
    if root != expected {
        return Err(StoreError::corrupt(
            "the values do not make the state root of the latest block",
        ));
    }
    let heights = Heights {
        oldest_proof: heights.latest,
        ..*heights
    };
    let (key, value) = heights.entry()?;
    writer.batch.put(Column::Meta, &[key], &[&value]);
    writer.batch.delete(Column::Meta, &[REBUILDING_KEY]);
    writer.flush()?;
    Ok(heights)
}

struct Writer<'a> {
    db: &'a Db,
    height: u64,
    batch: Batch,
}

impl Writer<'_> {
    fn put(&mut self, column: Column, key: &[u8], value: &[&[u8]]) -> Result<(), StoreError> {
        self.batch.put(column, &[key], value);
        if self.batch.len() >= BATCH_BYTES {
            self.flush()
        } else {
            Ok(())
        }
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        self.db
            .write(std::mem::replace(&mut self.batch, Batch::new(self.db)))
    }
}

fn write_leaves(writer: &mut Writer<'_>) -> Result<(), StoreError> {
    let mut values = writer.db.iterate(Column::Main, ReadOptions::default())?;
    values.seek_to_first();
    while let Some((key, value)) = values.item() {
        let key_hash = sha256(key);
        writer.put(Column::Leaves, &key_hash, &[&leaf_hash(&key_hash, value), key])?;
        values.next();
    }
    values.status()?;
    writer.flush()
}

/// All leaves in order, with a view of those ahead.
struct LeafStream<'a> {
    entries: DBRawIterator<'a>,
    ahead: VecDeque<Leaf>,
}

impl<'a> LeafStream<'a> {
    fn new(db: &'a Db) -> Result<Self, StoreError> {
        let mut entries = db.iterate(Column::Leaves, ReadOptions::default())?;
        entries.seek_to_first();
        Ok(LeafStream {
            entries,
            ahead: VecDeque::new(),
        })
    }

    /// Looks one leaf further than a bucket can hold.
    fn look_ahead(&mut self) -> Result<(), StoreError> {
        while self.ahead.len() as u64 <= BUCKET_LEAVES {
            let Some((key_hash, entry)) = self.entries.item() else {
                return Ok(self.entries.status()?);
            };
            let malformed = |_| StoreError::corrupt("a leaf is malformed");
            let key_hash = key_hash.try_into().map_err(malformed)?;
            let node_hash = *entry
                .first_chunk()
                .ok_or_else(|| StoreError::corrupt("a leaf is malformed"))?;
            self.ahead.push_back(Leaf { key_hash, node_hash });
            self.entries.next();
        }
        Ok(())
    }
}

/// Takes the leaves below `path` from the stream and writes their pages.
fn build(stream: &mut LeafStream<'_>, path: Path, writer: &mut Writer<'_>) -> Result<Slot, StoreError> {
    stream.look_ahead()?;
    let end = path.end();
    let below = |leaf: &Leaf| {
        end.as_ref()
            .is_none_or(|end| leaf.key_hash.as_slice() < end.as_slice())
    };
    let count = stream.ahead.iter().take_while(|leaf| below(leaf)).count();
    if count as u64 <= BUCKET_LEAVES {
        let leaves: Vec<Leaf> = stream.ahead.drain(..count).collect();
        return Ok(bucket_root(&leaves, path.depth()));
    }
    let mut page = Page::new([Slot::EMPTY; 16]);
    for ((_, child), slot) in path.children().zip(&mut page.slots) {
        *slot = build(stream, child, writer)?;
    }
    let mut entry = Vec::new();
    encode_page(&page, None, &mut entry);
    writer.put(Column::Tree, &path.entry_key(writer.height), &[&entry])?;
    Ok(page.root())
}
