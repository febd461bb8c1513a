//! The Merkle tree over the main space: a binary trie over SHA-256(key) with the hashes of a
//! Jellyfish Merkle tree, so that `jmt::ics23_spec` verifies its proofs. An empty subtree is a
//! placeholder, a subtree of one leaf is that leaf, any other hashes its two halves.
//!
//! Four levels at a time are one page with sixteen slots. A subtree of at most [`BUCKET_LEAVES`]
//! leaves is no page but a bucket: its leaves lie beside each other in [`Column::Leaves`] and are
//! hashed as a whole. Which is which follows from the leaves alone, never from their history, so
//! a rebuilt tree is the same tree and old undos still fit it.
//!
//! [`Column::Leaves`]: crate::db::Column::Leaves

mod cache;
mod hash;
mod node;
mod path;
mod prove;
mod rebuild;
mod update;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::StoreError;
pub use hash::tree_spec;
pub(crate) use hash::{EMPTY_ROOT, leaf_hash, sha256};
pub(crate) use node::{Leaf, Node, Page, Slot, encode_slots};
pub(crate) use path::Path;
pub(crate) use prove::prove;
pub(crate) use rebuild::{REBUILDING_KEY, rebuild, root_is_intact};
pub(crate) use update::Tree;

/// The largest subtree kept as a bucket. Part of the layout on disk.
pub(crate) const BUCKET_LEAVES: u64 = 32;

/// The new hash of a changed key's leaf; `None`: the key is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LeafChange {
    pub(crate) key_hash: [u8; 32],
    pub(crate) node_hash: Option<[u8; 32]>,
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
    /// In the order of the changed keys.
    pub(crate) leaves: Vec<LeafChange>,
    pub(crate) nodes: BTreeMap<Path, NodeChange>,
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
