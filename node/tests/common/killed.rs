//! A daemon of `slsbftd` that is killed with SIGKILL at random instants, again and again, while a chain goes
//! on. Such a test is a program of its own, so that nothing else runs beside it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    process::Stdio,
    time::Duration,
};

use rand::Rng;
use slsbft_client::{
    KeyKind, SigningKey,
    keyring::{Backend, Keyring},
};
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::sleep,
};

use crate::node::Node;

pub const ROUNDS: usize = 30;
const BLOCK: Duration = Duration::from_millis(100);
const ACCOUNT: &str = "daemon";

/// Runs a test as the test harness would.
pub fn run(name: &str, test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test);
    println!("test {name} ... ok");
}

pub struct Daemon {
    home: TempDir,
    arguments: &'static [&'static str],
    pub node: Node,
}

impl Daemon {
    /// A daemon with an account of its own on a new chain; not started yet.
    pub async fn new(arguments: &'static [&'static str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let key = SigningKey::generate(KeyKind::Ed25519);
        let keyring = Keyring::open(home.path(), Backend::Test);
        keyring.add(ACCOUNT, &key, None).unwrap();
        Self {
            home,
            arguments,
            node: Node::start(&key, BLOCK).await,
        }
    }

    /// Starts it, with more arguments.
    pub fn start(&self, more: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_slsbftd"))
            .args(self.arguments)
            .args(["--from", ACCOUNT, "--keyring-backend", "test"])
            .args(["--allow-private", "--poll-ms", "20"])
            .args(["--node", &self.node.endpoint()])
            .arg("--home")
            .arg(self.home.path())
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }

    /// Starts and kills it again and again. Something is asked of it each time, and what it did by then is
    /// checked.
    pub async fn killed(&self, mut ask: impl FnMut(&Node), check: impl Fn(&Node)) {
        for _ in 0..ROUNDS {
            ask(&self.node);
            let mut process = self.start(&[]);
            let life = rand::thread_rng().gen_range(50..3_500);
            sleep(Duration::from_millis(life)).await;
            process.kill().await.unwrap();
            check(&self.node);
        }
    }
}

/// No digest was followed by another of the same.
pub fn assert_one_digest<D: Debug>(offered: &BTreeMap<u64, BTreeSet<D>>) {
    for (number, digests) in offered {
        assert_eq!(digests.len(), 1, "{number} was committed to as {digests:?}");
    }
}
