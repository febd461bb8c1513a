//! A home of its own for each test, and the processes that run on it.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

pub const DEADLINE: Duration = Duration::from_secs(120);

/// Waits until `done` gives something.
pub fn wait_for<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(value) = done() {
            return value;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Runs `slsbftd` to its end.
pub fn slsbftd(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_slsbftd"))
        .args(arguments)
        .output()
        .unwrap()
}

pub fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

pub fn cometbft() -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.tools/bin/cometbft");
    assert!(path.exists(), "CometBFT is missing; run `make setup`");
    path
}

/// Key of the operator of every home's validator.
pub const OPERATOR: &str = "operator";

/// The only validator of a chain, with free ports and blocks as fast as they come.
pub struct TestHome {
    _directory: TempDir,
    pub path: PathBuf,
    pub rpc: SocketAddr,
    pub metrics: SocketAddr,
}

impl TestHome {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("home");
        let [rpc, p2p, metrics, grpc, comet_metrics] = free_addresses();
        let home = Self {
            _directory: directory,
            path,
            rpc,
            metrics,
        };
        home.run(&["init", "--moniker", "test", "--one-machine"]);
        home.with_keys(&["keys", "add", OPERATOR]);
        home.with_keys(&["genesis", "add-account", OPERATOR, "1000000ankr"]);
        home.with_keys(&["genesis", "gentx", OPERATOR, "500000ankr"]);
        home.run(&["genesis", "collect"]);
        home.set("config", "rpc.laddr", &format!("tcp://{rpc}"));
        home.set("config", "p2p.laddr", &format!("tcp://{p2p}"));
        home.set(
            "config",
            "instrumentation.prometheus_listen_addr",
            &comet_metrics.to_string(),
        );
        home.set("config", "consensus.create_empty_blocks", "true");
        home.set("config", "consensus.create_empty_blocks_interval", "0s");
        home.set("config", "consensus.timeout_commit", "20ms");
        home.set("app", "metrics.address", &metrics.to_string());
        home.set("app", "grpc.address", &grpc.to_string());
        home
    }

    /// Runs a command that has to succeed; returns what it printed.
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = self.try_run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output));
        text(&output)
    }

    /// [`Self::run`] with the home's unencrypted keyring.
    pub fn with_keys(&self, arguments: &[&str]) -> String {
        self.run(&[arguments, &["--keyring-backend", "test"]].concat())
    }

    pub fn try_run(&self, arguments: &[&str]) -> Output {
        let home = self.path.to_str().unwrap();
        slsbftd(&[arguments, &["--home", home]].concat())
    }

    pub fn set(&self, file: &str, key: &str, value: &str) {
        self.run(&["config", "set", file, key, value]);
    }

    pub fn start(&self) -> Node {
        self.start_with(&[])
    }

    pub fn start_with(&self, arguments: &[&str]) -> Node {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log_path())
            .unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_slsbftd"));
        command.arg("start").arg("--home").arg(&self.path).args(arguments);
        if !arguments.contains(&"--external-consensus") && !arguments.contains(&"--cometbft") {
            command.arg("--cometbft").arg(cometbft());
        }
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Node { child }
    }

    fn log_path(&self) -> PathBuf {
        self.path.with_extension("log")
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// CometBFT's answer to a method of its RPC.
    pub fn rpc(&self, method: &str) -> Option<Value> {
        let body = http_get(self.rpc, &format!("/{method}"))?;
        serde_json::from_str::<Value>(&body).ok()?.get("result").cloned()
    }

    pub fn height(&self) -> Option<u64> {
        let status = self.rpc("status")?;
        status["sync_info"]["latest_block_height"].as_str()?.parse().ok()
    }

    /// Waits until the chain is above `height`; returns where it is.
    pub fn wait_above(&self, height: u64) -> u64 {
        let found =
            std::panic::catch_unwind(|| wait_for("blocks", || self.height().filter(|now| *now > height)));
        found.unwrap_or_else(|_| panic!("no block above {height}:\n{}", self.log()))
    }

    /// Processes that run CometBFT on this home.
    pub fn consensus_pids(&self) -> Vec<i32> {
        let home = self.path.to_str().unwrap();
        let ours = |pid: &i32| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            line.contains("cometbft start --home") && line.contains(home)
        };
        let entries = fs::read_dir("/proc").unwrap().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter(ours).collect()
    }
}

/// A running `slsbftd`; killed when dropped.
pub struct Node {
    pub child: Child,
}

impl Node {
    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        kill(self.child.id() as i32, signal);
    }

    /// Waits for its end; returns its exit code.
    pub fn ended(&mut self) -> Option<i32> {
        wait_for("the node's end", || self.child.try_wait().unwrap()).code()
    }

    pub fn stop(mut self) {
        self.signal(nix::sys::signal::Signal::SIGTERM);
        assert_eq!(self.ended(), Some(0));
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn kill(pid: i32, signal: nix::sys::signal::Signal) {
    let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), signal);
}

pub fn http_get(address: SocketAddr, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer.split_once("\r\n\r\n")?.1.to_owned())
}

pub fn free_addresses<const N: usize>() -> [SocketAddr; N] {
    let held = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    held.map(|listener| listener.local_addr().unwrap())
}
