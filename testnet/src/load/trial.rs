//! One trial: a chain, a rate, a warm-up, a window, and what was seen in it.

use std::{cell::RefCell, collections::BTreeMap, fmt, rc::Rc, time::Duration};

use sha2::{Digest, Sha256};
use tokio::{task::LocalSet, time::Instant};

use super::{
    disk,
    generator::{Generator, Sent},
    system::{GENERATOR, Running},
    watch::{Commit, Participant, Spent, Watcher, failures, spent, usages},
};
use crate::{error::Result, proc, rpc::Rpc};

/// A rate is sustained if at least this share of it is committed …
const MIN_SHARE: f64 = 0.95;
/// … and blocks come at least this often, on average.
const MAX_INTERVAL: Duration = Duration::from_secs(2);
/// How long transactions of the window may still arrive after it.
const DRAIN: Duration = Duration::from_secs(30);
/// How often memory is looked at in a window.
const SAMPLES: u32 = 10;

/// How long a trial takes.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    pub warm_up: Duration,
    pub window: Duration,
}

impl Timing {
    /// Until when there must be transactions to send: blocks may be late at both ends.
    pub fn supply(&self) -> Duration {
        self.warm_up + self.window + MAX_INTERVAL * 4
    }
}

/// What was seen. Rates are transactions per second.
#[derive(Debug)]
pub struct Trial {
    pub system: &'static str,
    pub offered: f64,
    pub committed: f64,
    pub mean_interval: Duration,
    pub max_interval: Duration,
    /// Transactions and bytes.
    pub largest_block: (u64, u64),
    pub latency: Latency,
    pub sent: Sent,
    /// Transactions in the window's blocks, those that failed left out.
    pub count: u64,
    /// Transactions in the window's blocks that failed.
    pub failed: u64,
    pub roles: BTreeMap<&'static str, Spent>,
    /// Growth of the first node's disk in the window, by what grew, in bytes.
    pub disk: Vec<(String, i64)>,
    /// Memory of the largest `slsbftd` in the course of the window, in bytes.
    pub memory: Vec<(Duration, u64)>,
}

/// From when a transaction was due until its block was committed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Latency {
    pub p50: Duration,
    pub p95: Duration,
    /// Transactions of the window that were not committed by the end.
    pub lost: usize,
}

impl Trial {
    pub fn share(&self) -> f64 {
        self.committed / self.offered
    }

    /// The rule by which rates are compared.
    pub fn sustained(&self) -> bool {
        self.share() >= MIN_SHARE && self.mean_interval <= MAX_INTERVAL
    }
}

/// Runs one trial on a chain that makes blocks.
pub async fn run(local: &LocalSet, chain: &Running, rate: f64, timing: Timing) -> Result<Trial> {
    let mut watcher = Watcher::new(Rpc::new(&chain.first_node()), chain.pruned).await?;
    let generator = Generator::start(local, &chain.rpcs, chain.txs.clone(), rate).await?;
    let patience = timing.window;

    let warm = generator.started + timing.warm_up;
    let first = watcher.commit_after(warm, warm + patience).await?;
    let before = Standing::of(chain).await;
    let memory = watch_memory(local, chain, timing.window);
    let target = first.seen + timing.window;
    let last = watcher.commit_after(target, target + patience).await?;
    let after = Standing::of(chain).await;
    let roles = spent(&chain.participants, &before.usages, &after.usages);
    generator.stop();

    let latency = drain(&mut watcher, &generator, chain, first.seen, last.seen).await?;
    Ok(Trial {
        sent: generator.take(),
        latency,
        roles,
        disk: disk::growth(&before.disk, &after.disk),
        memory: memory.take(),
        ..judge(
            &watcher,
            chain,
            rate,
            (first, last),
            after.failed.saturating_sub(before.failed),
        )
    })
}

/// What has been spent and used so far.
struct Standing {
    usages: Vec<proc::Usage>,
    disk: BTreeMap<String, u64>,
    failed: u64,
}

impl Standing {
    async fn of(chain: &Running) -> Self {
        Self {
            usages: usages(&chain.participants),
            disk: disk::usage(&chain.home),
            failed: failures(chain.metrics).await,
        }
    }
}

/// Looks at the memory of the largest `slsbftd` now and then, for the length of a window.
fn watch_memory(local: &LocalSet, chain: &Running, window: Duration) -> Rc<RefCell<Vec<(Duration, u64)>>> {
    let ours = |participant: &&Participant| participant.role == "slsbftd";
    let pids: Vec<u32> = chain.participants.iter().filter(ours).map(|p| p.pid).collect();
    let samples = Rc::new(RefCell::new(Vec::new()));
    let (seen, started) = (samples.clone(), Instant::now());
    local.spawn_local(async move {
        for n in 1..=SAMPLES {
            let after = window * n / SAMPLES;
            tokio::time::sleep_until(started + after).await;
            let usages = pids.iter().filter_map(|pid| proc::usage(*pid));
            if let Some(largest) = usages.map(|usage| usage.memory).max() {
                seen.borrow_mut().push((after, largest));
            }
        }
    });
    samples
}

