//! What queries use: any kept height, and proofs.

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::block::BlockRecord;
use crate::proof::map_proof;
use crate::snapshot::State;
use crate::store::Progress;
use crate::tree::{self, Tree};
use crate::{Proven, Snapshot, StoreError, app_hash};

/// Reads any kept height; clones share everything. Never holds up the writer.
#[derive(Clone)]
pub struct Reader {
    latest: Arc<ArcSwap<Snapshot>>,
    progress: Arc<Progress>,
    tree: Arc<Tree>,
}

impl Reader {
    pub(crate) fn new(latest: Arc<ArcSwap<Snapshot>>, progress: Arc<Progress>, tree: Arc<Tree>) -> Self {
        Reader {
            latest,
            progress,
            tree,
        }
    }

    pub fn latest(&self) -> Snapshot {
        Snapshot::clone(&self.latest.load())
    }

    /// The state after `height`, or `NotKept`.
    pub fn at(&self, height: u64) -> Result<Snapshot, StoreError> {
        let latest = self.latest();
        if height == latest.height() {
            return Ok(latest);
        }
        let State {
            db, window, values, ..
        } = latest.state();
        let not_kept = || StoreError::NotKept {
            height,
            oldest: window.oldest(),
            newest: latest.height(),
        };
        if height > latest.height() {
            return Err(not_kept());
        }
        let record = BlockRecord::load(db, height)?.ok_or_else(not_kept)?;
        window.check_kept(height)?;
        Ok(Snapshot::new(State {
            db: db.clone(),
            window: window.clone(),
            values: values.clone(),
            record,
            staged: Arc::default(),
        }))
    }

    /// Proves `key` of the main space, present or absent, at one of the latest `proof_heights`.
    ///
    /// # Errors
    /// `NotKept` outside of them, `EmptyTree` where there is no leaf to prove an absence with.
    pub fn prove(&self, height: u64, key: &[u8]) -> Result<Proven, StoreError> {
        let snapshot = self.at(height)?;
        let State { window, record, .. } = snapshot.state();
        window.check_provable(height)?;
        if record.tree_root == tree::EMPTY_ROOT {
            return Err(StoreError::EmptyTree { height });
        }
        // Unlike values, the nodes of a block that is still being written are not to be had.
        self.progress.wait_written(height)?;
        let proof = tree::prove(&snapshot, &self.tree, key);
        window.check_provable(height)?;
        let (value, tree) = proof?;
        let root = record.tree_root;
        Ok(Proven {
            height,
            value,
            tree,
            store: map_proof(root),
            tree_root: root,
            app_hash: app_hash(root),
        })
    }
}
