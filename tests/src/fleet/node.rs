//! A home, its processes, and what CometBFT says of itself.

use std::{
    collections::BTreeSet,
    fs,
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use nix::{
    sys::signal::{self, Signal},
    unistd::Pid,
};
use rand::Rng;
use serde_json::Value;
use slsbft_client::{
    SigningKey,
    keyring::{Backend, Keyring},
};
use slsbft_genesis::Genesis;
use slsbft_types::{Address, address::VALIDATOR_PREFIX};

use super::{FUNDS_ANKR, PATIENCE, STAKE_ANKR, cometbft, slsbftd, wait_for};
use crate::chain::CHAIN_ID;

/// Name of the operator's key in a home's test keyring.
pub const OPERATOR: &str = "operator";

/// A home, and its processes while they run.
pub struct Node {
    pub home: PathBuf,
    id: String,
    rpc: u16,
    p2p: u16,
    grpc: u16,
    process: Option<Child>,
}

/// A process beside a node, which ends with this.
pub struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Node {
    pub(super) fn init(folder: &Path, index: usize, pace: &str) -> Self {
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
            ("config", "consensus.timeout_commit", pace.into()),
            ("app", "metrics.address", format!("127.0.0.1:{metrics}")),
            ("app", "grpc.address", format!("127.0.0.1:{grpc}")),
        ] {
            node.slsbftd(&["config", "set", file, key, &value]);
        }
        node
    }

    /// Makes an operator's key, [`OPERATOR`] in the test keyring, and its genesis transaction. The home's own genesis, which is replaced later, has just this account.
    pub(super) fn candidate(&self) -> (Address, Vec<u8>) {
        let (funds, stake) = (format!("{FUNDS_ANKR}ankr"), format!("{STAKE_ANKR}ankr"));
        for command in [
            &["keys", "add", OPERATOR][..],
            &["genesis", "add-account", OPERATOR, &funds],
            &["genesis", "gentx", OPERATOR, &stake],
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

    pub(super) fn peer(&self) -> String {
        format!("{}@127.0.0.1:{}", self.id, self.p2p)
    }

    /// Tells the node which chain it belongs to, and where the others are.
    pub(super) fn introduce(&self, genesis: &Genesis, peers: &[String]) {
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
    }

    /// The key of the node's operator.
    pub fn operator(&self) -> SigningKey {
        let keyring = Keyring::open(&self.home, Backend::Test);
        keyring.unlock(OPERATOR, None, CHAIN_ID).expect("a key")
    }

    /// CometBFT's address of the node, in upper-case hexadecimal.
    pub fn consensus_address(&self) -> String {
        let key = self.consensus_key();
        key["address"].as_str().expect("an address").to_owned()
    }

    /// What signs this node's votes, as CometBFT keeps it.
    pub fn consensus_key(&self) -> Value {
        let json = fs::read(self.home.join("config/priv_validator_key.json"));
        serde_json::from_slice(&json.expect("a key")).expect("JSON")
    }

    /// Sends a transaction of the node's operator through the node; the height of its block.
    pub fn tx(&self, arguments: &[&str]) -> u64 {
        let node = self.grpc_address();
        let how = [
            "--from",
            OPERATOR,
            "--keyring-backend",
            "test",
            "--yes",
            "--node",
            &node,
        ];
        let printed = self.slsbftd(&[&["tx"], arguments, &how, &["--output", "json"]].concat());
        let receipt: Value = serde_json::from_str(&printed).expect("a receipt in JSON");
        let height = receipt["height"].as_str().expect("a height");
        height.parse().expect("a number")
    }

    /// Runs a daemon on this home until it is dropped.
    pub fn daemon(&self, arguments: &[&str]) -> Daemon {
        let log = fs::File::create(self.home.join("daemon.log")).expect("a log");
        let mut command = Command::new(slsbftd());
        command.args(arguments).arg("--home").arg(&self.home);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        Daemon(command.spawn().expect("slsbftd starts"))
    }

    /// Runs a command on this home; returns what it printed.
    pub fn slsbftd(&self, arguments: &[&str]) -> String {
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

fn send(pid: i32, signal: Signal) {
    let _ = signal::kill(Pid::from_raw(pid), signal);
}

fn is_alive(pid: i32) -> bool {
    let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !state.is_empty() && !state.contains(") Z ")
}

/// Ports that nobody else listens on, each given once: tests that start fleets at the same time
/// must not be given the same ones. Below the range that outgoing connections take theirs from,
/// so that they are still free when a node starts again.
pub fn free_ports<const N: usize>() -> [u16; N] {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    std::array::from_fn(|_| {
        loop {
            let port = rand::thread_rng().gen_range(12_000..32_000);
            let is_free = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
            if is_free && given.insert(port) {
                return port;
            }
        }
    })
}

fn http_get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer.split_once("\r\n\r\n")?.1.to_owned())
}
