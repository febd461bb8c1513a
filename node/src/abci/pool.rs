//! Threads that verify transactions side by side. Without work they sleep at
//! once: a pool whose threads look for work a while before they do takes the
//! cores from CometBFT, some hundred context switches for each small batch.

use std::{
    any::Any,
    io, iter, mem,
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender},
    },
    thread::{self, JoinHandle},
};

use parking_lot::Mutex;

/// Waking a thread costs about as much as a small part of one item; fewer items
/// than this are not worth it.
const LEAST_PART: usize = 4;

type Job = Box<dyn FnOnce() + Send>;

/// Dropped, it waits for its threads.
pub(super) struct Pool {
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    /// Works with `threads` threads, that of the caller included; 0: one per core.
    pub fn start(threads: usize) -> io::Result<Self> {
        let threads = match threads {
            0 => thread::available_parallelism()?.get(),
            given => given,
        };
        let (jobs, inbox) = mpsc::channel::<Job>();
        let inbox = Arc::new(Mutex::new(inbox));
        let spawn = |index| {
            let inbox = inbox.clone();
            thread::Builder::new()
                .name(format!("check-tx-{index}"))
                .spawn(move || work_off(&inbox))
        };
        Ok(Self {
            jobs: Some(jobs),
            threads: (1..threads).map(spawn).collect::<io::Result<_>>()?,
        })
    }

    /// The result of `work` on each item, in the order of the items. A panic in
    /// it is the caller's.
    pub fn map<T, R>(&self, items: Vec<T>, work: impl Fn(T) -> R + Clone + Send + 'static) -> Vec<R>
    where
        T: Send + 'static,
        R: Send + 'static,
    {
        let parts = items.len().div_ceil(LEAST_PART).min(self.threads.len() + 1);
        let part = items.len().div_ceil(parts.max(1));
        let mut items = items.into_iter();
        let mut next = || items.by_ref().take(part).collect::<Vec<T>>();
        let own = next();
        let others = iter::from_fn(|| Some(next()).filter(|part| !part.is_empty()));
        let results: Vec<_> = others.map(|part| self.run(part, work.clone())).collect();
        let mut done: Vec<R> = own.into_iter().map(work).collect();
        for result in results {
            match result.recv() {
                Ok(Ok(part)) => done.extend(part),
                Ok(Err(panic)) => panic::resume_unwind(panic),
                Err(_) => panic::resume_unwind(Box::new("a thread that verifies transactions has ended")),
            }
        }
        done
    }

    fn run<T, R>(
        &self,
        items: Vec<T>,
        work: impl Fn(T) -> R + Send + 'static,
    ) -> Receiver<Result<Vec<R>, Box<dyn Any + Send>>>
    where
        T: Send + 'static,
        R: Send + 'static,
    {
        let (done, result) = mpsc::channel();
        let job = move || {
            let worked = AssertUnwindSafe(|| items.into_iter().map(work).collect());
            // Nobody waits any more if another part panicked.
            let _ = done.send(panic::catch_unwind(worked));
        };
        // Without a thread to take it the job is dropped, and the receiver says so.
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(Box::new(job));
        }
        result
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in mem::take(&mut self.threads) {
            let _ = thread.join();
        }
    }
}

fn work_off(inbox: &Mutex<Receiver<Job>>) {
    loop {
        // Whoever waits holds the lock; the others wait for that.
        let job = inbox.lock().recv();
        match job {
            Ok(job) => job(),
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items_whatever_the_threads() {
        for threads in 1..5 {
            let pool = Pool::start(threads).unwrap();
            for items in (0..40).chain([1_000]) {
                let expected: Vec<usize> = (0..items).map(|item| item * 2).collect();
                assert_eq!(pool.map((0..items).collect(), |item: usize| item * 2), expected);
            }
        }
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_goes_on() {
        let pool = Pool::start(3).unwrap();
        for bad in [0, 50, 99] {
            let work = move |item: i32| {
                assert_ne!(item, bad, "item {bad}");
                item
            };
            let caught = panic::catch_unwind(AssertUnwindSafe(|| pool.map((0..100).collect(), work)));
            let message = caught.unwrap_err();
            assert!(
                message
                    .downcast_ref::<String>()
                    .unwrap()
                    .contains(&format!("item {bad}"))
            );
        }
        assert_eq!(pool.map((0..100).collect(), |item: i32| item).len(), 100);
    }
}
