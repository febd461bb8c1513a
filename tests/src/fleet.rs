//! Real nodes: `slsbftd` processes with their CometBFT, each with a home and
//! ports of its own. Everything waits for a condition, with a deadline.

use std::{
    fs,
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use nix::{
    sys::signal::{self, Signal},
    unistd::Pid,
};
use rand::Rng;
use serde_json::Value;
use slsbft_genesis::Genesis;
use slsbft_types::{Address, Amount, Coins, Time, UANKR_PER_ANKR, address::VALIDATOR_PREFIX};
use tempfile::TempDir;

use crate::chain::CHAIN_ID;

/// What every validator's operator has, and what it stakes of that.
const FUNDS_ANKR: u128 = 1_000_000;
const STAKE_ANKR: u128 = 500_000;
/// For one condition, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(100);

/// Polls until there is something.
pub fn wait_for<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(25));
    }
}

/// Nodes of one chain. Dropped: all are killed, the homes are removed.
pub struct Fleet {
    folder: TempDir,
    pub genesis: Genesis,
    pub nodes: Vec<Node>,
}

impl Fleet {
    /// Starts validators of equal stake on a chain where each account gets an
    /// amount of uankr and its index as number; their operators come after these.
    pub fn start(validators: usize, accounts: &[(Address, u128)]) -> Self {
        let folder = tempfile::tempdir().expect("temporary folder");
        let mut nodes: Vec<Node> = (0..validators)
            .map(|index| Node::init(folder.path(), index))
            .collect();
        let genesis = genesis(&nodes, accounts);
        let peers: Vec<String> = nodes.iter().map(Node::peer).collect();
        for node in &mut nodes {
            node.join(&genesis, &peers);
        }
        let mut fleet = Self {
            folder,
            genesis,
            nodes,
        };
        for node in &mut fleet.nodes {
            wait_for("the first blocks", || {
                assert!(node.ended().is_none(), "a node does not start:\n{}", node.log());
                node.height().filter(|height| *height >= 2)
            });
        }
        fleet
    }

    /// Starts one more node, which has no vote.
    pub fn join(&mut self) -> &Node {
        let mut node = Node::init(self.folder.path(), self.nodes.len());
        let peers: Vec<String> = self.nodes.iter().map(Node::peer).collect();
        node.join(&self.genesis, &peers);
        self.nodes.push(node);
        &self.nodes[self.nodes.len() - 1]
    }

    /// Height that the most advanced node has reached.
    pub fn height(&self) -> u64 {
        self.nodes.iter().filter_map(Node::height).max().unwrap_or(0)
    }

    /// Waits until all nodes are above `height` and compares every header's app
    /// hash up to it; returns how many there were.
    pub fn assert_equal_until(&self, height: u64) -> u64 {
        for node in &self.nodes {
            node.wait_for(height);
        }
        for at in 1..=height {
            let found: Vec<_> = self.nodes.iter().map(|node| node.app_hash(at)).collect();
            assert!(
                found.iter().all(|hash| *hash == found[0]),
                "app hashes at {at}: {found:?}"
            );
        }
        height
    }
}

/// A home, and its processes while they run.
pub struct Node {
    pub home: PathBuf,
    id: String,
    rpc: u16,
    p2p: u16,
    grpc: u16,
    process: Option<Child>,
}

impl Node {
    fn init(folder: &Path, index: usize) -> Self {
        let home = folder.join(format!("node{index}"));
        let [rpc, p2p, metrics, grpc, comet_metrics] = free_ports();
        let mut node = Self {
            home,
            id: String::new(),
            rpc,
            p2p,
            grpc,
            process: None,
        };
        let moniker = format!("node{index}");
        let printed = node.slsbftd(&[
            "init",
            "--moniker",
            &moniker,
            "--chain-id",
            CHAIN_ID,
            "--one-machine",
        ]);
        let id = printed.lines().find_map(|line| line.strip_prefix("node id"));
        node.id = id.expect("a node id").trim().to_owned();
        for (file, key, value) in [
            ("config", "rpc.laddr", format!("tcp://127.0.0.1:{rpc}")),
            ("config", "p2p.laddr", format!("tcp://127.0.0.1:{p2p}")),
            (
                "config",
                "instrumentation.prometheus_listen_addr",
                format!("127.0.0.1:{comet_metrics}"),
            ),
            ("config", "consensus.create_empty_blocks", "true".into()),
            ("config", "consensus.create_empty_blocks_interval", "0s".into()),
            ("config", "consensus.timeout_commit", "100ms".into()),
            ("app", "metrics.address", format!("127.0.0.1:{metrics}")),
            ("app", "grpc.address", format!("127.0.0.1:{grpc}")),
        ] {
            node.slsbftd(&["config", "set", file, key, &value]);
        }
        node
    }

