//! The single writer: opens the database, stages blocks, commits them, undoes the latest.

mod backup;
mod rollback;

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rocksdb::WriteBatch;
use sha2::{Digest, Sha256};

use crate::block::{BlockRecord, record_key};
use crate::db::{Column, Db};
use crate::snapshot::{State, value_column};
use crate::tree::{self, TreeUpdate};
use crate::undo::{encode_old, undo_column, undo_key};
use crate::window::{Heights, Window};
use crate::{BlockMeta, Changes, MAX_KEY_LEN, MAX_VALUE_LEN, Reader, Snapshot, Space, StoreConfig, StoreError, app_hash};

/// Blocks between two fsyncs that the store makes on its own, so that pruning goes on.
const SYNC_INTERVAL: u64 = 128;

/// Owner of the database: one per process.
pub struct Store {
    db: Arc<Db>,
    config: StoreConfig,
    heights: Heights,
    synced: u64,
    latest: Arc<ArcSwap<Snapshot>>,
}

/// A block whose hashes are computed and that is not written yet. Dropping it forgets it.
pub struct Commit {
    base: Snapshot,
    record: BlockRecord,
    changes: Changes,
    /// What each write replaces, in the order of the changes, by space as in [`Space::ALL`].
    olds: [Vec<Option<Vec<u8>>>; 2],
    tree: TreeUpdate,
}

impl Commit {
    pub fn height(&self) -> u64 {
        self.record.block.height
    }

    pub fn app_hash(&self) -> [u8; 32] {
        app_hash(self.record.tree_root)
    }

    pub fn epoch_hash(&self) -> [u8; 32] {
        self.record.epoch_hash
    }
}

impl Store {
    /// Opens the database in the folder `path`, or creates it.
    pub fn open(path: &Path, config: &StoreConfig) -> Result<Store, StoreError> {
        let db = Arc::new(Db::open(path, config)?);
        let heights = Heights::load(&db)?;
        // Whatever the log held has just been replayed and flushed.
        db.sync()?;
        db.floors.raise(heights.oldest, heights.oldest_proof);
        let latest = latest_snapshot(&db, &heights)?;
        Ok(Store {
            db,
            config: config.clone(),
            heights,
            synced: heights.latest,
            latest: Arc::new(ArcSwap::from_pointee(latest)),
        })
    }

    pub fn latest(&self) -> Snapshot {
        Snapshot::clone(&self.latest.load())
    }

    /// What queries use.
    pub fn reader(&self) -> Reader {
        Reader::new(self.latest.clone())
    }

    /// Computes the hashes of the latest state with `changes`; writes nothing. May be called several
    /// times on one state (forks); all but one are dropped.
    ///
    /// # Errors
    /// `WrongHeight` unless the block follows the latest one (any height may be the first);
    /// `InvalidKey`, `InvalidValue` for writes that no proof could cover.
    pub fn stage(&self, mut changes: Changes, block: BlockMeta) -> Result<Commit, StoreError> {
        let base = self.latest();
        let expected = self.heights.expected(block.height);
        if block.height != expected {
            return Err(StoreError::WrongHeight { have: base.height(), got: block.height, expected });
        }
        check_writes(&changes)?;
        let olds = [drop_unchanged(&base, &mut changes, Space::Main)?, drop_unchanged(&base, &mut changes, Space::Epoch)?];
        let before = &base.state().record;
        let tree = tree::update(&self.db, before, changes.writes(Space::Main).iter())?;
        let record = BlockRecord {
            block,
            tree_root: tree.root,
            tree_version: tree.version,
            epoch_hash: running_hash(before.epoch_hash, &changes),
        };
        Ok(Commit { base, record, changes, olds, tree })
    }

    /// Writes the staged block as one atomic batch, without fsync, and publishes it.
    ///
    /// # Errors
    /// `StaleCommit` if another block was committed since it was staged.
    pub fn commit(&mut self, commit: Commit) -> Result<Snapshot, StoreError> {
        let latest = self.latest();
        if !commit.base.is_same(&latest) {
            return Err(StoreError::StaleCommit { base: commit.base.height(), latest: latest.height() });
        }
        let height = commit.height();
        let heights = self.heights.after(height, &self.config);
        let batch = self.batch(&commit, &heights)?;

        let window = latest.state().window.clone();
        window.begin_write(&heights);
        self.db.write(batch)?;
        self.heights = heights;
        window.raise(&heights);
        let staged = Arc::new(commit.changes);
        let snapshot = Snapshot::new(State { db: self.db.clone(), window, record: commit.record, staged });
        self.latest.store(Arc::new(snapshot.clone()));
        if height - self.synced >= SYNC_INTERVAL {
            self.sync()?;
        }
        Ok(snapshot)
    }

