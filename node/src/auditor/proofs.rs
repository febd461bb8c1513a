//! Whether targets computed what they had to: when the sample of an epoch is known, each is asked for the
//! digests of the sampled segments, and this machine computes those segments itself.

use std::{collections::BTreeMap, sync::Arc};

use slsbft_client::client::{Assignment, Computing};
use slsbft_mechanism::compute::{Work, delivered};
use slsbft_proto::service::v1::Target;
use slsbft_wasm::{Fault, compute::Task};
use tokio::{
    sync::{OnceCell, Semaphore, watch},
    task::{JoinError, JoinSet, spawn_blocking},
    time::{Duration, sleep, timeout},
};

use super::{
    metrics::Metrics,
    probe::{Failure, Prober, compute::Challenge},
    sight::Sight,
};

/// Targets that are asked at a time.
const ASKING: usize = 64;
/// Longest that one is asked, all attempts together.
const LONGEST: Duration = Duration::from_secs(15);
/// Segments that are computed at a time: auditing must not need a machine of its own.
const COMPUTING: u32 = 2;
/// How often a target is asked that does not answer.
const ATTEMPTS: u32 = 3;
/// Between two of them.
const PAUSE: Duration = Duration::from_secs(1);

/// By target's id: thousandths of the samples that were right.
pub type Delivered = BTreeMap<u32, u16>;

/// Checks proofs.
pub struct Checker {
    prober: Arc<Prober>,
    metrics: Arc<Metrics>,
    /// Compiled when it is needed first.
    task: OnceCell<Arc<Task>>,
    asking: Semaphore,
    computing: Arc<Semaphore>,
}

impl Checker {
    pub fn new(prober: Arc<Prober>, metrics: Arc<Metrics>) -> Self {
        Self {
            prober,
            metrics,
            task: OnceCell::new(),
            asking: Semaphore::new(ASKING),
            computing: Arc::new(Semaphore::new(COMPUTING as usize)),
        }
    }

    /// Checks all targets of an assignment whose sample is known, until the chain is at `close`.
    /// What this machine could not find out by then is not in the answer.
    pub async fn check(
        self: &Arc<Self>,
        assignment: &Assignment,
        patience: Duration,
        close: u64,
        sight: &watch::Receiver<Sight>,
    ) -> Delivered {
        let mut delivered = Delivered::new();
        let Some(Computing {
            seed,
            sample: Some(sample),
            ..
        }) = assignment.computing
        else {
            return delivered;
        };
        let mut running = JoinSet::new();
        for target in assignment.targets.iter().filter(|target| target.segments > 0) {
            match challenge(target, assignment.epoch, seed, &sample) {
                Some(challenge) => {
                    let (checker, id, endpoint) = (self.clone(), target.id, target.endpoint.clone());
                    // Who keeps this machine waiting must not gain by it: it has to be done before the rest.
                    let until = until(sight.clone(), close.saturating_sub(1));
                    running.spawn(async move {
                        let part = checker.one(&endpoint, &challenge, patience, until).await;
                        (id, part)
                    });
                }
                // It committed to nothing.
                None => {
                    self.metrics.checked(Some(0));
                    delivered.insert(target.id, 0);
                }
            }
        }
        let closed = until(sight.clone(), close);
        tokio::pin!(closed);
        loop {
            let ended = tokio::select! {
                ended = running.join_next() => ended,
                () = &mut closed => None,
            };
            match ended {
                Some(Ok((id, part))) => {
                    self.metrics.checked(part);
                    delivered.extend(part.map(|part| (id, part)));
                }
                Some(Err(error)) => tracing::error!(%error, "the check of a proof broke; report it"),
                None => break,
            }
        }
        if !running.is_empty() {
            tracing::warn!(
                targets = running.len(),
                "not all proofs of computing were checked in time"
            );
        }
        delivered
    }

    /// `None` if this machine could not find out.
    async fn one(
        &self,
        endpoint: &str,
        challenge: &Challenge,
        patience: Duration,
        until: impl Future<Output = ()>,
    ) -> Option<u16> {
        tokio::pin!(until);
        let place = tokio::select! {
            place = self.asking.acquire() => place.ok()?,
            // Others kept this machine waiting: that says nothing of this one.
            () = &mut until => return None,
        };
        let asked = tokio::select! {
            asked = timeout(LONGEST, self.ask(endpoint, challenge, patience)) => asked.ok(),
            () = &mut until => None,
        };
        drop(place);
        let shown = match asked.unwrap_or(Err(Failure::Timeout("proof of computing"))) {
            Ok(shown) => shown,
            Err(Failure::Own(what)) => {
                tracing::warn!(
                    endpoint,
                    what,
                    "this machine could not ask for a proof of computing"
                );
                return None;
            }
            Err(failure) => {
                tracing::debug!(endpoint, %failure, "no proof of computing");
                BTreeMap::new()
            }
        };
        let mut right = 0;
        for (segment, digest) in &shown {
            match self.compute(challenge.work.input(*segment)).await {
                Ok(own) => right += u32::from(own == *digest),
                Err(error) => {
                    tracing::error!(%error, "this machine cannot compute, so no proof is checked");
                    return None;
                }
            }
        }
        let samples = u32::try_from(challenge.samples.len()).ok()?;
        Some(delivered(right, samples))
    }

    /// Asks again if there was no answer.
    async fn ask(
        &self,
        endpoint: &str,
        challenge: &Challenge,
        patience: Duration,
    ) -> Result<BTreeMap<u32, [u8; 32]>, Failure> {
        let mut attempts = 1;
        loop {
            match self.prober.prove(endpoint, challenge, patience).await {
                Err(failure) if attempts < ATTEMPTS && !matches!(failure, Failure::Status(..500)) => {
                    attempts += 1;
                    sleep(PAUSE).await;
                }
                asked => return asked,
            }
        }
    }

    async fn compute(&self, input: [u8; 32]) -> Result<[u8; 32], Fault> {
        let broken = |error: JoinError| Fault::Engine(format!("{error}"));
        let task = async || {
            let made = spawn_blocking(|| Task::new(COMPUTING)).await;
            made.unwrap_or_else(|error| Err(broken(error))).map(Arc::new)
        };
        let task = self.task.get_or_try_init(task).await?.clone();
        let place = self.computing.clone().acquire_owned().await;
        let computed = spawn_blocking(move || {
            let _place = place;
            task.segment(&input)
        });
        computed.await.unwrap_or_else(|error| Err(broken(error)))
    }
}

/// Until the chain is at a height.
async fn until(mut sight: watch::Receiver<Sight>, height: u64) {
    // The watcher ends only with this daemon.
    let _ = sight.wait_for(|sight| sight.height >= height).await;
}

/// What to ask of a target; `None` if it committed to nothing.
fn challenge(target: &Target, epoch: u64, seed: [u8; 32], sample: &[u8; 32]) -> Option<Challenge> {
    let work = Work {
        seed,
        provider: target.address.parse().ok()?,
        segments: target.segments,
    };
    Some(Challenge {
        epoch,
        root: target.compute_root.as_ref().try_into().ok()?,
        samples: work.samples(sample),
        work,
    })
}
