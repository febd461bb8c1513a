//! Proofs of computing: the daemon computes what the chain gives its provider in each epoch, commits to
//! it in time, and shows auditors the parts that they ask for.
//!
//! Nothing is kept on disk: what was computed is computed again after a restart, with the same outcome.
//!
//! - `run`: all segments, on threads that give way to everything else
//! - `proofs`: what auditors are shown

mod proofs;
mod run;

use std::{convert::Infallible, sync::Arc, time::Duration};

use slsbft_mechanism::compute::Work;
use slsbft_types::Address;
use slsbft_wasm::Fault;
use tokio::time::{MissedTickBehavior, interval, sleep};

pub use self::proofs::Proofs;
use self::run::{Cancel, compute};
use super::chain::ChainError;

/// Blocks that a commitment is given to get into one.
const UNDER_WAY: u64 = 1;

/// What the chain gives a provider to compute in an epoch, and what it has of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assigned {
    pub epoch: u64,
    pub work: Work,
    /// Last height at which a commitment is taken.
    pub commit_until: u64,
    /// Of the latest block.
    pub height: u64,
    /// What was committed to.
    pub root: Option<[u8; 32]>,
}

/// Where tasks come from, and commitments go.
#[tonic::async_trait]
pub trait Tasks: Send + Sync + 'static {
    /// What there is to compute in the running epoch; `None` if that is nothing.
    async fn assigned(&self) -> Result<Option<Assigned>, ChainError>;

    /// Commits to a root in a block up to height `until`, or never.
    async fn commit(&self, epoch: u64, root: [u8; 32], until: u64) -> Result<(), ChainError>;
}

/// Computes, epoch after epoch.
pub struct Prover {
    tasks: Arc<dyn Tasks>,
    threads: u32,
    /// Between looks at the chain.
    poll: Duration,
    proofs: Arc<Proofs>,
}

/// Why an epoch's commitment is missed.
#[derive(Debug, thiserror::Error)]
enum Missed {
    #[error("it was not computed in time; promise fewer cores, or give it more --compute-threads")]
    Late,
    #[error(
        "the chain has another root than this daemon computed; another program commits for this provider"
    )]
    Conflict,
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Prover {
    /// What is computed is shown by `proofs`.
    pub fn new(tasks: Arc<dyn Tasks>, threads: u32, poll: Duration, proofs: Arc<Proofs>) -> Self {
        Self {
            tasks,
            threads,
            poll,
            proofs,
        }
    }

    /// Computes, and never ends; dropped, it leaves off.
    pub async fn run(self) -> Infallible {
        let mut done = None;
        let mut look = interval(self.poll);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            look.tick().await;
            match self.tasks.assigned().await {
                Ok(Some(assigned)) if done != Some(assigned.epoch) => {
                    let (epoch, segments) = (assigned.epoch, assigned.work.segments);
                    done = Some(epoch);
                    match self.prove(assigned).await {
                        Ok(()) => tracing::info!(epoch, segments, "committed to what was computed"),
                        Err(missed) => tracing::error!(epoch, segments, %missed, "no proof of computing"),
                    }
                }
                Ok(_) => {}
                Err(error) => tracing::debug!(%error, "what to compute is not known"),
            }
        }
    }

    /// Computes, and commits to it.
    async fn prove(&self, assigned: Assigned) -> Result<(), Missed> {
        let tree = tokio::select! {
            tree = compute(assigned.work, self.threads, Cancel::default()) => tree?,
            () = self.too_late(&assigned) => return Err(Missed::Late),
        };
        let Some(root) = tree.root() else { return Ok(()) };
        self.proofs.show(assigned.epoch, tree);
        self.commit(&assigned, root).await
    }

    /// Until a commitment to `assigned` could no longer get into a block. One that is there already has
    /// all the time.
    async fn too_late(&self, assigned: &Assigned) {
        loop {
            sleep(self.poll).await;
            match self.tasks.assigned().await {
                Ok(Some(now)) if now.epoch == assigned.epoch => {
                    let in_time = now.height.saturating_add(UNDER_WAY) <= now.commit_until;
                    if !in_time && now.root.is_none() {
                        return;
                    }
                }
                Ok(_) => return,
                Err(_) => {}
            }
        }
    }

    async fn commit(&self, assigned: &Assigned, root: [u8; 32]) -> Result<(), Missed> {
        loop {
            let failed = match self.tasks.assigned().await {
                Ok(Some(now)) if now.epoch == assigned.epoch => match now.root {
                    Some(there) if there == root => return Ok(()),
                    Some(_) => return Err(Missed::Conflict),
                    None if now.height >= now.commit_until => return Err(Missed::Late),
                    None => self.tasks.commit(now.epoch, root, now.commit_until).await,
                },
                Ok(_) => return Err(Missed::Late),
                Err(error) => Err(error),
            };
            if let Err(error) = failed {
                tracing::warn!(%error, "the root of what was computed is in no block yet");
                sleep(self.poll).await;
            }
        }
    }
}

impl Assigned {
    /// Reads a node's answer; `None` if there is nothing to compute.
    pub(super) fn read(
        answer: &slsbft_proto::service::v1::QueryComputeTaskResponse,
        provider: Address,
    ) -> Result<Option<Self>, ChainError> {
        if answer.segments == 0 {
            return Ok(None);
        }
        let wrong = |what: &str| ChainError::Answer(format!("a task without {what}"));
        let root = match answer.root.as_ref() {
            [] => None,
            root => Some(root.try_into().map_err(|_| wrong("a root of 32 bytes"))?),
        };
        let seed = answer.seed.as_ref().try_into();
        Ok(Some(Self {
            epoch: answer.epoch,
            work: Work {
                seed: seed.map_err(|_| wrong("a seed of 32 bytes"))?,
                provider,
                segments: answer.segments,
            },
            commit_until: answer.commit_until,
            height: answer.height,
            root,
        }))
    }
}
