//! What the daemon says to requests, and what it does not do.

use std::{
    path::Path,
    thread::{self, JoinHandle},
    time::Duration,
};

use slsbft_client::{Client, KeyKind, SigningKey};
use slsbft_mechanism::request::Answer;
use slsbft_node::{
    auditor::{
        chain::Chain,
        probe::{Prober, System, Trust},
    },
    edge::{Config, Edge, book::Book},
};
use tempfile::TempDir;
use tokio::{runtime, sync::oneshot};

use crate::{
    node::{CHAIN_ID, Node},
    server::{Reply, Server},
};

const SOON: Duration = Duration::from_secs(120);
pub const BLOCK: Duration = Duration::from_millis(200);
/// Blocks for commitments and for revealing.
pub const WINDOWS: [u64; 2] = [60, 60];

pub fn key() -> SigningKey {
    SigningKey::from_secret(KeyKind::Ed25519, &[3; 32]).unwrap()
}

pub fn found(text: &str) -> Answer {
    Answer::Found(text.into())
}

async fn edge(node: &Node, home: &Path, allow_private: bool) -> Edge {
    let client = Client::connect_lazy(&node.endpoint()).unwrap();
    let chain = Chain::new(client, key()).await.unwrap();
    let prober = Prober::new(&Trust::public(), allow_private, Box::new(System::default())).unwrap();
    let config = Config {
        home: home.into(),
        poll: Duration::from_millis(20),
    };
    Edge::start(config, chain, prober).unwrap()
}

/// A daemon that works until this is dropped, on a thread of its own.
pub struct Daemon {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.stop.take();
        self.thread.take().map(JoinHandle::join);
    }
}

pub async fn daemon(node: &Node, home: &Path, allow_private: bool) -> Daemon {
    let mut edge = edge(node, home, allow_private).await;
    let (stop, stopped) = oneshot::channel();
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.unwrap();
    let thread = thread::spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                () = edge.run() => {}
                _ = stopped => {}
            }
        });
    });
    Daemon {
        stop: Some(stop),
        thread: Some(thread),
    }
}