    /// Makes an operator's key, named `operator` in the test keyring, and its genesis
    /// transaction. The home's own genesis, which is replaced later, has just this account.
    fn candidate(&self) -> (Address, Vec<u8>) {
        let (funds, stake) = (format!("{FUNDS_ANKR}ankr"), format!("{STAKE_ANKR}ankr"));
        for command in [
            &["keys", "add", "operator"][..],
            &["genesis", "add-account", "operator", &funds],
            &["genesis", "gentx", "operator", &stake],
        ] {
            self.slsbftd(&[command, &["--keyring-backend", "test"]].concat());
        }
        let path = self.home.join(format!("config/gentx/gentx-{}.json", self.id));
        let json = fs::read(path).expect("a genesis transaction");
        let found: Value = serde_json::from_slice(&json).expect("JSON");
        let text = |field: &str| found[field].as_str().expect("text").to_owned();
        let operator = Address::from_bech32_with(VALIDATOR_PREFIX, &text("operator"));
        let tx = BASE64_STANDARD.decode(text("tx"));
        (operator.expect("an operator"), tx.expect("base64"))
    }

    fn peer(&self) -> String {
        format!("{}@127.0.0.1:{}", self.id, self.p2p)
    }

    fn join(&mut self, genesis: &Genesis, peers: &[String]) {
        let json = genesis.to_json().expect("JSON");
        fs::write(self.home.join("config/genesis.json"), json).expect("written");
        let others: Vec<_> = peers
            .iter()
            .filter(|peer| !peer.starts_with(&self.id))
            .cloned()
            .collect();
        self.slsbftd(&[
            "config",
            "set",
            "config",
            "p2p.persistent_peers",
            &others.join(","),
        ]);
        self.start();
    }

    /// Runs a command on this home; returns what it printed.
    fn slsbftd(&self, arguments: &[&str]) -> String {
        let output = Command::new(slsbftd())
            .args(arguments)
            .arg("--home")
            .arg(&self.home)
            .output();
        let output = output.expect("slsbftd runs");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{arguments:?}: {printed}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        printed
    }

