//! The single writer.

use std::path::Path;

use crate::{BlockMeta, Changes, Proven, Snapshot, StoreConfig, StoreError};

/// Owner of the database: one per process.
pub struct Store {}

/// A block whose roots are computed and that is not written yet. Dropping it forgets it.
pub struct Commit {}

impl Commit {
    pub fn height(&self) -> u64 {
        todo!()
    }
    pub fn app_hash(&self) -> [u8; 32] {
        todo!()
    }
    pub fn epoch_hash(&self) -> [u8; 32] {
        todo!()
    }
}

impl Store {
    /// Opens or creates the database in the folder `path`.
    pub fn open(_path: &Path, _config: &StoreConfig) -> Result<Store, StoreError> {
        todo!()
    }
    pub fn latest(&self) -> Snapshot {
        todo!()
    }
    /// What queries use.
    pub fn reader(&self) -> Reader {
        todo!()
    }
    /// Computes the roots of the latest state with `changes`; writes nothing. May be called several
    /// times on one state (forks); all but one are dropped.
    pub fn stage(&self, _changes: Changes, _block: BlockMeta) -> Result<Commit, StoreError> {
        todo!()
    }
    /// Writes the staged block as one atomic batch, without fsync, and publishes it.
    pub fn commit(&mut self, _commit: Commit) -> Result<Snapshot, StoreError> {
        todo!()
    }
    /// Fsyncs the log; returns the height up to which everything is now on disk.
    pub fn sync(&mut self) -> Result<u64, StoreError> {
        todo!()
    }
    pub fn synced_height(&self) -> u64 {
        todo!()
    }
    /// Undoes the latest block; returns the height that is now the latest.
    pub fn rollback(&mut self) -> Result<u64, StoreError> {
        todo!()
    }
    /// Writes a consistent copy into the new folder `to` while the node runs (hard links where possible).
    pub fn backup(&self, _to: &Path) -> Result<u64, StoreError> {
        todo!()
    }
    /// Copies the backup `from` to the new folder `to`, from where it can be opened. Returns its height.
    pub fn restore(_from: &Path, _to: &Path) -> Result<u64, StoreError> {
        todo!()
    }
}

/// Reads any kept height; clones share everything.
#[derive(Clone)]
pub struct Reader {}

impl Reader {
    pub fn latest(&self) -> Snapshot {
        todo!()
    }
    /// The state after `height`, or `NotKept`.
    pub fn at(&self, _height: u64) -> Result<Snapshot, StoreError> {
        todo!()
    }
    /// Proves `key` of the main space, present or absent, at one of the latest `proof_heights`.
    pub fn prove(&self, _height: u64, _key: &[u8]) -> Result<Proven, StoreError> {
        todo!()
    }
}
