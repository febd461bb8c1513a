//! Vouchers judged between the admission of a transaction and its block, which
//! then need not wait for them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, SyncSender},
    },
    thread,
};

use crate::tx::CheckedTx;

/// Transactions that wait to be judged; a block judges the rest.
const QUEUE: usize = 64;
/// Vouchers judged ahead of one block. A transaction that the mempool admits may
/// never get into a block (it can time out, or its account be emptied before its
/// turn) and then has paid for nothing: this is as much as is done for those.
const MOST: usize = 10_000;

/// Judges on one thread of its own: a block's work, which shares the cores, meets
/// no more of it than that.
pub struct Ahead {
    queue: SyncSender<Arc<CheckedTx>>,
    left: AtomicUsize,
}

impl Ahead {
    pub fn new() -> Self {
        let (queue, waiting) = mpsc::sync_channel::<Arc<CheckedTx>>(QUEUE);
        let work = move || waiting.iter().for_each(|tx| tx.verify_vouchers_in_turn());
        // Without the thread, blocks judge all of them.
        if let Err(error) = thread::Builder::new().name("vouchers".into()).spawn(work) {
            tracing::warn!(%error, "vouchers are not judged ahead of their blocks");
        }
        Self {
            queue,
            left: AtomicUsize::new(MOST),
        }
    }

    /// A block has been committed: there is room for the next one's.
    pub fn renew(&self) {
        self.left.store(MOST, Ordering::Relaxed);
    }

    /// Judges the vouchers of an admitted transaction soon, if that still fits.
    pub fn offer(&self, tx: &Arc<CheckedTx>) {
        let vouchers = tx.vouchers_len();
        let take = |left: usize| left.checked_sub(vouchers);
        if vouchers > 0
            && self
                .left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
                .is_ok()
        {
            // Full: the block does it.
            let _ = self.queue.try_send(tx.clone());
        }
    }
}
