//! The single writer: opens the database, stages blocks, commits them, undoes the latest.

mod backup;
mod encode;
mod rollback;
mod writer;

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use sha2::{Digest, Sha256};

use crate::block::BlockRecord;
use crate::db::{Db, Memory};
use crate::snapshot::State;
use crate::tree::{self, Fault, LeafChange, Tree, TreeUpdate, leaf_hash, sha256};
use crate::values::Values;
use crate::window::{Heights, Window};
use crate::{
    BlockMeta, Changes, MAX_KEY_LEN, MAX_VALUE_LEN, Read, Reader, Snapshot, Space, StoreConfig, StoreError,
    app_hash,
};
use encode::Block;
pub(crate) use writer::Progress;
use writer::{Job, Writer};

/// Blocks between two fsyncs that the store makes on its own, so that pruning goes on.
const SYNC_INTERVAL: u64 = 128;

/// Owner of the database: one per process. Dropped, it finishes writing the latest block.
pub struct Store {
    // Dropped first, so that the database closes after the last write.
    writer: Writer,
    db: Arc<Db>,
    config: StoreConfig,
    heights: Heights,
    /// Height of the last block that was to be fsynced.
    sync_asked: u64,
    tree: Arc<Tree>,
    progress: Arc<Progress>,
    latest: Arc<ArcSwap<Snapshot>>,
}

/// A block whose hashes are computed and that is not written yet. Dropping it forgets it.
pub struct Commit {
    base: Snapshot,
    record: BlockRecord,
    changes: Changes,
    leaves: Vec<LeafChange>,
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
        let mut heights = Heights::load(&db)?;
        // Whatever the log held has just been replayed and flushed.
        db.sync()?;
        db.floors.raise(heights.oldest, heights.oldest_proof);
        let memory = Memory::split(config.cache_bytes);
        let latest = latest_snapshot(&db, &heights, memory.values)?;
        if !tree::is_intact(&db, latest.state().record.tree())? {
            heights = rebuild_tree(latest.state(), &heights)?;
        }
        let progress = Arc::new(Progress::new(heights.latest));
        Ok(Store {
            writer: Writer::start(db.clone(), progress.clone())?,
            db,
            config: config.clone(),
            heights,
            sync_asked: heights.latest,
            tree: Arc::new(Tree::new(memory.nodes)),
            progress,
            latest: Arc::new(ArcSwap::from_pointee(latest)),
        })
    }

    pub fn latest(&self) -> Snapshot {
        Snapshot::clone(&self.latest.load())
    }

    /// What queries use.
    pub fn reader(&self) -> Reader {
        Reader::new(self.latest.clone(), self.progress.clone(), self.tree.clone())
    }

    /// Computes the hashes of the latest state with `changes`; writes nothing. May be called several
    /// times on one state (forks); all but one are dropped.
    ///
    /// # Errors
    /// `WrongHeight` unless the block follows the latest one (any height may be the first);
    /// `InvalidKey`, `InvalidValue` for writes that no proof could cover.
    pub fn stage(&self, mut changes: Changes, block: BlockMeta) -> Result<Commit, StoreError> {
        self.progress.check()?;
        let base = self.latest();
        let expected = self.heights.expected(block.height);
        if block.height != expected {
            return Err(StoreError::WrongHeight {
                have: base.height(),
                got: block.height,
                expected,
            });
        }
        check_writes(&changes)?;
        drop_unchanged_epoch_writes(&base, &mut changes)?;
        let before = &base.state().record;
        let leaves = leaf_changes(&changes);
        let tree = self.stage_tree(&base, &leaves)?;
        let record = BlockRecord {
            block,
            tree_root: tree.root.hash,
            tree_leaves: tree.root.leaves,
            epoch_hash: running_hash(before.epoch_hash, &changes),
        };
        Ok(Commit {
            base,
            record,
            changes,
            leaves,
            tree,
        })
    }

    fn stage_tree(&self, base: &Snapshot, leaves: &[LeafChange]) -> Result<TreeUpdate, StoreError> {
        let root = base.state().record.tree();
        match self.tree.update(&self.db, root, leaves) {
            Err(Fault::Damaged(_)) => {
                // The values are the truth; a second failure means that they are damaged too.
                self.progress.wait_written(self.heights.latest)?;
                rebuild_tree(base.state(), &self.heights)?;
                let update = self.tree.update(&self.db, root, leaves);
                update.map_err(Fault::into_error)
            }
            update => update.map_err(Fault::into_error),
        }
    }

    /// Hands the staged block to the writer, as one atomic batch without fsync, and publishes it:
    /// it is read from memory until it is written. Waits for the block before it.
    ///
    /// # Errors
    /// `StaleCommit` if another block was committed since it was staged; the fault of the write
    /// before, if that failed.
    pub fn commit(&mut self, commit: Commit) -> Result<Snapshot, StoreError> {
        let latest = self.latest();
        if !commit.base.is_same(&latest) {
            return Err(StoreError::StaleCommit {
                base: commit.base.height(),
                latest: latest.height(),
            });
        }
        self.progress.wait_written(self.heights.latest)?;
        let Commit {
            base: _,
            record,
            changes,
            leaves,
            tree,
        } = commit;
        let height = record.block.height;
        let State { window, values, .. } = latest.state();
        let (window, values) = (window.clone(), values.clone());
        let (before, heights) = (self.heights, self.heights.after(height, &window, &self.config));
        let (changes, tree) = (Arc::new(changes), Arc::new(tree));
        let sync = height.saturating_sub(self.sync_asked) >= SYNC_INTERVAL;

        // Before the writer can make anything appear or disappear.
        window.begin_write(&heights);
        window.raise(&heights);
        let block = Block {
            record: record.clone(),
            olds: values.advance(height, changes.writes(Space::Main)),
            changes: changes.clone(),
            leaves,
            tree: tree.clone(),
            before,
            heights,
        };
        self.writer.send(Job { block, sync })?;
        self.tree.advance(tree);
        self.heights = heights;
        if sync {
            self.sync_asked = height;
        }
        let snapshot = Snapshot::new(State {
            db: self.db.clone(),
            window,
            values,
            record,
            staged: changes,
        });
        self.latest.store(Arc::new(snapshot.clone()));
        Ok(snapshot)
    }

    /// Fsyncs the log; returns the height up to which everything is now on disk: the latest.
    pub fn sync(&mut self) -> Result<u64, StoreError> {
        let height = self.heights.latest;
        self.progress.wait_written(height)?;
        self.db.sync()?;
        self.progress.set_synced(height);
        self.sync_asked = height;
        self.db
            .floors
            .raise(self.heights.oldest, self.heights.oldest_proof);
        Ok(height)
    }

    /// A power cut loses no height up to this one.
    pub fn synced_height(&self) -> u64 {
        self.progress.synced()
    }
}

