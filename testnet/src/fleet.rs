//! The running nodes of a testnet: started, watched, restarted, stopped.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use futures::future::join_all;

use crate::{
    child::Child,
    error::{Error, Result},
    network::{Network, Node},
    proc, progress,
    rpc::Rpc,
};

const POLL: Duration = Duration::from_millis(100);
/// Longest pause before a node that keeps dying is started again.
const MAX_BACK_OFF: Duration = Duration::from_secs(10);

/// The nodes of a network, in its order. Nodes that end are started again by [`Fleet::tend`].
#[derive(Debug)]
pub struct Fleet {
    pub network: Network,
    dir: PathBuf,
    slsbftd: PathBuf,
    cometbft: PathBuf,
    members: Vec<Member>,
}

#[derive(Debug)]
struct Member {
    child: Option<Child>,
    started: Instant,
    back_off: Duration,
    restarts: u32,
}

impl Fleet {
    /// Starts every node. Call it on the main thread: see [`Child::start`].
    pub fn start(dir: &Path, network: Network, slsbftd: PathBuf, cometbft: PathBuf) -> Result<Self> {
        let mut fleet = Self {
            network,
            dir: dir.into(),
            slsbftd,
            cometbft,
            members: Vec::new(),
        };
        for n in 0..fleet.network.nodes.len() {
            let child = Some(fleet.spawn(n)?);
            fleet.members.push(Member {
                child,
                started: Instant::now(),
                back_off: Duration::ZERO,
                restarts: 0,
            });
        }
        Ok(fleet)
    }

    fn spawn(&self, n: usize) -> Result<Child> {
        let node = self.node(n)?;
        let mut command = Command::new(&self.slsbftd);
        command
            .arg("--home")
            .arg(&node.home)
            .arg("start")
            .arg("--cometbft")
            .arg(&self.cometbft);
        Child::start(&node.moniker, command, &log_of(node))
    }

    fn node(&self, n: usize) -> Result<&Node> {
        self.network
            .nodes
            .get(n)
            .ok_or_else(|| Error::Usage(format!("there is no node {n}")))
    }

    /// Waits until every node has reached a height. A node that ends meanwhile is an error.
    pub async fn reach(&mut self, height: u64, at_most: Duration) -> Result<()> {
        let shown = |time: Duration| format!("waiting for blocks, {} s", time.as_secs());
        progress::during(self.reach_silently(height, at_most), shown).await
    }

    async fn reach_silently(&mut self, height: u64, at_most: Duration) -> Result<()> {
        let deadline = Instant::now() + at_most;
        loop {
            for member in &mut self.members {
                if let Some(child) = &mut member.child {
                    child.check()?;
                }
            }
            let heights = self.heights().await;
            if heights
                .iter()
                .all(|reached| reached.is_some_and(|reached| reached >= height))
            {
                return self.note_pids();
            }
            if Instant::now() > deadline {
                return Err(self.too_late(height, &heights));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    fn too_late(&self, height: u64, heights: &[Option<u64>]) -> Error {
        let late = self
            .network
            .nodes
            .iter()
            .zip(heights)
            .find(|(_, h)| h.is_none_or(|h| h < height));
        let Some((node, reached)) = late else {
            return Error::Chain(format!("height {height} was not reached"));
        };
        let reached = reached.map_or("does not answer or is catching up".into(), |h| {
            format!("is at height {h}")
        });
        let log = log_of(node);
        let tail = crate::child::tail(&log);
        Error::node(
            &node.moniker,
            format!(
                "{reached}, not at {height}; its log ({}) ends:\n{tail}",
                log.display()
            ),
        )
    }

    /// Each node's height; `None` for one that does not answer or is catching up,
    /// and so takes no transactions.
    pub async fn heights(&self) -> Vec<Option<u64>> {
        let rpcs: Vec<Rpc> = self
            .network
            .nodes
            .iter()
            .map(|node| Rpc::new(&node.rpc.to_string()))
            .collect();
        let reached = async |rpc: &Rpc| {
            if rpc.status().await.ok()?.sync_info.catching_up {
                return None;
            }
            // Before the application has committed a block, queries do not see its state.
            rpc.applied().await.ok()
        };
        join_all(rpcs.iter().map(reached)).await
    }

    /// Starts again what has ended, after a pause that grows while it keeps
    /// ending, and keeps the process ids in `network.json` true.
    pub fn tend(&mut self) -> Result<()> {
        for n in 0..self.members.len() {
            self.tend_one(n)?;
        }
        self.note_pids()
    }

    fn tend_one(&mut self, n: usize) -> Result<()> {
        let Some(member) = self.members.get_mut(n) else {
            return Ok(());
        };
        if member.child.as_mut().is_some_and(|child| child.ended().is_none()) {
            return Ok(());
        }
        if member.child.take().is_some() {
            let long_lived = member.started.elapsed() > Duration::from_secs(60);
            let longer = (member.back_off * 2).clamp(Duration::from_millis(250), MAX_BACK_OFF);
            member.back_off = if long_lived { Duration::ZERO } else { longer };
            member.started = Instant::now();
        }
        if member.started.elapsed() < member.back_off {
            return Ok(());
        }
        let child = self.spawn(n)?;
        if let Some(member) = self.members.get_mut(n) {
            member.child = Some(child);
            member.started = Instant::now();
            member.restarts += 1;
        }
        Ok(())
    }

    /// How often a node was started again.
    pub fn restarts(&self, n: usize) -> u32 {
        self.members.get(n).map_or(0, |member| member.restarts)
    }

    /// Process ids of a node's application and of its CometBFT.
    pub fn pids(&self, n: usize) -> (Option<u32>, Option<u32>) {
        let child = self.members.get(n).and_then(|member| member.child.as_ref());
        let app = child.map(Child::pid).filter(|pid| proc::alive(*pid));
        let consensus = app.and_then(|app| {
            proc::children(app)
                .into_iter()
                .find(|(_, name)| name.starts_with("cometbft"))
                .map(|(pid, _)| pid)
        });
        (app, consensus)
    }

    fn note_pids(&mut self) -> Result<()> {
        let before = self.network.clone();
        for n in 0..self.network.nodes.len() {
            let (app, consensus) = self.pids(n);
            if let Some(node) = self.network.nodes.get_mut(n) {
                (node.app_pid, node.consensus_pid) = (app, consensus);
            }
        }
        if self.network == before {
            Ok(())
        } else {
            self.network.write(&self.dir)
        }
    }

    /// Stops every node cleanly, all at once.
    pub async fn stop(mut self) -> Result<()> {
        let children = self.members.drain(..).filter_map(|member| member.child);
        let shown = |time: Duration| format!("waiting for nodes to end, {} s", time.as_secs());
        progress::during(join_all(children.map(Child::stop)), shown).await;
        for node in &mut self.network.nodes {
            (node.app_pid, node.consensus_pid) = (None, None);
        }
        self.network.write(&self.dir)
    }
}

/// Where a node's output goes.
pub fn log_of(node: &Node) -> PathBuf {
    node.home.join("node.log")
}