/// Looks again until it holds.
pub async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let start = std::time::Instant::now();
    while !holds() {
        assert!(start.elapsed() < SOON, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub async fn revealed(node: &Node, requests: usize) {
    eventually("all answers", || node.state().answers.len() == requests).await;
    assert_eq!(node.state().refused, Vec::<&str>::new());
}

#[tokio::test]
async fn what_is_at_the_url_is_committed_to_and_revealed() {
    let (node, home) = (Node::start(&key(), BLOCK).await, TempDir::new().unwrap());
    let body = br#"{"rates":[{"usd":1234567890123456789.015},{"usd":"0.50"}]}"#;
    let server = Server::start(Reply::Body(body.to_vec())).await;
    let ids: Vec<u64> = {
        let mut state = node.state();
        vec![
            state.post(&server.url(), "$.rates[0].usd", Some(2), WINDOWS),
            state.post(&server.url(), "$.rates[1].usd", None, WINDOWS),
            state.post(&server.url(), "$.rates[2].usd", None, WINDOWS),
        ]
    };
    let _daemon = daemon(&node, home.path(), true).await;
    revealed(&node, 3).await;
    let answers: Vec<_> = ids.iter().map(|id| node.state().answers[id].clone()).collect();
    assert_eq!(
        answers,
        [
            found("1234567890123456789.02"),
            found("0.50"),
            Answer::Unavailable
        ]
    );
}

#[tokio::test]
async fn a_server_that_misbehaves_gives_no_answer_and_holds_up_no_other() {
    let (node, home) = (Node::start(&key(), BLOCK).await, TempDir::new().unwrap());
    let endless = [
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n[".to_vec(),
        vec![b' '; 1 << 20],
    ]
    .concat();
    let moved = b"HTTP/1.1 302 Found\r\nlocation: /other\r\ncontent-length: 7\r\n\r\n{\"a\":1}".to_vec();
    let servers = [
        Server::start(Reply::Body(br#"{"a":1}"#.to_vec())).await,
        Server::start(Reply::Raw(endless)).await,
        Server::start(Reply::Raw(moved)).await,
        Server::start(Reply::Raw(
            b"HTTP/1.1 500 Oops\r\ncontent-length: 7\r\n\r\n{\"a\":1}".to_vec(),
        ))
        .await,
        Server::start(Reply::Body(b"<html>".to_vec())).await,
        Server::start(Reply::Silence).await,
    ];
    let ids: Vec<u64> = servers
        .iter()
        .map(|server| node.state().post(&server.url(), "$.a", None, [200, 100]))
        .collect();
    let _daemon = daemon(&node, home.path(), true).await;
    revealed(&node, servers.len()).await;
    for (id, server) in ids.iter().zip(&servers) {
        let expected = if *id == ids[0] {
            found("1")
        } else {
            Answer::Unavailable
        };
        assert_eq!(node.state().answers[id], expected, "{id}");
        assert!(server.connections() > 0);
    }
}

/// The silent server is given up after some 20 seconds, with nothing committed to before.
#[tokio::test]
async fn a_server_that_is_slow_holds_up_no_other_request() {
    let (node, home) = (Node::start(&key(), BLOCK).await, TempDir::new().unwrap());
    let silent = Server::start(Reply::Silence).await;
    let server = Server::start(Reply::Body(br#"{"a":1}"#.to_vec())).await;
    let (slow, fast) = {
        let mut state = node.state();
        (
            state.post(&silent.url(), "$.a", None, [1_000, 1_000]),
            state.post(&server.url(), "$.a", None, [1_000, 1_000]),
        )
    };
    let _daemon = daemon(&node, home.path(), true).await;
    eventually("a digest", || !node.state().offered.is_empty()).await;
    assert!(silent.connections() > 0);
    let state = node.state();
    assert!(state.offered.contains_key(&fast) && !state.offered.contains_key(&slow));
}

#[tokio::test]
async fn private_addresses_are_never_connected_to() {
    let (node, home) = (Node::start(&key(), BLOCK).await, TempDir::new().unwrap());
    let server = Server::start(Reply::Body(br#"{"a":1}"#.to_vec())).await;
    let port = server.address.port();
    let hosts = [
        "127.0.0.1",
        "localhost",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "0.0.0.0",
    ];
    for host in hosts {
        let url = format!("http://{host}:{port}/");
        node.state().post(&url, "$.a", None, WINDOWS);
    }
    let _daemon = daemon(&node, home.path(), false).await;
    revealed(&node, hosts.len()).await;
    assert!(
        node.state()
            .answers
            .values()
            .all(|answer| *answer == Answer::Unavailable)
    );
    assert_eq!(server.connections(), 0);
}

/// The server says something else each time it is asked, so a second look would be seen.
#[tokio::test]
async fn a_daemon_that_is_stopped_anywhere_reveals_what_it_committed_to() {
    let (node, home) = (Node::start(&key(), BLOCK).await, TempDir::new().unwrap());
    let server = Server::start(Reply::Counting).await;
    let url = server.url();
    let id = node.state().post(&url, "$.price", None, WINDOWS);
    for life in [0, 30, 60, 100, 200, 300, 500] {
        let daemon = daemon(&node, home.path(), true).await;
        tokio::time::sleep(Duration::from_millis(life)).await;
        drop(daemon);
        // Its folder is free once it has ended.
        eventually("the end of the daemon", || {
            Book::open(home.path(), CHAIN_ID, key().address()).is_ok()
        })
        .await;
    }
    let _daemon = daemon(&node, home.path(), true).await;
    eventually("the answer", || node.state().answers.len() == 1).await;
    let state = node.state();
    assert_eq!(
        state.offered[&id].len(),
        1,
        "one digest and no other ever left it"
    );
    let wrong = ["not what was committed to", "too early to reveal"];
    assert!(
        state.refused.iter().all(|why| !wrong.contains(why)),
        "{:?}",
        state.refused
    );
}

/// Somebody else answers with the same account: what the chain has is not what this daemon holds.
#[tokio::test]
async fn another_daemons_commitment_is_not_answered_for() {
    let (node, home) = (Node::start(&key(), BLOCK).await, TempDir::new().unwrap());
    let server = Server::start(Reply::Body(br#"{"a":1}"#.to_vec())).await;
    let other = node.state().post(&server.url(), "$.a", None, [20, 100]);
    let own = node.state().post(&server.url(), "$.a", None, WINDOWS);
    let _daemon = daemon(&node, home.path(), true).await;
    eventually("its own digest", || {
        let mut state = node.state();
        let seat = &mut state.requests.get_mut(&other).unwrap().seats[1];
        let has_committed = !seat.digest.is_empty();
        if has_committed {
            seat.digest = vec![7; 32].into();
        }
        has_committed
    })
    .await;
    revealed(&node, 1).await;
    assert_eq!(node.state().answers.keys().collect::<Vec<_>>(), [&own]);
}

#[tokio::test]
async fn two_daemons_cannot_share_a_folder() {
    let (node, home) = (Node::start(&key(), BLOCK).await, TempDir::new().unwrap());
    let _first = daemon(&node, home.path(), true).await;
    let error = Book::open(home.path(), CHAIN_ID, key().address()).err().unwrap();
    assert!(error.to_string().contains("in use"), "{error}");
}

#[tokio::test]
async fn a_node_that_is_away_for_a_while_holds_up_an_answer_and_changes_nothing_about_it() {
    let (node, home) = (Node::start(&key(), BLOCK).await, TempDir::new().unwrap());
    let server = Server::start(Reply::Counting).await;
    let id = node
        .state()
        .post(&server.url(), "$.price", None, [WINDOWS[0], 300]);
    let _daemon = daemon(&node, home.path(), true).await;
    eventually("a digest", || !node.state().offered.is_empty()).await;
    let gone = {
        let mut state = node.state();
        state.away = true;
        state.height
    };
    eventually("blocks without the node", || node.state().height > gone + 5).await;
    node.state().away = false;
    revealed(&node, 1).await;
    assert_eq!(node.state().offered[&id].len(), 1);
}
