//! All segments of a task.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
};

use parking_lot::Mutex;
use slsbft_mechanism::compute::{MOST_SEGMENTS, Tree, Work};
use slsbft_wasm::{Fault, compute::Task};
use tokio::task::spawn_blocking;

/// How far the threads step back behind others of this machine.
const NICE: i32 = 10;

/// Ends a computation when it is dropped.
#[derive(Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Drop for Cancel {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The tree over the digests of all segments; those after a cancellation are zero.
pub async fn compute(work: Work, threads: u32, cancel: Cancel) -> Result<Tree, Fault> {
    let cancelled = cancel.0.clone();
    let computing = spawn_blocking(move || all(&work, threads.max(1), &cancelled).map(Tree::new));
    computing
        .await
        .unwrap_or_else(|error| Err(Fault::Engine(error.to_string())))
}

fn all(work: &Work, threads: u32, cancelled: &AtomicBool) -> Result<Vec<[u8; 32]>, Fault> {
    let task = Task::new(threads)?;
    let segments = work.segments.min(MOST_SEGMENTS);
    let next = AtomicU32::new(0);
    let digests = Mutex::new(vec![[0; 32]; segments as usize]);
    let worker = || -> Result<(), Fault> {
        step_back();
        while !cancelled.load(Ordering::Relaxed) {
            let segment = next.fetch_add(1, Ordering::Relaxed);
            if segment >= segments {
                break;
            }
            let digest = task.segment(&work.input(segment))?;
            if let Some(place) = digests.lock().get_mut(segment as usize) {
                *place = digest;
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let broken = |_| Err(Fault::Engine("a thread of the computation panicked".into()));
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or_else(broken))
    })?;
    Ok(digests.into_inner())
}

/// Lets everything else on this machine go first.
fn step_back() {
    #[allow(unsafe_code, reason = "the standard library has no priorities of threads")]
    // SAFETY: `nice` takes a number and touches no memory. On Linux it is the calling thread's.
    unsafe {
        libc::nice(NICE);
    }
}
