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

#[path = "../common/node.rs"]
#[allow(dead_code, reason = "shared with the other tests")]
mod node;
#[allow(dead_code, reason = "shared with the other tests")]
mod service;
#[allow(dead_code, reason = "shared with the other tests")]
mod state;

use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use rand::Rng;
use slsbft_client::{
    KeyKind, SigningKey,
    keyring::{Backend, Keyring},
};
use slsbft_proto::service::v1::Target;
use tokio::{
    io::AsyncReadExt,
    net::TcpListener,
    process::{Child, Command},
    time::{sleep, timeout},
};

use crate::{node::Node, state::Done};

const ROUNDS: usize = 30;
const BLOCK: Duration = Duration::from_millis(100);
const SOON: Duration = Duration::from_secs(60);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(an_auditor_never_sends_two_digests_of_an_epoch_however_often_it_is_killed());
    println!("test an_auditor_never_sends_two_digests_of_an_epoch_however_often_it_is_killed ... ok");
}

fn spawn(home: &Path, node: &Node, more: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_slsbftd"))
        .args(["audit", "--from", "auditor", "--keyring-backend", "test"])
        .args(["--allow-private", "--samples", "2", "--poll-ms", "20"])
        .args(["--node", &node.endpoint()])
        .arg("--home")
        .arg(home)
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
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
    for (epoch, digests) in &state.offered {
        assert_eq!(
            digests.len(),
            1,
            "epoch {epoch} was committed to with several digests"
        );
    }
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
    let home = tempfile::tempdir().unwrap();
    let key = SigningKey::generate(KeyKind::Ed25519);
    Keyring::open(home.path(), Backend::Test)
        .add("auditor", &key, None)
        .unwrap();
    let node = Node::start(&key, BLOCK).await;
    node.state().targets = vec![target().await];
    for _ in 0..ROUNDS {
        let mut process = spawn(home.path(), &node, &[]);
        let life = rand::thread_rng().gen_range(50..3_500);
        sleep(Duration::from_millis(life)).await;
        process.kill().await.unwrap();
        check(&node);
    }
    // Left alone, it goes on.
    let before = Instant::now();
    let mut last = spawn(home.path(), &node, &["--once"]);
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
    check(&node);
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
