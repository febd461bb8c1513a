//! Requests with everything that takes part in them, as their own processes: a node with CometBFT, three
//! edge daemons, a server, and a contract that asks.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    thread,
};

use serde_json::Value;

use crate::{
    compilers,
    support::{Node, TestHome, wait_for},
};

const EDGES: [&str; 3] = ["edge0", "edge1", "edge2"];

/// A server of one document, on a thread that lives as long as the tests.
fn server(document: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4_096]);
            let length = document.len();
            let answer =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{document}");
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

/// A daemon; killed when dropped.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct World {
    home: TestHome,
    _node: Node,
    daemons: Vec<Daemon>,
}

impl World {
    /// Three registered nodes that are drawn from now on, and their daemons.
    fn start(host: SocketAddr) -> Self {
        let home = TestHome::new();
        for edge in EDGES {
            home.with_keys(&["keys", "add", edge]);
            home.with_keys(&["genesis", "add-account", edge, "10000ankr"]);
        }
        let path = home.path.join("config/genesis.json");
        let mut genesis: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let params = &mut genesis["app_state"]["requests"]["params"];
        assert_eq!(params["nodes"], 3, "of a chain on one machine");
        params["hosts"] = serde_json::json!([host.to_string()]);
        // Blocks are made as fast as they come.
        (params["commit_blocks"], params["reveal_blocks"]) = (2_000.into(), 2_000.into());
        fs::write(&path, genesis.to_string()).unwrap();
        let node = home.start();
        home.wait_above(1);
        let world = Self {
            _node: node,
            daemons: Vec::new(),
            home,
        };
        for edge in EDGES {
            let terms = [
                "--moniker",
                edge,
                "--endpoint",
                "tcp://127.0.0.1:9",
                "--tag",
                "edge",
            ];
            world.tx(edge, &[&["service", "register"], &terms[..]].concat());
        }
        wait_for("nodes that can be drawn", || {
            let edges = world.query(&["requests", "edges"]);
            (edges["edges"].as_array()?.len() == EDGES.len()).then_some(())
        });
        let daemons = EDGES.map(|edge| world.daemon(edge)).into();
        Self { daemons, ..world }
    }

    fn daemon(&self, edge: &str) -> Daemon {
        let log = fs::File::create(self.home.path.join(format!("{edge}.log"))).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_slsbftd"));
        command.args(["edge", "--from", edge, "--keyring-backend", "test"]);
        command.args(["--allow-private", "--poll-ms", "50"]);
        command.arg("--data").arg(self.home.path.join(edge));
        command.arg("--home").arg(&self.home.path);
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        Daemon(child.unwrap())
    }

    /// A transaction that has to succeed.
    fn tx(&self, from: &str, arguments: &[&str]) -> String {
        let more = ["--from", from, "--yes"];
        self.home.with_keys(&[&["tx"], arguments, &more].concat())
    }

    fn query(&self, arguments: &[&str]) -> Value {
        let printed = self
            .home
            .with_keys(&[&["query"], arguments, &["--output", "json"]].concat());
        serde_json::from_str(&printed).unwrap()
    }

    /// Waits for a request's end.
    fn ended(&self, id: &str) -> Value {
        let open = ["STATUS_POSTED", "STATUS_OPEN"];
        wait_for("the end of a request", || {
            let shown = self.query(&["requests", "show", id]);
            let status = shown["status"].as_str().unwrap().to_owned();
            (!open.contains(&status.as_str())).then_some(shown)
        })
    }

    fn logs(&self) -> String {
        let log = |edge| fs::read_to_string(self.home.path.join(format!("{edge}.log"))).unwrap();
        EDGES.map(log).concat()
    }
}

#[test]
fn three_daemons_answer_and_a_contract_is_told() {
    let server = server(r#"{"rates":[{"usd":"0.02134"}]}"#);
    let mut world = World::start(server);
    let url = format!("http://{server}/rates");
    world.tx(
        "operator",
        &["requests", "post", &url, "$.rates[0].usd", "--decimals", "4"],
    );
    let shown = world.ended("1");
    assert_eq!(shown["status"], "STATUS_ANSWERED", "{shown}\n{}", world.logs());
    assert_eq!(shown["answer"]["found"], "0.0213");
    assert_eq!(shown["seats"].as_array().unwrap().len(), EDGES.len());

    let code = world.home.path.join("primes.wasm");
    fs::write(&code, compilers::c("primes")).unwrap();
    let deployed = world.home.with_keys(&[
        "wasm",
        "deploy",
        code.to_str().unwrap(),
        r#"{"code":1}"#,
        "--label",
        "primes",
        "--amount",
        "1000ankr",
        "--from",
        "operator",
        "--yes",
    ]);
    let info = world.query(&["wasm", "code-info", "1"]);
    let height = |shown: &Value| -> u64 { shown.as_str().unwrap().parse().unwrap() };
    let ready = height(&info["ready_height"]);
    let contract = deployed.split(|c: char| !c.is_alphanumeric());
    let contract = contract.rev().find(|word| word.starts_with("ankr1")).unwrap();
    let history = world.query(&["wasm", "contract-history", contract]);
    let made = height(&history["entries"][0]["updated"]["block_height"]);
    assert!((2..=made).contains(&ready), "{info} {history}");
    let ask = r#"{"count":{"below":"1000000","gas":"100000000","fee":"200000000"}}"#;
    world.tx("operator", &["wasm", "execute", contract, ask]);
    let shown = world.ended("2");
    assert_eq!(shown["answer"]["found"], "78498", "{shown}\n{}", world.logs());
    let told = world.query(&["wasm", "contract-state", "smart", contract, "{}"]);
    let told = told.to_string();
    assert!(told.contains("answered") && told.contains("78498"), "{told}");

    // Two of three are a quorum.
    drop(world.daemons.pop());
    world.tx(
        "operator",
        &["requests", "task", "1", "much", "--task-gas", "1000000"],
    );
    let shown = world.ended("3");
    assert_eq!(
        shown["answer"]["failed"],
        "a number up to 50000000",
        "{shown}\n{}",
        world.logs()
    );
    // None of the daemons was ever told that it does what it must not.
    for wrong in ["ANOTHER COMMITMENT", "not what was committed"] {
        assert!(!world.logs().contains(wrong), "{}", world.logs());
    }
}
