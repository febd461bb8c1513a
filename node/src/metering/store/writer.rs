//! The thread that writes a store: whatever has queued up is one batch.

use std::{sync::Arc, thread::JoinHandle};

use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot, watch};

use super::{RecordKey, Store, StoreError};

/// Records written with one sync at most.
const MAX_BATCH: usize = 4_096;
/// Records that may wait for the writer.
const QUEUE: usize = 8_192;

/// What to write; none is a barrier: acknowledged once all before it is durable.
pub(super) struct Change {
    pub(super) record: Option<(RecordKey, Option<Vec<u8>>)>,
    done: oneshot::Sender<()>,
}

/// Arrives when the record is durable; an error means that it may not be.
pub type Receipt = oneshot::Receiver<()>;

/// The writer has stopped after a storage fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the voucher store cannot be written; the daemon stops")]
pub struct WriterStopped;

/// Hands records to the writer thread; records of one sender are written in order.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Change>,
    fault: watch::Receiver<Option<Arc<StoreError>>>,
}

/// The writer thread and the store that it writes. Whoever drops it closes the
/// store, there and then: RocksDB must not be in use when the process ends.
pub struct Writing {
    store: Arc<Mutex<Option<Store>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writing {
    /// Waits until all that was queued is written, which needs every clone of the
    /// writer to be dropped.
    pub fn join(mut self) {
        if let Some(thread) = self.thread.take() {
            // It has reported what there was to report.
            let _ = thread.join();
        }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        // Waits for the batch under way; what is queued after it stays unacknowledged.
        drop(self.store.lock().take());
    }
}

impl Writer {
    /// Starts the thread. It ends when the last clone of the writer is dropped, or
    /// the store, or at the first failed write: what is durable is unknown after that.
    pub fn spawn(store: Store) -> Result<(Self, Writing), StoreError> {
        let (queue, changes) = mpsc::channel(QUEUE);
        let (report, fault) = watch::channel(None);
        let store = Arc::new(Mutex::new(Some(store)));
        let written = store.clone();
        let thread = std::thread::Builder::new()
            .name("voucher-writer".into())
            .spawn(move || write_all(&written, changes, &report))
            .map_err(StoreError::Thread)?;
        let thread = Some(thread);
        Ok((Self { queue, fault }, Writing { store, thread }))
    }

    /// Queues a record if there is room; a full queue means that the disk is far behind.
    pub fn try_put(&self, key: RecordKey, value: Vec<u8>) -> Result<Receipt, WriterStopped> {
        let (change, receipt) = change(Some((key, Some(value))));
        self.queue.try_send(change).map_err(|_| WriterStopped)?;
        Ok(receipt)
    }

    /// Queues a removal, waiting for room.
    pub async fn remove(&self, key: RecordKey) -> Result<Receipt, WriterStopped> {
        let (change, receipt) = change(Some((key, None)));
        self.queue.send(change).await.map_err(|_| WriterStopped)?;
        Ok(receipt)
    }

    /// Queues a record from a thread outside the runtime, waiting for room.
    pub fn put_blocking(&self, key: RecordKey, value: Vec<u8>) -> Result<Receipt, WriterStopped> {
        let (change, receipt) = change(Some((key, Some(value))));
        self.queue.blocking_send(change).map_err(|_| WriterStopped)?;
        Ok(receipt)
    }

    /// A receipt for everything queued before, from a thread outside the runtime.
    pub fn barrier_blocking(&self) -> Result<Receipt, WriterStopped> {
        let (change, receipt) = change(None);
        self.queue.blocking_send(change).map_err(|_| WriterStopped)?;
        Ok(receipt)
    }

    /// Resolves with the cause when a write has failed.
    pub async fn fault(&self) -> Arc<StoreError> {
        let mut fault = self.fault.clone();
        loop {
            if let Some(error) = fault.borrow_and_update().clone() {
                return error;
            }
            if fault.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }
}

pub(super) fn change(record: Option<(RecordKey, Option<Vec<u8>>)>) -> (Change, Receipt) {
    let (done, receipt) = oneshot::channel();
    (Change { record, done }, receipt)
}

fn write_all(
    store: &Mutex<Option<Store>>,
    mut changes: mpsc::Receiver<Change>,
    report: &watch::Sender<Option<Arc<StoreError>>>,
) {
    let mut batch = Vec::with_capacity(MAX_BATCH);
    while changes.blocking_recv_many(&mut batch, MAX_BATCH) > 0 {
        let written = store.lock().as_ref().map(|store| store.write(&batch));
        match written {
            Some(Ok(())) => {}
            Some(Err(error)) => {
                tracing::error!(%error, "voucher store failed");
                report.send_replace(Some(Arc::new(error)));
                return;
            }
            // Closed.
            None => return,
        }
        for change in batch.drain(..) {
            // Whoever no longer waits for the receipt needs no answer.
            let _ = change.done.send(());
        }
    }
}
