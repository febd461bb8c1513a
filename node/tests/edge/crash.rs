//! Kills `slsbftd edge` with SIGKILL at random instants, again and again, while a chain goes on and asks.
//! However often, no two digests of a request ever leave it, and what it reveals is what it committed to.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what cannot go on has failed"
)]

mod codes;
#[path = "../common/killed.rs"]
mod killed;
#[path = "../common/node.rs"]
mod node;
#[allow(dead_code, reason = "shared with the other tests")]
mod server;
mod service;
mod state;

use std::time::Duration;

use slsbft_proto::requests::v1::Task;
use tokio::time::{Instant, sleep};

use crate::{
    killed::{Daemon, ROUNDS, assert_one_digest},
    node::Node,
    server::{Reply, Server},
};

const SOON: Duration = Duration::from_secs(120);
/// Blocks for commitments and for revealing.
const WINDOWS: [u64; 2] = [60, 60];

fn main() {
    killed::run(
        "an_edge_node_never_sends_two_digests_of_a_request_however_often_it_is_killed",
        an_edge_node_never_sends_two_digests_of_a_request_however_often_it_is_killed(),
    );
}

/// Asks for what is another thing each time, and for what a task comes to.
fn ask(node: &Node, server: &Server) -> [u64; 2] {
    let mut state = node.state();
    let task = Task {
        code_id: 1,
        input: b"the same".to_vec().into(),
        gas: 1_000_000,
    };
    [
        state.post(&server.url(), "$.price", None, WINDOWS),
        state.post_task(task, WINDOWS),
    ]
}

fn check(node: &Node) {
    let state = node.state();
    assert_one_digest(&state.offered);
    let wrong = ["not what was committed to", "too early to reveal"];
    let refused = state.refused.iter().find(|why| wrong.contains(why));
    assert_eq!(refused, None);
}

async fn an_edge_node_never_sends_two_digests_of_a_request_however_often_it_is_killed() {
    let daemon = Daemon::new(&["edge"]).await;
    let node = &daemon.node;
    let server = Server::start(Reply::Counting).await;
    node.state().codes.push(echo());
    let mut asked = 0;
    daemon
        .killed(|node| asked += ask(node, &server).len(), check)
        .await;
    // Left alone, it goes on.
    let (before, last) = (Instant::now(), ask(node, &server));
    let mut process = daemon.start(&[]);
    while !last.iter().all(|id| node.state().answers.contains_key(id)) {
        assert!(before.elapsed() < SOON, "no answer of {last:?}");
        sleep(Duration::from_millis(5)).await;
    }
    process.kill().await.unwrap();
    check(node);
    let state = node.state();
    println!(
        "{ROUNDS} kills in {} requests: {} committed, {} revealed, {} in vain; the last took {:?}",
        asked + last.len(),
        state.offered.len(),
        state.answers.len(),
        state.refused.len(),
        before.elapsed(),
    );
}

fn echo() -> Vec<u8> {
    let text = r#"(module
      (import "slsbft" "input" (func $input (param i32 i32) (result i32)))
      (import "slsbft" "output" (func $output (param i32 i32)))
      (memory (export "memory") 1)
      (func (export "slsbft_abi_1"))
      (func (export "compute")
        (call $output (i32.const 0) (call $input (i32.const 0) (i32.const 1000)))))"#;
    wat::parse_str(text).unwrap()
}
