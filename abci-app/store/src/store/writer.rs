//! The thread that encodes blocks and gives them to RocksDB, one at a time, while the next block
//! already runs. CometBFT replays a block that a crash took away here.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::encode::Block;
use crate::StoreError;
use crate::db::Db;

/// What has been written, for whoever must not run ahead of it.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    state: Mutex<Heights>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Heights {
    written: u64,
    synced: u64,
    failure: Option<StoreError>,
}

impl Progress {
    pub(super) fn new(height: u64) -> Self {
        let progress = Progress::default();
        progress.reset(height);
        progress
    }

    pub(super) fn reset(&self, height: u64) {
        self.change(|heights| (heights.written, heights.synced) = (height, height));
    }

    /// Returns once block `height` is in the database, or with the fault that prevents it.
    pub(crate) fn wait_written(&self, height: u64) -> Result<(), StoreError> {
        let heights = self
            .changed
            .wait_while(self.lock(), |heights| {
                heights.failure.is_none() && heights.written < height
            })
            .unwrap_or_else(PoisonError::into_inner);
        heights.failure.clone().map_or(Ok(()), Err)
    }

    /// The fault of an earlier write, if there was one. Never waits.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.lock().failure.clone().map_or(Ok(()), Err)
    }

    pub(super) fn synced(&self) -> u64 {
        self.lock().synced
    }

    pub(super) fn set_synced(&self, height: u64) {
        self.change(|heights| heights.synced = heights.synced.max(height));
    }

    fn set_written(&self, height: u64) {
        self.change(|heights| heights.written = heights.written.max(height));
    }

    pub(super) fn fail(&self, error: StoreError) {
        self.change(|heights| {
            heights.failure.get_or_insert(error);
        });
    }

    fn change(&self, change: impl FnOnce(&mut Heights)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Heights> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A block to be written, and whether the log is to be fsynced after it.
pub(super) struct Job {
    pub(super) block: Block,
    pub(super) sync: bool,
}

/// Dropped, it waits until what was given to it is written.
pub(super) struct Writer {
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(db: Arc<Db>, progress: Arc<Progress>) -> Result<Self, StoreError> {
        let (jobs, inbox) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || run(&db, &progress, &inbox))
            .map_err(|error| StoreError::io("starting the store's writer", &error))?;
        Ok(Writer {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    pub(super) fn send(&self, job: Job) -> Result<(), StoreError> {
        let sent = self.jobs.as_ref().and_then(|jobs| jobs.send(job).ok());
        sent.ok_or_else(|| StoreError::Storage {
            detail: "the store's writer has stopped".into(),
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A panic in it was reported to everybody who waits.
            let _ = thread.join();
        }
    }
}

fn run(db: &Db, progress: &Progress, inbox: &Receiver<Job>) {
    let _guard = FailOnPanic(progress);
    while let Ok(mut job) = inbox.recv() {
        if let Err(error) = write(db, progress, &mut job) {
            return progress.fail(error);
        }
    }
}

fn write(db: &Db, progress: &Progress, job: &mut Job) -> Result<(), StoreError> {
    let height = job.block.height();
    db.write(job.block.encode(db)?)?;
    progress.set_written(height);
    if job.sync {
        db.sync()?;
        let heights = &job.block.heights;
        db.floors.raise(heights.oldest, heights.oldest_proof);
        progress.set_synced(height);
    }
    Ok(())
}

/// Nobody waits for a thread that is gone.
struct FailOnPanic<'a>(&'a Progress);

impl Drop for FailOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail(StoreError::Storage {
                detail: "the store's writer panicked".into(),
            });
        }
    }
}
