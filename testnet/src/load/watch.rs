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

/// A block that was read: its summary, and the hashes of its transactions.
struct Seen {
    meta: BlockMeta,
    txs: Vec<[u8; 32]>,
}

/// Follows the height that one node's application has committed.
pub struct Watcher {
    rpc: Rpc,
    pub commits: Vec<Commit>,
    height: u64,
    /// Of the first commits: reading blocks costs the node what is to be measured,
    /// so they are read at the end, unless they are gone by then.
    blocks: Vec<Seen>,
    pruned: bool,
}

impl Watcher {
    /// `pruned`: the node keeps only some blocks.
    pub async fn new(rpc: Rpc, pruned: bool) -> Result<Self> {
        let height = rpc.applied().await?;
        Ok(Self {
            rpc,
            commits: Vec::new(),
            height,
            blocks: Vec::new(),
            pruned,
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
                if self.pruned {
                    self.read_blocks().await?;
                }
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

    /// Reads the blocks of all commits that were not read yet.
    pub async fn read_blocks(&mut self) -> Result<()> {
        for commit in self.commits.iter().skip(self.blocks.len()) {
            let txs = self.rpc.block_txs(commit.height).await?;
            let metas = self.rpc.block_metas(commit.height, commit.height).await?;
            let meta = metas.into_iter().next().ok_or_else(|| {
                Error::Chain(format!(
                    "block {} is not kept long enough to be read",
                    commit.height
                ))
            })?;
            let txs = txs.iter().map(|tx| Sha256::digest(tx).into()).collect();
            self.blocks.push(Seen { meta, txs });
        }
        Ok(())
    }

    /// Summaries of the blocks `first..=last`, as far as they were read.
    pub fn metas(&self, first: u64, last: u64) -> Vec<&BlockMeta> {
        let metas = self.blocks.iter().map(|seen| &seen.meta);
        metas
            .filter(|meta| (first..=last).contains(&meta.header.height))
            .collect()
    }

    /// For each transaction in a block that was read, when that block was
    /// committed, by the hash of the transaction.
    pub fn committed(&self) -> BTreeMap<[u8; 32], Instant> {
        let blocks = self.commits.iter().zip(&self.blocks);
        blocks
            .flat_map(|(commit, block)| block.txs.iter().map(|tx| (*tx, commit.seen)))
            .collect()
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
