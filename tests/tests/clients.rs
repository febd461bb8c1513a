//! Clients that others wrote, as their users run them, against a real node.
//!
//! `scripts/setup.sh clients` installs them. One that this machine lacks is
//! skipped with a word about it, except in continuous integration.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use slsbft_client::{HdPath, Mnemonic};
use slsbft_tests::{chain::CHAIN_ID, fleet::Fleet};

const BALANCE: u128 = 1_000_000_000_000;

/// A chain of one node with an account of its own for the client.
struct Stand {
    fleet: Fleet,
    mnemonic: Mnemonic,
    address: String,
}

impl Stand {
    fn new() -> Self {
        let mnemonic = Mnemonic::generate();
        let address = mnemonic.derive("", HdPath::default()).unwrap().address();
        Self {
            fleet: Fleet::start(1, &[(address, BALANCE)]),
            mnemonic,
            address: address.to_string(),
        }
    }

    fn grpc(&self) -> String {
        self.fleet.nodes[0].grpc_address()
    }

    /// Runs a client, which finds what it has to know in its environment.
    fn run(&self, command: &mut Command) {
        let output = command
            .env("CHAIN_ID", CHAIN_ID)
            .env("RPC", self.fleet.nodes[0].rpc_url())
            .env("GRPC", self.grpc())
            .env("MNEMONIC", self.mnemonic.phrase().as_str())
            .env("ADDRESS", &self.address)
            .env("BALANCE", BALANCE.to_string())
            .env("PROTO", checkout("proto/proto"))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}\nthe node's log ends:\n{}",
            said(&output),
            self.fleet.nodes[0].log()
        );
    }

    /// Runs a file of Node's own test runner.
    fn node(&self, file: &str) {
        let mut command = Command::new("node");
        // A WebSocket that CometBFT does not close would hold it up for half a minute.
        let arguments = ["--test", "--test-force-exit", file];
        command.current_dir(checkout(JAVASCRIPT)).args(arguments);
        self.run(&mut command);
    }
}

const JAVASCRIPT: &str = "tests/clients/javascript";
const GRPCURL: &str = ".tools/bin/grpcurl";
const PYTHON: &str = ".tools/python/bin/python";

fn checkout(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn said(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    format!("{out}{err}")
}

/// Whether setup has installed a client. The word that it has not goes past the
/// test runner, which keeps what tests print to itself.
fn installed(client: &str, what: &str) -> bool {
    if checkout(what).exists() {
        return true;
    }
    let missing = format!("{client} is not installed ({what} is missing): `make setup-clients` says why");
    assert!(std::env::var_os("CI").is_none(), "{missing}");
    let _ = writeln!(std::io::stderr(), "skipped: {missing}");
    false
}

#[test]
fn cosmjs_works_as_in_a_web_wallet() {
    if installed("CosmJS", &format!("{JAVASCRIPT}/node_modules/.installed")) {
        Stand::new().node("cosmjs.test.js");
    }
}

#[test]
fn grpc_web_works_as_in_a_browser() {
    if installed("gRPC-web", &format!("{JAVASCRIPT}/node_modules/.installed")) {
        Stand::new().node("grpcweb.test.js");
    }
}

#[test]
fn cosmpy_works_as_in_a_python_program() {
    if installed("cosmpy", PYTHON) {
        let mut command = Command::new(checkout(PYTHON));
        command
            .args(["-B", "test_cosmpy.py"])
            .current_dir(checkout("tests/clients/python"));
        Stand::new().run(&mut command);
    }
}

/// What one call may come to with an empty request: an answer, or a refusal that
/// says what is wrong with the request. `grpcurl` ends with 64 and the status.
const FAIR: [i32; 3] = [0, 64 + 3, 64 + 5];

#[test]
fn grpcurl_lists_describes_and_calls_everything() {
    if !installed("grpcurl", GRPCURL) {
        return;
    }
    let stand = Stand::new();
    let grpcurl = |arguments: &[&str]| {
        let mut command = Command::new(checkout(GRPCURL));
        command.args(["-plaintext", "-max-time", "20"]).args(arguments);
        command.output().unwrap()
    };
    let address = stand.grpc();
    let lines = |arguments: &[&str]| {
        let output = grpcurl(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        said(&output).lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let services = lines(&[&address, "list"]);
    for expected in [
        "cosmos.auth.v1beta1.Query",
        "cosmos.bank.v1beta1.Query",
        "cosmos.base.node.v1beta1.Service",
        "cosmos.base.tendermint.v1beta1.Service",
        "cosmos.tx.v1beta1.Service",
        "slsbft.metering.v1.Query",
        "grpc.health.v1.Health",
    ] {
        assert!(services.iter().any(|service| service == expected), "{services:?}");
    }
    let mut unfair = Vec::new();
    let mut called = 0;
    for service in services.iter().filter(|service| !service.starts_with("grpc.")) {
        lines(&[&address, "describe", service]);
        for method in lines(&[&address, "list", service]) {
            let output = grpcurl(&["-d", "{}", &address, &method]);
            called += 1;
            // There is no amino on this chain, and the service says so.
            let amino = method.ends_with("Amino");
            if amino && output.status.code() == Some(64 + 12) {
                continue;
            }
            if !output.status.code().is_some_and(|code| FAIR.contains(&code)) {
                unfair.push(format!("{method}: {}", said(&output)));
            }
        }
    }
    assert!(called > 40, "{called} methods");
    assert!(unfair.is_empty(), "{unfair:#?}");

    let request = format!(r#"{{"address":"{}","denom":"uankr"}}"#, stand.address);
    let balance = "cosmos.bank.v1beta1.Query/Balance";
    let answer = lines(&["-d", &request, &address, balance]).concat();
    assert!(answer.contains(&format!("\"{BALANCE}\"")), "{answer}");
    let with_height = [
        "-v",
        "-H",
        "x-cosmos-block-height: 1",
        "-d",
        &request,
        &address,
        balance,
    ];
    let answer = lines(&with_height).join("\n");
    assert!(answer.contains("x-cosmos-block-height: 1"), "{answer}");
}
