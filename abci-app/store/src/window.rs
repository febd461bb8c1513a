//! Which heights can be read. Pruning moves the lower end, the writer the upper one; readers look
//! after they have read, so that a race ends in `NotKept` and never in a wrong value.

use std::sync::atomic::{AtomicU64, Ordering};

use borsh::{BorshDeserialize, BorshSerialize};

use crate::db::{Column, Db};
use crate::{StoreConfig, StoreError};

const KEY: &[u8] = b"window";

/// Heights as they stand after a block; written with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Heights {
    /// Height of the first block ever; 0 before it. There is no state between 0 and this.
    pub(crate) first: u64,
    pub(crate) latest: u64,
    /// Oldest height whose values are kept.
    pub(crate) oldest: u64,
    /// Oldest height that can be proven.
    pub(crate) oldest_proof: u64,
}

impl Heights {
    pub(crate) fn load(db: &Db) -> Result<Heights, StoreError> {
        match db.get(Column::Meta, KEY)? {
            None => Ok(Heights::default()),
            Some(bytes) => borsh::from_slice(&bytes).map_err(|error| {
                StoreError::corrupt(format!("the window of kept heights is malformed: {error}"))
            }),
        }
    }

    pub(crate) fn entry(&self) -> Result<(&'static [u8], Vec<u8>), StoreError> {
        let bytes =
            borsh::to_vec(self).map_err(|error| StoreError::io("encoding the window of heights", &error))?;
        Ok((KEY, bytes))
    }

    /// The heights once block `next` is written. The lower ends only ever rise.
    pub(crate) fn after(&self, next: u64, window: &Window, config: &StoreConfig) -> Heights {
        let first = if self.first == 0 { next } else { self.first };
        let lower = |kept: u64, before: u64| match next.saturating_sub(kept.max(1)) {
            height if height >= first => height.max(before),
            _ => before,
        };
        let oldest = lower(config.keep_heights, self.oldest);
        // The window is ahead of what was written where the tree has been rebuilt since.
        let given_up = window.oldest_proof.load(Ordering::SeqCst);
        let oldest_proof = lower(config.proof_heights, given_up).max(oldest);
        Heights {
            first,
            latest: next,
            oldest,
            oldest_proof,
        }
    }

    /// The next block's height must be this; any height may be the first.
    pub(crate) fn expected(&self, got: u64) -> u64 {
        if self.first == 0 {
            got.max(1)
        } else {
            self.latest.saturating_add(1)
        }
    }
}

/// The same, shared between the writer and every snapshot of one line of blocks. A rollback closes
/// it, and with it the snapshots of the abandoned line.
#[derive(Debug)]
pub(crate) struct Window {
    oldest: AtomicU64,
    oldest_proof: AtomicU64,
    /// Highest block that may have begun to appear in the database.
    writing: AtomicU64,
}

impl Window {
    pub(crate) fn new(heights: &Heights) -> Self {
        Window {
            oldest: AtomicU64::new(heights.oldest),
            oldest_proof: AtomicU64::new(heights.oldest_proof),
            writing: AtomicU64::new(heights.latest),
        }
    }

    /// To be called before a block's batch is given to the database.
    pub(crate) fn begin_write(&self, heights: &Heights) {
        self.writing.store(heights.latest, Ordering::SeqCst);
    }

    /// To be called before anything behind the new lower ends may disappear.
    pub(crate) fn raise(&self, heights: &Heights) {
        self.oldest.fetch_max(heights.oldest, Ordering::SeqCst);
        self.oldest_proof
            .fetch_max(heights.oldest_proof, Ordering::SeqCst);
    }

    pub(crate) fn oldest(&self) -> u64 {
        self.oldest.load(Ordering::SeqCst)
    }

    pub(crate) fn close(&self) {
        self.oldest.store(u64::MAX, Ordering::SeqCst);
        self.oldest_proof.store(u64::MAX, Ordering::SeqCst);
    }

    /// Whether what was just read may hold blocks above `height`.
    pub(crate) fn written_above(&self, height: u64) -> bool {
        self.writing.load(Ordering::SeqCst) > height
    }

    /// To be called after reading: whether all that was needed for `height` was still there.
    pub(crate) fn check_kept(&self, height: u64) -> Result<(), StoreError> {
        self.check(&self.oldest, height)
    }

    /// The same for proofs.
    pub(crate) fn check_provable(&self, height: u64) -> Result<(), StoreError> {
        self.check(&self.oldest_proof, height)
    }

    fn check(&self, oldest: &AtomicU64, height: u64) -> Result<(), StoreError> {
        let oldest = oldest.load(Ordering::SeqCst);
        if height >= oldest {
            return Ok(());
        }
        Err(StoreError::NotKept {
            height,
            oldest,
            newest: self.writing.load(Ordering::SeqCst),
        })
    }
}
