//! The Merkle tree over the main space: a binary trie over SHA-256(key) with the hashes of a
//! Jellyfish Merkle tree, so that `jmt::ics23_spec` verifies its proofs. An empty subtree is a
//! placeholder, a subtree of one leaf is that leaf, any other hashes its two halves.
//!
//! Four levels at a time are one page with sixteen slots. A subtree of at most [`BUCKET_LEAVES`]
//! leaves is no page but a bucket: its leaves lie beside each other in [`Column::Leaves`] and are
//! hashed as a whole. Which is which follows from the leaves alone, never from their history.
//!
//! A block writes of each page that it changed the slots that it changed, under the page's path and
//! its height, and every sixteenth time all of them. The page at a height is what the entries up to
//! it say, the newest first, back to a whole one; so old pages need nothing more to be read.
//!
//! [`Column::Leaves`]: crate::db::Column::Leaves

mod hash;
mod node;
mod path;
mod prove;
mod rebuild;
mod update;

use std::collections::BTreeMap;
use std::sync::Arc;

use rocksdb::ReadOptions;

use crate::StoreError;
use crate::db::{Column, Db};
pub use hash::tree_spec;
pub(crate) use hash::{EMPTY_ROOT, leaf_hash, sha256};
pub(crate) use node::{Leaf, Node, Page, Slot, encode_no_page, encode_page, is_whole};
pub(crate) use path::Path;
pub(crate) use prove::prove;
pub(crate) use rebuild::{is_intact, rebuild};
pub(crate) use update::Tree;

/// The largest subtree kept as a bucket. Part of the layout on disk.
pub(crate) const BUCKET_LEAVES: u64 = 32;

/// The new hash of a written key's leaf; `None`: the key is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LeafChange {
    pub(crate) key_hash: [u8; 32],
    pub(crate) node_hash: Option<[u8; 32]>,
    /// Which of the block's writes it is, in key order.
    pub(crate) write: usize,
}

/// What became of the node at a path.
#[derive(Debug)]
pub(crate) struct NodeChange {
    /// The page that was there, if it was a page.
    pub(crate) old_page: Option<Arc<Page>>,
    pub(crate) new: Option<Node>,
}

/// What a block does to the tree.
#[derive(Debug)]
pub(crate) struct TreeUpdate {
    pub(crate) root: Slot,
    pub(crate) nodes: BTreeMap<Path, NodeChange>,
}

/// The page at `path` after the block at `height`, as far as what is stored makes one.
fn read_page(db: &Db, path: Path, height: u64) -> Result<Option<Page>, StoreError> {
    let mut bounds = ReadOptions::default();
    // Behind the oldest entry there can be.
    bounds.set_iterate_upper_bound([path.entry_key(0), vec![0]].concat());
    let mut entries = db.iterate_one(Column::Tree, bounds)?;
    entries.seek(path.entry_key(height));
    let mut page = Page::new([Slot::EMPTY; 16]);
    let mut known = [false; 16];
    while let Some(bytes) = entries.value() {
        let Ok(entry) = node::decode_entry(bytes) else {
            return Ok(None);
        };
        for ((slot, known), stored) in page.slots.iter_mut().zip(&mut known).zip(entry.slots) {
            if let Some(stored) = stored.filter(|_| !*known) {
                (*slot, *known) = (stored, true);
            }
        }
        if entry.whole {
            return Ok(Some(page));
        }
        page.parts = page.parts.saturating_add(1);
        entries.next();
    }
    entries.status()?;
    Ok(None)
}

/// Why the tree could not be read.
#[derive(Debug)]
pub(crate) enum Fault {
    /// What is stored is not what its parent says; the values can replace it.
    Damaged(String),
    Store(StoreError),
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Fault::Store(error)
    }
}

impl From<rocksdb::Error> for Fault {
    fn from(error: rocksdb::Error) -> Self {
        Fault::Store(error.into())
    }
}

impl Fault {
    pub(crate) fn into_error(self) -> StoreError {
        match self {
            Fault::Damaged(detail) => StoreError::corrupt(format!("the tree: {detail}")),
            Fault::Store(error) => error,
        }
    }
}
