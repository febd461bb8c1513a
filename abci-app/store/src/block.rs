//! What is remembered of each block: which block it was, and the hashes of the state it made.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::StoreError;
use crate::db::{Column, Db};
use crate::tree::{EMPTY_ROOT, Slot};

/// The block that made a state; written with it and read back after a restart.
#[derive(Debug, Clone, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct BlockMeta {
    pub height: u64,
    /// Block time: Unix seconds and nanoseconds.
    pub time: (i64, i32),
    /// CometBFT's hash of the block.
    pub hash: Vec<u8>,
    /// Whatever else the application wants back; a few hundred bytes at most.
    pub extra: Vec<u8>,
}

/// A block and the state it made. One is kept for every height whose values are.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct BlockRecord {
    pub(crate) block: BlockMeta,
    pub(crate) tree_root: [u8; 32],
    pub(crate) tree_leaves: u64,
    pub(crate) epoch_hash: [u8; 32],
}

impl BlockRecord {
    /// The state before the first block.
    pub(crate) fn empty() -> Self {
        BlockRecord {
            block: BlockMeta::default(),
            tree_root: EMPTY_ROOT,
            tree_leaves: 0,
            epoch_hash: [0; 32],
        }
    }

    pub(crate) fn tree(&self) -> Slot {
        Slot {
            hash: self.tree_root,
            leaves: self.tree_leaves,
        }
    }

    pub(crate) fn load(db: &Db, height: u64) -> Result<Option<BlockRecord>, StoreError> {
        if height == 0 {
            return Ok(Some(BlockRecord::empty()));
        }
        let Some(bytes) = db.get(Column::Meta, &record_key(height))? else {
            return Ok(None);
        };
        let record: BlockRecord = borsh::from_slice(&bytes).map_err(|error| {
            StoreError::corrupt(format!("the record of height {height} is malformed: {error}"))
        })?;
        if record.block.height != height {
            return Err(StoreError::corrupt(format!(
                "the record of height {height} is that of {}",
                record.block.height
            )));
        }
        Ok(Some(record))
    }

    pub(crate) fn encode(&self) -> Result<Vec<u8>, StoreError> {
        borsh::to_vec(self).map_err(|error| StoreError::io("encoding a block record", &error))
    }
}

/// Sorts by height.
pub(crate) fn record_key(height: u64) -> [u8; 9] {
    let mut key = [b'b'; 9];
    if let Some(tail) = key.last_chunk_mut() {
        *tail = height.to_be_bytes();
    }
    key
}