    fn batch(&self, commit: &Commit, heights: &Heights) -> Result<WriteBatch, StoreError> {
        let (db, height) = (&self.db, commit.height());
        let mut batch = WriteBatch::default();
        for (space, olds) in Space::ALL.into_iter().zip(&commit.olds) {
            for ((key, value), old) in commit.changes.writes(space).iter().zip(olds) {
                match value {
                    Some(value) => db.put(&mut batch, value_column(space), key, value)?,
                    None => db.delete(&mut batch, value_column(space), key)?,
                }
                db.put(&mut batch, undo_column(space), &undo_key(key, height), &encode_old(old.as_deref()))?;
                if space == Space::Main && value.is_some() != old.is_some() {
                    let deleted_at = if value.is_some() { 0 } else { height };
                    let preimage = [&deleted_at.to_be_bytes(), key.as_slice()].concat();
                    db.put(&mut batch, Column::Preimages, &Sha256::digest(key), &preimage)?;
                }
            }
        }
        for (key, node) in &commit.tree.nodes {
            db.put(&mut batch, Column::Tree, key, node)?;
        }
        db.put(&mut batch, Column::Meta, &record_key(height), &commit.record.encode()?)?;
        for gone in self.heights.oldest..heights.oldest {
            db.delete(&mut batch, Column::Meta, &record_key(gone))?;
        }
        let (key, value) = heights.entry()?;
        db.put(&mut batch, Column::Meta, key, &value)?;
        Ok(batch)
    }

    /// Fsyncs the log; returns the height up to which everything is now on disk.
    pub fn sync(&mut self) -> Result<u64, StoreError> {
        self.db.sync()?;
        self.synced = self.heights.latest;
        self.db.floors.raise(self.heights.oldest, self.heights.oldest_proof);
        Ok(self.synced)
    }

    /// A power cut loses no height up to this one.
    pub fn synced_height(&self) -> u64 {
        self.synced
    }
}

fn latest_snapshot(db: &Arc<Db>, heights: &Heights) -> Result<Snapshot, StoreError> {
    let record = BlockRecord::load(db, heights.latest)?
        .ok_or_else(|| StoreError::corrupt(format!("the record of the latest height {} is missing", heights.latest)))?;
    let window = Arc::new(Window::new(heights));
    Ok(Snapshot::new(State { db: db.clone(), window, record, staged: Arc::default() }))
}

fn check_writes(changes: &Changes) -> Result<(), StoreError> {
    for space in Space::ALL {
        for (key, value) in changes.writes(space) {
            if key.is_empty() || key.len() > MAX_KEY_LEN {
                return Err(StoreError::InvalidKey { len: key.len(), max: MAX_KEY_LEN });
            }
            let Some(len) = value.as_ref().map(Vec::len) else { continue };
            if len > MAX_VALUE_LEN || (len == 0 && space == Space::Main) {
                let key = key.iter().take(64).map(|byte| format!("{byte:02x}")).collect();
                return Err(StoreError::InvalidValue { key, len, max: MAX_VALUE_LEN });
            }
        }
    }
    Ok(())
}

/// Drops writes that change nothing, and returns what the others replace.
fn drop_unchanged(base: &Snapshot, changes: &mut Changes, space: Space) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
    let keys: Vec<&[u8]> = changes.writes(space).keys().map(Vec::as_slice).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let olds = base.get_sorted(space, &keys)?;
    let writes = changes.writes(space).values();
    let changed: Vec<bool> = olds.iter().zip(writes).map(|(old, new)| old != new).collect();
    let mut each = changed.iter();
    changes.writes_mut(space).retain(|_, _| each.next() == Some(&true));
    Ok(olds.into_iter().zip(&changed).filter_map(|(old, changed)| changed.then_some(old)).collect())
}

/// SHA-256(before ‖ changes), each change in key order as: key length (u32 big-endian), key, then
/// 0 for a deletion, or 1, value length (u32 big-endian), value. Without changes it stays.
fn running_hash(before: [u8; 32], changes: &Changes) -> [u8; 32] {
    let writes = changes.writes(Space::Epoch);
    if writes.is_empty() {
        return before;
    }
    let mut hasher = Sha256::new();
    hasher.update(before);
    for (key, value) in writes {
        // Both lengths were checked to be far below 2^32.
        hasher.update((key.len() as u32).to_be_bytes());
        hasher.update(key);
        match value {
            None => hasher.update([0]),
            Some(value) => {
                hasher.update([1]);
                hasher.update((value.len() as u32).to_be_bytes());
                hasher.update(value);
            }
        }
    }
    hasher.finalize().into()
}
