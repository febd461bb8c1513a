//! What the chain did with the load: when each block was committed, what was in
//! it, and what every process spent.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep};

use crate::{
    error::{Error, Result},
    proc::{self, Usage},
    rpc::{BlockMeta, Rpc},
};

/// How exactly commit times are known.
const POLL: Duration = Duration::from_millis(20);

/// When the node's application was first seen to have committed a height.
#[derive(Clone, Copy, Debug)]
pub struct Commit {
    pub height: u64,
    pub seen: Instant,
}

/// Follows the height that one node's application has committed.
pub struct Watcher {
    rpc: Rpc,
    pub commits: Vec<Commit>,
    height: u64,
}

impl Watcher {
    pub async fn new(rpc: Rpc) -> Result<Self> {
        let height = rpc.applied().await?;
        Ok(Self {
            rpc,
            commits: Vec::new(),
            height,
        })
    }

    /// Waits for the next commit, until `deadline`.
    pub async fn next_commit(&mut self, deadline: Instant) -> Result<Option<Commit>> {
        loop {
            let height = self.rpc.applied().await?;
            let seen = Instant::now();
            if height > self.height {
                self.commits
                    .extend((self.height + 1..=height).map(|height| Commit { height, seen }));
                self.height = height;
                return Ok(self.commits.last().copied());
            }
            if seen >= deadline {
                return Ok(None);
            }
            sleep(POLL).await;
        }
    }

    /// The first commit after `from`, by `deadline` at the latest.
    pub async fn commit_after(&mut self, from: Instant, deadline: Instant) -> Result<Commit> {
        loop {
            match self.next_commit(deadline).await? {
                Some(commit) if commit.seen >= from => return Ok(commit),
                Some(_) => {}
                None => {
                    return Err(Error::Chain(
                        "the chain stopped making blocks under this load".into(),
                    ));
                }
            }
        }
    }

    /// Summaries of the blocks `first..=last`.
    pub async fn metas(&self, first: u64, last: u64) -> Result<Vec<BlockMeta>> {
        let mut metas = Vec::new();
        let mut from = first;
        while from <= last {
            let to = last.min(from + 19);
            metas.extend(self.rpc.block_metas(from, to).await?);
            from = to + 1;
        }
        Ok(metas)
    }

    /// For each transaction that is in a watched block, when that block was
    /// committed, by the hash of the transaction.
    pub async fn committed(&self) -> Result<BTreeMap<[u8; 32], Instant>> {
        let mut committed = BTreeMap::new();
        for commit in &self.commits {
            for tx in self.rpc.block_txs(commit.height).await? {
                committed.insert(Sha256::digest(&tx).into(), commit.seen);
            }
        }
        Ok(committed)
    }
}

/// A process that takes part, by its role in the report.
#[derive(Clone, Debug)]
pub struct Participant {
    pub role: &'static str,
    pub pid: u32,
}

/// CPU time and memory of all processes of one role.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spent {
    /// Of all of them together.
    pub cpu: Duration,
    /// Of the largest, in bytes.
    pub memory: u64,
}

/// CPU time of each role between two looks, and memory at the second.
pub fn spent(
    participants: &[Participant],
    before: &[Usage],
    after: &[Usage],
) -> BTreeMap<&'static str, Spent> {
    let mut roles = BTreeMap::<_, Spent>::new();
    for (participant, (then, now)) in participants.iter().zip(before.iter().zip(after)) {
        let role = roles.entry(participant.role).or_default();
        role.cpu += now.cpu.saturating_sub(then.cpu);
        role.memory = role.memory.max(now.memory);
    }
    roles
}

pub fn usages(participants: &[Participant]) -> Vec<Usage> {
    participants
        .iter()
        .map(|p| proc::usage(p.pid).unwrap_or_default())
        .collect()
}

/// How many transactions have failed in blocks, as a node counts; none for a chain
/// that does not count.
pub async fn failures(metrics: Option<SocketAddr>) -> u64 {
    let Some(address) = metrics else { return 0 };
    let Ok(answer) = reqwest::get(format!("http://{address}/metrics")).await else {
        return 0;
    };
    let text = answer.text().await.unwrap_or_default();
    text.lines()
        .find_map(|line| line.strip_prefix("slsbft_failed_transactions_total "))
        .and_then(|count| count.trim().parse().ok())
        .unwrap_or(0)
}
