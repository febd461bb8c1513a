//! The time of a request, counted as it goes by: a long one is paid for before
//! it ends.

use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::wallet::Slot;
use crate::metering::units::{Stopwatch, Unit};

const TICK: Duration = Duration::from_millis(100);

/// Counts time spent on one request.
#[derive(Default)]
pub struct Clock {
    watch: Stopwatch,
}

impl Clock {
    /// Counts the time that `work` takes, if the deal meters it.
    pub async fn run<T>(&mut self, slot: &Slot, work: impl Future<Output = T>) -> T {
        if !slot.meters.has(Unit::Millis) {
            return work.await;
        }
        tokio::pin!(work);
        loop {
            let started = Instant::now();
            let done = timeout(TICK, &mut work).await;
            slot.served(Unit::Millis, self.watch.add(started.elapsed()));
            if let Ok(done) = done {
                return done;
            }
        }
    }

    /// The gateway rounds over many requests; one more never matters.
    pub fn finish(&mut self, slot: &Slot) {
        slot.served(Unit::Millis, 1);
    }
}