    pub fn start(&mut self) {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.home.with_extension("log"));
        let mut command = Command::new(slsbftd());
        command
            .arg("start")
            .arg("--home")
            .arg(&self.home)
            .arg("--cometbft")
            .arg(cometbft());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log.expect("a log"));
        self.process = Some(command.spawn().expect("slsbftd starts"));
    }

    /// SIGTERM, and both processes are gone.
    pub fn stop(&mut self) {
        let mut process = self.process.take().expect("running");
        send(process.id() as i32, Signal::SIGTERM);
        let status = wait_for("a clean end", || process.try_wait().expect("a child"));
        assert_eq!(status.code(), Some(0), "{}", self.log());
    }

    /// SIGKILL to `slsbftd`; CometBFT goes with it.
    pub fn kill(&mut self) {
        let consensus = self.consensus();
        let mut process = self.process.take().expect("running");
        process.kill().expect("a child");
        process.wait().expect("a child");
        wait_for("CometBFT's end", || {
            consensus.filter(|pid| is_alive(*pid)).is_none().then_some(())
        });
    }

    /// SIGKILL to CometBFT alone, which `slsbftd` starts again.
    pub fn kill_consensus(&self) {
        let pid = wait_for("CometBFT", || self.consensus());
        send(pid, Signal::SIGKILL);
    }

    /// Whether `slsbftd` has ended by itself, and how.
    pub fn ended(&mut self) -> Option<i32> {
        let status = self
            .process
            .as_mut()
            .expect("started")
            .try_wait()
            .expect("a child");
        status.and_then(|status| status.code())
    }

    /// CometBFT's process.
    fn consensus(&self) -> Option<i32> {
        let parent = self.process.as_ref()?.id();
        let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).ok()?;
        children.split_whitespace().next()?.parse().ok()
    }

    /// CometBFT's answer, `None` while it gives none.
    pub fn rpc(&self, request: &str) -> Option<Value> {
        let body = http_get(self.rpc, &format!("/{request}"))?;
        serde_json::from_str::<Value>(&body).ok()?.get("result").cloned()
    }

    pub fn rpc_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.rpc)
    }

    pub fn grpc_address(&self) -> String {
        format!("127.0.0.1:{}", self.grpc)
    }

    pub fn height(&self) -> Option<u64> {
        self.rpc("status")?["sync_info"]["latest_block_height"]
            .as_str()?
            .parse()
            .ok()
    }

    /// Height that the application has written.
    pub fn applied(&self) -> Option<u64> {
        self.rpc("abci_info")?["response"]["last_block_height"]
            .as_str()?
            .parse()
            .ok()
    }

    /// App hash in a header.
    pub fn app_hash(&self, height: u64) -> String {
        let request = format!("commit?height={height}");
        let answer = wait_for("a header", || self.rpc(&request));
        answer["signed_header"]["header"]["app_hash"]
            .as_str()
            .expect("an app hash")
            .to_owned()
    }

    /// Waits until the node has a block; returns its height by then.
    pub fn wait_for(&self, height: u64) -> u64 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.height() {
                Some(found) if found >= height => return found,
                found => assert!(
                    Instant::now() < deadline,
                    "no block {height} but {found:?} at {}:\n{}",
                    self.home.display(),
                    self.log()
                ),
            }
            thread::sleep(Duration::from_millis(25));
        }
    }

    /// Whether either process has logged these words since the home was made.
    pub fn has_logged(&self, words: &str) -> bool {
        fs::read_to_string(self.home.with_extension("log")).is_ok_and(|log| log.contains(words))
    }

    /// The end of what both processes logged.
    pub fn log(&self) -> String {
        let log = fs::read_to_string(self.home.with_extension("log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(60)..].join("\n")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn genesis(nodes: &[Node], accounts: &[(Address, u128)]) -> Genesis {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    let mut genesis = slsbft_genesis::local(CHAIN_ID, Time::from_seconds(now.as_secs() as i64));
    let funded = accounts
        .iter()
        .map(|(address, amount)| (*address, Coins::base(Amount::new(*amount))));
    genesis.add_accounts(funded).expect("different accounts");
    // Long enough that nothing is folded while a test looks at the epoch-local state.
    genesis.app_state.epochs.params.blocks_per_epoch = 1_000;
    let (operators, txs): (Vec<_>, Vec<_>) = nodes.iter().map(Node::candidate).unzip();
    let funds = Coins::base(Amount::new(FUNDS_ANKR * UANKR_PER_ANKR));
    let operators = operators.into_iter().map(|operator| (operator, funds.clone()));
    genesis.add_accounts(operators).expect("different operators");
    genesis.collect(txs).expect("a good genesis");
    genesis
}

fn slsbftd() -> PathBuf {
    binary("slsbftd")
}

/// A program of the workspace: beside the test's own binary, whose folder is `deps`.
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a path");
    let path = test.ancestors().nth(2).expect("a target folder").join(name);
    assert!(
        path.exists(),
        "{} is missing; run `make test`, or build it with --bins",
        path.display()
    );
    path
}

pub fn cometbft() -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.tools/bin/cometbft");
    assert!(path.exists(), "CometBFT is missing; run `make setup`");
    path
}

fn send(pid: i32, signal: Signal) {
    let _ = signal::kill(Pid::from_raw(pid), signal);
}

fn is_alive(pid: i32) -> bool {
    let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !state.is_empty() && !state.contains(") Z ")
}

/// Below the range that outgoing connections take theirs from, so that they are
/// still free when a node starts again.
fn free_ports<const N: usize>() -> [u16; N] {
    let mut held = Vec::new();
    while held.len() < N {
        let port = rand::thread_rng().gen_range(12_000..32_000);
        held.extend(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok());
    }
    std::array::from_fn(|index| held[index].local_addr().expect("bound").port())
}

fn http_get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer.split_once("\r\n\r\n")?.1.to_owned())
}
