//! `slsbft-testnet`, as its users run it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use slsbft_client::{
    Client,
    keyring::{Backend, Keyring},
};
use slsbft_tests::fleet::{binary, cometbft, wait_for};
use slsbft_types::Address;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A folder for one testnet, which is stopped when this is dropped.
struct Place {
    _parent: TempDir,
    dir: PathBuf,
}

impl Place {
    fn new() -> Self {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("net");
        Self { _parent: parent, dir }
    }

    fn command(&self, name: &str, more: &[&str]) -> Command {
        let mut command = Command::new(binary("slsbft-testnet"));
        command.arg("--cometbft").arg(cometbft());
        command.arg(name).arg("--dir").arg(&self.dir).args(more);
        command.stdin(Stdio::null());
        command
    }

    fn run(&self, name: &str, more: &[&str]) -> Output {
        self.command(name, more).output().unwrap()
    }

    /// Runs a command that has to succeed; returns what it printed.
    fn must(&self, name: &str, more: &[&str]) -> String {
        let output = self.run(name, more);
        assert!(output.status.success(), "{name} {more:?}: {}", text(&output));
        text(&output)
    }

    /// Runs a command that has to fail; returns what it printed.
    fn must_not(&self, name: &str, more: &[&str]) -> String {
        let output = self.run(name, more);
        assert_eq!(
            output.status.code(),
            Some(1),
            "{name} {more:?}: {}",
            text(&output)
        );
        text(&output)
    }

    fn network(&self) -> Value {
        serde_json::from_slice(&fs::read(self.dir.join("network.json")).unwrap()).unwrap()
    }

    /// The process that runs the testnet.
    fn supervisor(&self) -> Pid {
        let text = fs::read_to_string(self.dir.join("testnet.lock")).unwrap();
        Pid::from_raw(text.split_whitespace().next().unwrap().parse().unwrap())
    }

    /// Processes whose command line names the folder.
    fn processes(&self) -> usize {
        let dir = self.dir.to_str().unwrap();
        let entries = fs::read_dir("/proc").unwrap().flatten();
        let lines = entries.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
        lines
            .filter(|line| String::from_utf8_lossy(line).contains(dir))
            .count()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.dir.exists() {
            self.run("down", &[]);
        }
    }
}

fn text(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    format!("{out}{err}")
}

fn pids(network: &Value) -> Vec<i64> {
    let nodes = network["nodes"].as_array().unwrap().iter();
    nodes
        .flat_map(|node| [&node["app_pid"], &node["consensus_pid"]])
        .filter_map(Value::as_i64)
        .collect()
}

#[test]
fn four_validators_settle_a_deal_and_go_on_after_any_end() {
    let place = Place::new();
    let shown = place.must("up", &["--detach", "--requests", "1000"]);
    for expected in [
        "all 4 validators make blocks",
        "1000 requests served",
        "Checked to the last uankr",
    ] {
        assert!(shown.contains(expected), "no '{expected}' in {shown}");
    }
    let network = place.network();
    assert_eq!(network["nodes"].as_array().unwrap().len(), 4);
    assert_eq!(pids(&network).len(), 8, "{network:#}");
    for account in network["accounts"].as_array().unwrap() {
        for word in [&account["name"], &account["address"], &account["mnemonic"]] {
            assert!(shown.contains(word.as_str().unwrap()), "{shown}");
        }
    }

    let status = place.must("status", &["--once"]);
    for n in 0..4 {
        assert!(status.contains(&format!("node{n} ok")), "{status}");
    }
    let again = place.must_not("up", &[]);
    assert!(again.contains("runs in") && again.contains("down"), "{again}");

    // A validator that dies is started again, under a new process id.
    let victim = pids(&network)[0];
    kill(Pid::from_raw(victim.try_into().unwrap()), Signal::SIGKILL).unwrap();
    wait_for("the validator's second life", || {
        let now = pids(&place.network());
        (now.len() == 8 && !now.contains(&victim)).then_some(())
    });

    // Nobody can tell the nodes any more, yet they end, and the next start waits for that.
    kill(place.supervisor(), Signal::SIGKILL).unwrap();
    wait_for("the supervisor's end", || {
        place.run("status", &[]).status.code().filter(|code| *code == 1)
    });
    let back = place.must("up", &["--detach", "--requests", "1000"]);
    assert!(back.contains("going on with slsbft-local-1"), "{back}");
    assert!(back.contains("back at height"), "{back}");
    assert!(back.contains("Checked to the last uankr"), "{back}");
    assert_eq!(place.network()["accounts"], network["accounts"]);

    let other = place.must_not("up", &["--validators", "7"]);
    assert!(other.contains("runs in"), "{other}");
    assert!(place.must("down", &[]).contains("stopped"));
    assert_eq!(place.processes(), 0);
    assert!(place.must("down", &[]).contains("no testnet runs"));
    let other = place.must_not("up", &["--validators", "7"]);
    assert!(other.contains("another number of validators: 4"), "{other}");
    assert!(pids(&place.network()).is_empty());
}

