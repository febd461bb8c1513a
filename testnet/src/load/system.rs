//! The chains that are loaded: ours, and CometBFT's in-process kvstore with the
//! same settings, beside which ours is judged. Each trial gets a new chain.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    rc::Rc,
    time::Duration,
};

use slsbft_genesis::Genesis;

use super::{
    generator::Txs,
    transfers::{self, Senders},
    watch::Participant,
};
use crate::{
    child::Child,
    error::{During, Error, Result},
    fleet::Fleet,
    folder::Folder,
    homes::{self, Plan, Setting},
    network::Network,
    proc,
    rpc::Rpc,
};

const CHAIN_ID: &str = "slsbft-load-test-1";
const STARTUP: Duration = Duration::from_secs(90);
/// More time for a large genesis: accounts that a node reads in a second, at worst.
const ACCOUNTS_PER_SECOND: usize = 1_500;
pub const GENERATOR: &str = "generator";

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum System {
    /// `slsbftd`: signed transfers
    Slsbft,
    /// CometBFT's in-process kvstore: transactions of the same size
    Kvstore,
}

impl System {
    pub fn name(self) -> &'static str {
        match self {
            Self::Slsbft => "slsbft",
            Self::Kvstore => "kvstore",
        }
    }
}

/// What all trials have in common.
pub struct Stand {
    /// Nobody else works in the folder.
    pub folder: Folder,
    pub dir: PathBuf,
    pub slsbftd: PathBuf,
    pub cometbft: PathBuf,
    pub validators: usize,
    pub senders: Senders,
    /// Accounts in the genesis beside the senders.
    pub crowd: usize,
    /// Blocks and states that nodes keep; all if absent.
    pub keep_blocks: Option<u64>,
}

/// A chain that makes blocks, and the load for it.
pub struct Running {
    pub name: &'static str,
    pub rpcs: Vec<SocketAddr>,
    /// Of the first node, whose disk is watched.
    pub home: PathBuf,
    /// Of the first node, if it counts transactions that fail.
    pub metrics: Option<SocketAddr>,
    pub participants: Vec<Participant>,
    pub txs: Txs,
    /// Transactions that the chain itself puts into each block.
    pub system_txs: u64,
    /// Nodes keep only some blocks.
    pub pruned: bool,
    processes: Processes,
}

enum Processes {
    Ours(Box<Fleet>),
    Reference(Vec<Child>),
}

impl Running {
    pub fn first_node(&self) -> String {
        self.rpcs.first().map(SocketAddr::to_string).unwrap_or_default()
    }

    pub async fn stop(self) -> Result<()> {
        match self.processes {
            Processes::Ours(fleet) => fleet.stop().await,
            Processes::Reference(children) => {
                futures::future::join_all(children.into_iter().map(Child::stop)).await;
                Ok(())
            }
        }
    }
}

impl Stand {
    /// A new chain with `count` transactions ready for it.
    pub async fn start(&self, system: System, count: usize) -> Result<Running> {
        let network = self.new_homes().await?;
        match system {
            System::Slsbft => self.start_ours(network, count).await,
            System::Kvstore => self.start_reference(network, count).await,
        }
    }

    async fn new_homes(&self) -> Result<Network> {
        self.folder.clear()?;
        let plan = Plan {
            dir: self.dir.clone(),
            chain_id: CHAIN_ID.into(),
            validators: self.validators,
            base_port: None,
            accounts: Vec::new(),
            senders: self.senders.addresses(),
            crowd: self.crowd,
            settings: self.pruning(),
        };
        homes::make(&self.slsbftd, &plan).await
    }

    fn pruning(&self) -> Vec<Setting> {
        let Some(keep) = self.keep_blocks else {
            return Vec::new();
        };
        let keys = [
            "consensus.keep_blocks",
            "store.keep_heights",
            "store.proof_heights",
        ];
        keys.map(|key| ("app", key, keep.to_string())).to_vec()
    }

    /// How long nodes may take to come up.
    fn patience(&self) -> Duration {
        STARTUP + Duration::from_secs((self.crowd / ACCOUNTS_PER_SECOND) as u64)
    }

    fn fleet(&self, network: Network) -> Result<Fleet> {
        let (slsbftd, cometbft) = (self.slsbftd.clone(), self.cometbft.clone());
        Fleet::start(&self.dir, network, slsbftd, cometbft)
    }

