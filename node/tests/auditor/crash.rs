//! Kills `slsbftd audit` with SIGKILL at random instants, again and again, while a chain goes from
//! epoch to epoch. However often, no two digests of an epoch ever leave it, and what it reveals is
//! what it committed to.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what cannot go on has failed"
)]

#[path = "../common/killed.rs"]
mod killed;
#[path = "../common/node.rs"]
mod node;
#[allow(dead_code, reason = "shared with the other tests")]
mod service;
#[allow(dead_code, reason = "shared with the other tests")]
mod state;

use std::time::{Duration, Instant};

use slsbft_proto::service::v1::Target;
use tokio::{io::AsyncReadExt, net::TcpListener, time::timeout};

use crate::{
    killed::{Daemon, ROUNDS, assert_one_digest},
    node::Node,
    state::Done,
};

const SOON: Duration = Duration::from_secs(60);

fn main() {
    killed::run(
        "an_auditor_never_sends_two_digests_of_an_epoch_however_often_it_is_killed",
        an_auditor_never_sends_two_digests_of_an_epoch_however_often_it_is_killed(),
    );
}

/// A target that takes connections.
async fn target() -> Target {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("tcp://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    Target {
        id: 1,
        endpoint,
        ..Target::default()
    }
}

fn check(node: &Node) {
    let state = node.state();
    assert_one_digest(&state.offered);
    let wrong = [
        "not what was committed to",
        "nothing committed",
        "too early to reveal",
    ];
    let failed = state
        .done
        .iter()
        .find(|done| matches!(done, Done::Failed { why, .. } if wrong.contains(why)));
    assert_eq!(failed, None);
}

async fn an_auditor_never_sends_two_digests_of_an_epoch_however_often_it_is_killed() {
    let daemon = Daemon::new(&["audit", "--samples", "2"]).await;
    let node = &daemon.node;
    node.state().targets = vec![target().await];
    daemon.killed(|_| (), check).await;
    // Left alone, it goes on.
    let before = Instant::now();
    let mut last = daemon.start(&["--once"]);
    let status = timeout(SOON, last.wait())
        .await
        .expect("it audits an epoch")
        .unwrap();
    let mut said = String::new();
    last.stdout
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .await
        .unwrap();
    assert!(status.success(), "{said}");
    assert!(said.contains("1 of 1 providers answered"), "{said}");
    check(node);
    let state = node.state();
    let count = |wanted: fn(&Done) -> bool| state.done.iter().filter(|done| wanted(done)).count();
    println!(
        "{ROUNDS} kills in {} epochs: {} committed, {} revealed, {} in vain; the last took {:?}",
        state.epoch,
        count(|done| matches!(done, Done::Committed { .. })),
        count(|done| matches!(done, Done::Revealed { .. })),
        count(|done| matches!(done, Done::Failed { .. })),
        before.elapsed(),
    );
}