fn latest_snapshot(db: &Arc<Db>, heights: &Heights, value_bytes: usize) -> Result<Snapshot, StoreError> {
    let record = BlockRecord::load(db, heights.latest)?.ok_or_else(|| {
        StoreError::corrupt(format!(
            "the record of the latest height {} is missing",
            heights.latest
        ))
    })?;
    Ok(Snapshot::new(State {
        db: db.clone(),
        window: Arc::new(Window::new(heights)),
        values: Arc::new(Values::new(value_bytes, heights.latest)),
        record,
        staged: Arc::default(),
    }))
}

fn check_writes(changes: &Changes) -> Result<(), StoreError> {
    for space in Space::ALL {
        for (key, value) in changes.writes(space) {
            if key.is_empty() || key.len() > MAX_KEY_LEN {
                return Err(StoreError::InvalidKey {
                    len: key.len(),
                    max: MAX_KEY_LEN,
                });
            }
            let Some(len) = value.as_ref().map(Vec::len) else {
                continue;
            };
            if len > MAX_VALUE_LEN || (len == 0 && space == Space::Main) {
                let key = key.iter().take(64).map(|byte| format!("{byte:02x}")).collect();
                return Err(StoreError::InvalidValue {
                    key,
                    len,
                    max: MAX_VALUE_LEN,
                });
            }
        }
    }
    Ok(())
}

/// Writes that change nothing do not count in the running hash. In the main space the tree finds
/// them, without a read.
fn drop_unchanged_epoch_writes(base: &Snapshot, changes: &mut Changes) -> Result<(), StoreError> {
    let mut fault = Ok(());
    changes
        .writes_mut(Space::Epoch)
        .retain(|key, new| match base.get(Space::Epoch, key) {
            Ok(old) => old != *new,
            Err(error) => {
                fault = Err(error);
                true
            }
        });
    fault
}

/// The leaves of all writes, sorted as the tree is.
fn leaf_changes(changes: &Changes) -> Vec<LeafChange> {
    let writes = changes.writes(Space::Main).iter().enumerate();
    let mut leaves: Vec<LeafChange> = writes
        .map(|(write, (key, value))| {
            let key_hash = sha256(key);
            LeafChange {
                key_hash,
                node_hash: value.as_ref().map(|value| leaf_hash(&key_hash, value)),
                write,
            }
        })
        .collect();
    leaves.sort_unstable_by_key(|leaf| leaf.key_hash);
    leaves
}

/// Makes the tree of the latest state anew, and gives up proving older ones.
fn rebuild_tree(latest: &State, heights: &Heights) -> Result<Heights, StoreError> {
    latest.window.raise(&Heights {
        oldest_proof: heights.latest,
        ..*heights
    });
    tree::rebuild(&latest.db, latest.record.tree(), heights)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_failed_is_the_error_of_every_later_call() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path(), &StoreConfig::default()).unwrap();
        let block = |height| BlockMeta {
            height,
            ..BlockMeta::default()
        };
        let mut changes = Changes::default();
        changes.set(Space::Main, b"a".to_vec(), b"1".to_vec());
        let staged = store.stage(changes, block(1)).unwrap();

        let fault = StoreError::Storage {
            detail: "no space left on device".into(),
        };
        store.progress.fail(fault.clone());
        assert_eq!(
            store.stage(Changes::default(), block(1)).err(),
            Some(fault.clone())
        );
        assert_eq!(store.commit(staged).err(), Some(fault.clone()));
        assert_eq!(store.sync(), Err(fault.clone()));
        assert_eq!(store.rollback(), Err(fault.clone()));
        assert_eq!(store.backup(&dir.path().join("backup")), Err(fault));
        assert_eq!(store.latest().height(), 0);
    }
}