/// Waits for the transactions of the window that are still to come.
async fn drain(
    watcher: &mut Watcher,
    generator: &Generator,
    chain: &Running,
    from: Instant,
    to: Instant,
) -> Result<Latency> {
    let rpc = Rpc::new(&chain.first_node());
    let deadline = Instant::now() + DRAIN;
    while Instant::now() < deadline && rpc.pending().await? > 0 {
        watcher
            .next_commit(Instant::now() + Duration::from_millis(200))
            .await?;
    }
    watcher.read_blocks().await?;
    let committed = watcher.committed();
    let due = (0..chain.txs.len()).map(|i| (i, generator.due(i)));
    let of_window = due.filter(|(_, due)| *due >= from && *due < to);
    let latencies = of_window.filter_map(|(i, due)| {
        let hash: [u8; 32] = Sha256::digest(chain.txs.get(i)?).into();
        Some(
            committed
                .get(&hash)
                .map(|seen| seen.saturating_duration_since(due)),
        )
    });
    Ok(percentiles(latencies.collect()))
}

/// A transaction that was lost counts as one that took for ever.
fn percentiles(mut latencies: Vec<Option<Duration>>) -> Latency {
    let lost = latencies.iter().filter(|latency| latency.is_none()).count();
    latencies.sort_by_key(|latency| latency.unwrap_or(Duration::MAX));
    let at = |percent: usize| {
        let i = (latencies.len() * percent / 100).min(latencies.len().saturating_sub(1));
        latencies.get(i).copied().flatten().unwrap_or(Duration::MAX)
    };
    Latency {
        p50: at(50),
        p95: at(95),
        lost,
    }
}

/// Counts blocks after `first` up to `last`: whole intervals only, or a block
/// more or less at the window's edges would change the result.
fn judge(
    watcher: &Watcher,
    chain: &Running,
    rate: f64,
    (first, last): (Commit, Commit),
    failed: u64,
) -> Trial {
    let metas = watcher.metas(first.height + 1, last.height);
    let elapsed = last.seen - first.seen;
    let all: u64 = metas
        .iter()
        .map(|meta| meta.num_txs.saturating_sub(chain.system_txs))
        .sum();
    let count = all.saturating_sub(failed);
    let seen: Vec<Instant> = watcher.commits.iter().map(|commit| commit.seen).collect();
    let gaps = seen.windows(2).filter_map(|pair| match pair {
        [a, b] if *a >= first.seen && *b <= last.seen => Some(*b - *a),
        _ => None,
    });
    let blocks = u32::try_from(metas.len()).unwrap_or(u32::MAX).max(1);
    Trial {
        system: chain.name,
        offered: rate,
        committed: count as f64 / elapsed.as_secs_f64(),
        mean_interval: elapsed / blocks,
        max_interval: gaps.max().unwrap_or_default(),
        largest_block: metas
            .iter()
            .map(|meta| (meta.num_txs, meta.block_size))
            .max()
            .unwrap_or_default(),
        latency: Latency::default(),
        sent: Sent::default(),
        count,
        failed,
        roles: BTreeMap::new(),
        disk: Vec::new(),
        memory: Vec::new(),
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (txs, bytes) = self.largest_block;
        write!(
            f,
            "{:8} offered {:6.0}/s  committed {:6.0}/s ({:3.0} %)  interval {:.2} s (max {:.2})  \
             largest block {txs} txs, {:.1} MB  latency p50 {} p95 {}  {}",
            self.system,
            self.offered,
            self.committed,
            self.share() * 100.0,
            self.mean_interval.as_secs_f64(),
            self.max_interval.as_secs_f64(),
            bytes as f64 / 1e6,
            seconds(self.latency.p50),
            seconds(self.latency.p95),
            if self.sustained() {
                "sustained"
            } else {
                "not sustained"
            },
        )?;
        for (role, spent) in &self.roles {
            let ms = spent.cpu.as_secs_f64() * 1_000.0 / self.count.max(1) as f64;
            let memory = spent.memory / 1_000_000;
            write!(f, "\n{:9}{role}: {ms:.3} ms CPU per tx", "")?;
            let of_all = if *role == GENERATOR { "" } else { " over all nodes" };
            write!(f, "{of_all}, {memory} MB")?;
        }
        let Sent {
            refused,
            broken,
            lag,
            refusal,
            ..
        } = &self.sent;
        if *lag > Duration::from_millis(100) {
            write!(
                f,
                "\n{:9}the generator ran up to {:.1} s late",
                "",
                lag.as_secs_f64()
            )?;
        }
        let (lost, failed) = (self.latency.lost, self.failed);
        if refused + broken + lost > 0 || failed > 0 {
            write!(
                f,
                "\n{:9}{refused} refused, {broken} broken, {failed} failed, {lost} of the window not committed",
                ""
            )?;
        }
        if let Some(refusal) = refusal {
            write!(f, "\n{:9}e.g. {refusal}", "")?;
        }
        Ok(())
    }
}

fn seconds(latency: Duration) -> String {
    if latency == Duration::MAX {
        "never".into()
    } else {
        format!("{:.2} s", latency.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_count_lost_transactions_as_the_slowest() {
        let ms = |n| Some(Duration::from_millis(n));
        let all = percentiles((1..=100).rev().map(ms).collect());
        assert_eq!(
            (all.p50, all.p95, all.lost),
            (ms(51).unwrap(), ms(96).unwrap(), 0)
        );
        let mut some: Vec<_> = (1..=90).map(ms).collect();
        some.extend([None; 10]);
        let some = percentiles(some);
        assert_eq!((some.p95, some.lost), (Duration::MAX, 10));
        assert_eq!(seconds(some.p95), "never");
        assert_eq!(percentiles(Vec::new()).lost, 0);
    }
}