    async fn start_ours(&self, network: Network, count: usize) -> Result<Running> {
        let rpcs = network.nodes.iter().map(|node| node.rpc).collect();
        let txs = Rc::new(self.senders.sign(CHAIN_ID, count)?);
        let first = network.nodes.first().cloned();
        let first = first.ok_or_else(|| Error::Usage("a testnet needs at least one validator".into()))?;
        let mut fleet = self.fleet(network.clone())?;
        fleet.reach(1, self.patience()).await?;
        if self.crowd > 0 {
            for node in &network.nodes {
                let rpc = Rpc::new(&node.rpc.to_string());
                wait_for_block(&rpc, self.patience(), || Ok(())).await?;
            }
            let usage = fleet.pids(0).0.and_then(proc::usage).unwrap_or_default();
            eprintln!(
                "… after the genesis slsbftd holds {} MB; starting again",
                usage.memory / 1_000_000
            );
            fleet.stop().await?;
            fleet = self.fleet(network)?;
            fleet.reach(1, self.patience()).await?;
        }
        let mut participants = vec![generator()];
        for n in 0..self.validators {
            let (app, consensus) = fleet.pids(n);
            participants.extend(app.map(|pid| Participant { role: "slsbftd", pid }));
            participants.extend(consensus.map(|pid| Participant {
                role: "cometbft",
                pid,
            }));
        }
        let processes = Processes::Ours(Box::new(fleet));
        Ok(Running {
            name: System::Slsbft.name(),
            rpcs,
            home: first.home,
            metrics: Some(first.metrics),
            participants,
            txs,
            system_txs: 1,
            pruned: self.keep_blocks.is_some(),
            processes,
        })
    }

    async fn start_reference(&self, network: Network, count: usize) -> Result<Running> {
        let size = self.senders.sign(CHAIN_ID, 1)?.first().map_or(0, Vec::len);
        let txs = Rc::new(transfers::kvstore(count, size));
        let mut children = Vec::new();
        let validators = network.nodes.iter().map(|node| validator(&node.home));
        let validators = validators.collect::<Result<Vec<_>>>()?;
        for node in &network.nodes {
            without_our_state(&node.home, &validators)?;
            let mut command = Command::new(&self.cometbft);
            command
                .arg("start")
                .arg("--home")
                .arg(&node.home)
                .args(["--proxy_app", "kvstore"]);
            children.push(Child::start(&node.moniker, command, &crate::fleet::log_of(node))?);
        }
        for node in &network.nodes {
            let rpc = Rpc::new(&node.rpc.to_string());
            wait_for_block(&rpc, STARTUP, || children.iter_mut().try_for_each(Child::check)).await?;
        }
        let mut participants = vec![generator()];
        participants.extend(children.iter().map(|child| Participant {
            role: "cometbft",
            pid: child.pid(),
        }));
        let rpcs = network.nodes.iter().map(|node| node.rpc).collect();
        let processes = Processes::Reference(children);
        Ok(Running {
            name: System::Kvstore.name(),
            rpcs,
            home: network
                .nodes
                .first()
                .map(|node| node.home.clone())
                .unwrap_or_default(),
            metrics: None,
            participants,
            txs,
            system_txs: 0,
            pruned: false,
            processes,
        })
    }
}

fn generator() -> Participant {
    Participant {
        role: GENERATOR,
        pid: std::process::id(),
    }
}

/// The kvstore would not understand our genesis state, and counts no gas that
/// our bound of it could be compared with: its own transactions cost 1 each. Nor
/// does it name validators, as our application does.
fn without_our_state(home: &Path, validators: &[serde_json::Value]) -> Result<()> {
    let path = home.join("config/genesis.json");
    let json = fs::read(&path).during(|| format!("read {}", path.display()))?;
    let genesis = Genesis::from_json(&json)?;
    let mut document = serde_json::to_value(genesis).map_err(|e| Error::file(&path, e))?;
    if let Some(fields) = document.as_object_mut() {
        fields.remove("app_state");
        fields.insert("validators".into(), validators.into());
    }
    fs::write(&path, document.to_string()).during(|| format!("write {}", path.display()))
}

/// A node as CometBFT's genesis lists validators.
fn validator(home: &Path) -> Result<serde_json::Value> {
    let path = home.join("config/priv_validator_key.json");
    let json = fs::read(&path).during(|| format!("read {}", path.display()))?;
    let key: serde_json::Value = serde_json::from_slice(&json).map_err(|e| Error::file(&path, e))?;
    let field = |name: &str| key.get(name).cloned().unwrap_or_default();
    Ok(serde_json::json!({
        "address": field("address"),
        "pub_key": field("pub_key"),
        "power": "10",
        "name": "",
    }))
}

/// Waits until a node has executed its first block, which is decided before that: stopped in
/// between, it would read the genesis again. `check` says whether it still runs.
async fn wait_for_block(rpc: &Rpc, at_most: Duration, mut check: impl FnMut() -> Result<()>) -> Result<()> {
    let deadline = std::time::Instant::now() + at_most;
    while !rpc.applied().await.is_ok_and(|height| height > 0) {
        check()?;
        if std::time::Instant::now() > deadline {
            return Err(Error::Chain("a new chain made no block".into()));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}
