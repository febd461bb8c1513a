//! Making the homes of a new testnet, with `slsbftd` as an operator would.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use slsbft_genesis::{ConsensusKey, Genesis, local};
use slsbft_types::{Address, Amount, Coins, Time, UANKR_PER_ANKR, address::VALIDATOR_PREFIX};

use crate::{
    error::{During, Error, Result},
    network::{FundedAccount, Network, Node},
    ports, tools,
};

/// What every account of the genesis starts with.
pub const FUNDS_ANKR: u128 = 1_000_000;
/// What every validator's operator stakes of that.
const STAKE_ANKR: u128 = 500_000;
/// What a provider has to compute for each of its cores in an epoch: enough to show proofs of computing, and
/// so little that all of this machine's validators have it in time while it is busy.
const SEGMENTS_PER_CORE: u32 = 2;
/// Name of the operator's key in each home's test keyring.
const OPERATOR: &str = "operator";

/// What a new testnet is made of.
#[derive(Clone, Debug)]
pub struct Plan {
    pub dir: PathBuf,
    pub chain_id: String,
    pub validators: usize,
    pub base_port: Option<u16>,
    pub accounts: Vec<FundedAccount>,
    /// More funded addresses, numbered before those with names: senders of load.
    pub senders: Vec<Address>,
    /// That many more accounts, which nobody has the keys of.
    pub crowd: usize,
    /// Settings of every node beside the usual ones: file, key, value.
    pub settings: Vec<Setting>,
}

/// A file (`app` or `config`), a key in it, and its value.
pub type Setting = (&'static str, &'static str, String);

/// Makes all homes with one genesis.
pub async fn make(slsbftd: &Path, plan: &Plan) -> Result<Network> {
    if plan.validators == 0 {
        return Err(Error::Usage("a testnet needs at least one validator".into()));
    }
    let dir = std::path::absolute(&plan.dir).during(|| format!("find {}", plan.dir.display()))?;
    fs::create_dir_all(&dir).during(|| format!("make {}", dir.display()))?;
    let count = plan.validators * usize::from(ports::PER_NODE);
    let ports = ports::choose(count, plan.base_port)?;
    let nodes: Vec<Node> = ports
        .chunks_exact(usize::from(ports::PER_NODE))
        .enumerate()
        .filter_map(|(n, ports)| node(&dir, n, ports))
        .collect();
    let (mut candidates, mut peers) = (Vec::new(), Vec::new());
    for node in &nodes {
        let init = ["init", "--one-machine", "--chain-id", &plan.chain_id];
        let moniker = ["--moniker", &node.moniker];
        slsbftd_in(slsbftd, &node.home, &[&init[..], &moniker].concat()).await?;
        candidates.push(candidate(slsbftd, &node.home).await?);
        peers.push(format!("{}@{}", node_id(&node.home)?, node.p2p));
    }
    let mut genesis = genesis(plan)?;
    for candidate in &candidates {
        genesis.add_account(candidate.operator, funds(), None)?;
    }
    genesis.collect(candidates.into_iter().map(|candidate| candidate.tx))?;
    let document = genesis.to_json()?;
    for (n, node) in nodes.iter().enumerate() {
        let path = node.home.join("config/genesis.json");
        fs::write(&path, &document).during(|| format!("write {}", path.display()))?;
        let others: Vec<&str> = peers
            .iter()
            .enumerate()
            .filter(|(i, _)| *i != n)
            .map(|(_, p)| p.as_str())
            .collect();
        configure(slsbftd, node, &others.join(","), &plan.settings).await?;
    }
    Ok(Network {
        chain_id: plan.chain_id.clone(),
        bech32_prefix: slsbft_types::address::ACCOUNT_PREFIX.into(),
        denom: slsbft_types::BASE_DENOM.into(),
        nodes,
        accounts: plan.accounts.clone(),
    })
}

fn node(dir: &Path, n: usize, ports: &[SocketAddr]) -> Option<Node> {
    let &[rpc, grpc, p2p, metrics] = ports else {
        return None;
    };
    let moniker = format!("node{n}");
    let home = dir.join(&moniker);
    Some(Node {
        moniker,
        home,
        rpc,
        grpc,
        p2p,
        metrics,
        app_pid: None,
        consensus_pid: None,
    })
}