#[test]
fn an_interrupted_first_start_is_begun_anew_and_a_signal_ends_the_next() {
    let place = Place::new();
    fs::create_dir_all(place.dir.join("node0/config")).unwrap();
    let refused = place.must_not("up", &["--validators", "1"]);
    assert!(refused.contains("other things than a testnet"), "{refused}");
    fs::write(place.dir.join("testnet.lock"), "1\n").unwrap();

    let mut up = place.command("up", &["--validators", "1", "--no-deal"]);
    let up = up.stdout(Stdio::piped()).spawn().unwrap();
    wait_for("the testnet", || {
        let lock = fs::read_to_string(place.dir.join("testnet.lock")).ok()?;
        lock.contains("ready").then_some(())
    });
    kill(Pid::from_raw(up.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    let output = up.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("the data stays"), "{}", text(&output));
    assert_eq!(place.processes(), 0);
}

#[test]
fn ports_begin_where_they_are_told_to_and_one_in_use_is_named() {
    let place = Place::new();
    let held = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = held.local_addr().unwrap().port().to_string();
    let refused = place.must_not("up", &["--base-port", &port]);
    assert!(
        refused.contains(&port) && refused.contains("--base-port"),
        "{refused}"
    );
    assert!(!place.dir.join("network.json").exists());
}

#[test]
fn all_nodes_agree_after_kills_at_random() {
    let place = Place::new();
    let shown = place.must("crash", &["--kills", "6", "--pause", "2500"]);
    assert_eq!(shown.matches("kill ").count(), 6, "{shown}");
    assert!(shown.contains("all 4 nodes agree on the app hash"), "{shown}");
    let committed = shown
        .lines()
        .find(|line| line.contains("transfers committed, none twice"));
    let count = committed.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    assert!(count.is_some_and(|count| count > 0), "{shown}");
    assert_eq!(place.processes(), 0);
}

#[test]
fn load_prints_a_line_per_figure() {
    let place = Place::new();
    let short = [
        "--validators",
        "1",
        "--senders",
        "100",
        "--rates",
        "40",
        "--warm-up",
        "1",
        "--window",
        "3",
        "--accounts",
        "1000",
        // Gone before the trial ends.
        "--keep-blocks",
        "2",
        "--reference",
        "kvstore",
    ];
    let output = place.run("load", &short);
    assert!(output.status.success(), "{}", text(&output));
    let figures = String::from_utf8_lossy(&output.stdout);
    for line in figures.lines() {
        let [name, value, unit] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("not a name, a value and a unit: {line}");
        };
        assert!(name.starts_with("load::") && !unit.is_empty(), "{line}");
        assert!(value.parse::<f64>().is_ok(), "{line}");
    }
    for expected in [
        "load::sustained/system=slsbft/nodes=1 ",
        "load::sustained/system=kvstore/nodes=1 ",
        "load::latency_p95/system=slsbft/nodes=1/rate=40 ",
        "load::cpu_per_tx/process=slsbftd/system=slsbft/nodes=1/rate=40 ",
        "load::memory/process=slsbftd/after=3s/system=slsbft/nodes=1/rate=40 ",
        "load::disk_per_tx/part=all/system=slsbft/nodes=1/rate=40 ",
        "load::failed/system=slsbft/nodes=1/rate=40 0 ",
    ] {
        assert!(
            figures.contains(expected),
            "no {expected}in\n{figures}\n{}",
            text(&output)
        );
    }
}

/// What the last audit found of everybody's resources, in parts per billion, by a node's number.
fn found(place: &Place, providers: &[Address]) -> Vec<Option<u64>> {
    let network = place.network();
    let grpc = network["nodes"][0]["grpc"].as_str().unwrap();
    Runtime::new().unwrap().block_on(async {
        let client = Client::connect(grpc).await.unwrap();
        let mut found = Vec::new();
        for provider in providers {
            let verdict = client.audit_verdict(provider).await;
            // Only of one that answered: computing is what differs.
            let answered = verdict.ok().filter(|verdict| verdict.reached == Some(true));
            found.push(answered.and_then(|verdict| verdict.resource));
        }
        found
    })
}

#[test]
fn validators_prove_their_computing_and_one_that_leaves_off_is_found_out() {
    const WHOLE: u64 = 1_000_000_000;
    let place = Place::new();
    let shown = place.must("up", &["--detach", "--no-deal"]);
    assert!(shown.contains("prove their computing"), "{shown}");
    let degraded = place.must("degrade", &["node3", "--computing"]);
    assert!(degraded.contains("computes nothing more"), "{degraded}");
    let operator = |n: u32| {
        let keyring = Keyring::open(&place.dir.join(format!("node{n}")), Backend::Test);
        keyring
            .unlock("operator", None, "slsbft-local-1")
            .unwrap()
            .address()
    };
    let providers: Vec<_> = (0..4).map(operator).collect();
    wait_for("an epoch that tells who proves from who does not", || {
        let found = found(&place, &providers);
        (found[3] == Some(0) && found[..3].contains(&Some(WHOLE))).then_some(())
    });
    // Not all in one epoch: on a busy machine one comes too late now and then.
    for n in 0..3 {
        wait_for(&format!("a proof of node{n}"), || {
            (found(&place, &providers)[n] == Some(WHOLE)).then_some(())
        });
    }
    let restored = place.must("restore", &["node3"]);
    assert!(restored.contains("computes again"), "{restored}");
    wait_for("a proof of node3", || {
        (found(&place, &providers)[3] == Some(WHOLE)).then_some(())
    });
}
