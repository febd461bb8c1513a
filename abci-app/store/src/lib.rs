//! The authenticated state: RocksDB and a Merkle tree behind three nouns. A [`Snapshot`] is one
//! immutable state to read, an [`Overlay`] collects writes on top of one, and a [`Commit`] is a
//! staged block with its hashes, ready to be written.

#![forbid(unsafe_code)]

mod block;
mod cache;
mod changes;
mod config;
mod db;
mod error;
mod merge;
mod overlay;
mod proof;
mod read;
mod reader;
mod snapshot;
mod store;
mod tree;
mod undo;
mod values;
mod window;

pub use block::BlockMeta;
pub use changes::Changes;
pub use config::StoreConfig;
pub use error::StoreError;
pub use overlay::Overlay;
pub use proof::{MAIN_STORE, Proven, app_hash};
pub use read::{Entries, Entry, Order, Read, Space, prefix_end};
pub use reader::Reader;
pub use snapshot::Snapshot;
pub use store::{Commit, Store};
pub use tree::tree_spec;

/// Longest key, in bytes.
pub const MAX_KEY_LEN: usize = 1_024;
/// Longest value, in bytes.
pub const MAX_VALUE_LEN: usize = 16 << 20;