fn genesis(plan: &Plan) -> Result<Genesis> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = Time::from_seconds(now.as_secs().cast_signed());
    let mut genesis = local(&plan.chain_id, now);
    genesis.app_state.service.params.segments_per_core = SEGMENTS_PER_CORE;
    let senders = plan.senders.iter().map(|address| (*address, funds()));
    genesis.add_accounts(senders)?;
    for account in &plan.accounts {
        let address = Address::from_bech32(&account.address);
        let address = address.map_err(|e| Error::Usage(format!("account '{}': {e}", account.name)))?;
        genesis.add_account(address, funds(), None)?;
    }
    let crowd = (0..plan.crowd).filter_map(|i| {
        let digest = Sha256::digest(format!("slsbft crowd {i}"));
        let address = Address::from_bytes(digest.first_chunk::<20>()?).ok()?;
        Some((address, Coins::base(Amount::new(UANKR_PER_ANKR))))
    });
    genesis.add_accounts(crowd)?;
    Ok(genesis)
}

fn funds() -> Coins {
    Coins::base(Amount::new(FUNDS_ANKR * UANKR_PER_ANKR))
}

async fn configure(slsbftd: &Path, node: &Node, peers: &str, more: &[Setting]) -> Result<()> {
    let usual = [
        ("app", "grpc.address", node.grpc.to_string()),
        ("app", "metrics.address", node.metrics.to_string()),
        ("config", "rpc.laddr", format!("tcp://{}", node.rpc)),
        ("config", "p2p.laddr", format!("tcp://{}", node.p2p)),
        ("config", "p2p.persistent_peers", peers.to_owned()),
        // Who is there is known, and CometBFT's own metrics would need a port more.
        ("config", "p2p.pex", "false".into()),
        ("config", "instrumentation.prometheus", "false".into()),
    ];
    for (file, key, value) in usual.iter().chain(more) {
        let set = ["config", "set", *file, *key, value.as_str()];
        slsbftd_in(slsbftd, &node.home, &set).await?;
    }
    Ok(())
}

async fn slsbftd_in(slsbftd: &Path, home: &Path, args: &[&str]) -> Result<()> {
    let mut command = tokio::process::Command::new(slsbftd);
    command.arg("--home").arg(home).args(args);
    tools::run(command).await
}

/// Who asks to be a validator, and the transaction that says so.
struct Candidate {
    operator: Address,
    tx: Vec<u8>,
}

/// Makes an operator's key and its genesis transaction. The home's own genesis, which
/// is replaced later, has just this account.
async fn candidate(slsbftd: &Path, home: &Path) -> Result<Candidate> {
    let (funds, stake) = (format!("{FUNDS_ANKR}ankr"), format!("{STAKE_ANKR}ankr"));
    for command in [
        &["keys", "add", OPERATOR][..],
        &["genesis", "add-account", OPERATOR, &funds],
        &["genesis", "gentx", OPERATOR, &stake],
    ] {
        let test = ["--keyring-backend", "test"];
        slsbftd_in(slsbftd, home, &[command, &test].concat()).await?;
    }
    #[derive(Deserialize)]
    struct GenTx {
        tx: String,
        operator: String,
    }
    let path = home
        .join("config/gentx")
        .join(format!("gentx-{}.json", node_id(home)?));
    let json = fs::read(&path).during(|| format!("read {}", path.display()))?;
    let found: GenTx = serde_json::from_slice(&json).map_err(|e| Error::file(&path, e))?;
    let operator = Address::from_bech32_with(VALIDATOR_PREFIX, &found.operator);
    let tx = BASE64_STANDARD.decode(found.tx);
    Ok(Candidate {
        operator: operator.map_err(|e| Error::file(&path, e))?,
        tx: tx.map_err(|e| Error::file(&path, e))?,
    })
}

/// The name of a node among its peers: its key's address, in lower case.
fn node_id(home: &Path) -> Result<String> {
    #[derive(Deserialize)]
    struct NodeKey {
        priv_key: PrivateKey,
    }
    #[derive(Deserialize)]
    struct PrivateKey {
        value: String,
    }
    let path = home.join("config/node_key.json");
    let json = fs::read(&path).during(|| format!("read {}", path.display()))?;
    let key: NodeKey = serde_json::from_slice(&json).map_err(|e| Error::file(&path, e))?;
    let bytes = BASE64_STANDARD
        .decode(key.priv_key.value)
        .map_err(|e| Error::file(&path, e))?;
    // A private key of ed25519 is the seed and then the public key.
    let public = bytes
        .get(32..)
        .and_then(|public| <[u8; 32]>::try_from(public).ok());
    let public = public.ok_or_else(|| Error::file(&path, "holds no ed25519 key"))?;
    Ok(ConsensusKey(public).address().to_lowercase())
}
