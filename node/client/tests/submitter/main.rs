//! Many transactions of one account against a node that misbehaves.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what cannot go on has failed"
)]

#[path = "../../../tests/common/node.rs"]
mod node;
mod service;
mod state;

use std::{collections::BTreeSet, time::Duration};

use cosmos_sdk_proto::cosmos::bank::v1beta1::MsgSend;
use futures::future::join_all;
use slsbft_client::{
    Client, ClientError, Fee, KeyKind, SigningKey, SubmitConfig, Submitter, TxBuilder, TxOutcome,
};
use tokio::time::{Instant, sleep};

use crate::{
    node::{CHAIN_ID, Node},
    state::Faults,
};

const MINUTE: Duration = Duration::from_secs(60);

fn config() -> SubmitConfig {
    SubmitConfig {
        patience: MINUTE,
        inclusion: 2 * MINUTE,
        poll: (Duration::from_millis(20), Duration::from_millis(100)),
        stall: Duration::from_millis(500),
        ..SubmitConfig::default()
    }
}

async fn start(key: &SigningKey, faults: Faults) -> Node {
    let node = Node::start(key, Duration::from_millis(30)).await;
    node.state().fail(faults);
    node
}

async fn submitter(node: &Node, key: &SigningKey) -> Submitter {
    let client = Client::connect(&node.endpoint()).await.unwrap();
    Submitter::with_config(client, key.clone(), config())
        .await
        .unwrap()
}

fn tx(memo: impl Into<String>) -> TxBuilder {
    TxBuilder::of(&MsgSend::default()).memo(memo)
}

/// Sends 500 transactions at once, each from a task of its own.
async fn send_500(submitter: &Submitter) -> Vec<Result<TxOutcome, ClientError>> {
    let tasks = (0..500).map(|n| {
        let submitter = submitter.clone();
        tokio::spawn(async move { submitter.send(tx(format!("tx {n}"))).await })
    });
    join_all(tasks)
        .await
        .into_iter()
        .map(|joined| joined.unwrap())
        .collect()
}

/// Each of the 500 succeeded and is in the chain exactly once.
fn assert_each_once(node: &Node, outcomes: &[Result<TxOutcome, ClientError>]) {
    for outcome in outcomes {
        assert!(outcome.is_ok(), "{}", outcome.as_ref().unwrap_err());
    }
    let included = &node.state().included;
    assert_eq!(included.len(), 500);
    assert_eq!(included.iter().collect::<BTreeSet<_>>().len(), 500);
}

async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + MINUTE;
    while !condition() {
        assert!(Instant::now() < deadline, "{what} did not happen");
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_concurrent_submissions_of_one_account_never_miss_a_sequence() {
    let key = SigningKey::generate(KeyKind::Secp256k1);
    let node = start(&key, Faults::default()).await;
    let outcomes = send_500(&submitter(&node, &key).await).await;
    assert_each_once(&node, &outcomes);
    assert_eq!(node.state().mismatches, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_answers_restarts_evictions_and_refusals_lose_nothing_and_pay_nothing_twice() {
    for seed in 1..=3 {
        let key = SigningKey::generate(KeyKind::Ed25519);
        let faults = Faults {
            seed,
            away: 40,
            lost_answer: 40,
            forget: 15,
            full: 40,
            evict: 10,
            foreign: 0,
        };
        let node = start(&key, faults).await;
        let outcomes = send_500(&submitter(&node, &key).await).await;
        assert_each_once(&node, &outcomes);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_goes_away_and_comes_back_with_an_empty_mempool_costs_only_time() {
    let key = SigningKey::generate(KeyKind::Secp256k1);
    let mut node = start(&key, Faults::default()).await;
    let submitter = submitter(&node, &key).await;
    node.state().halted = true;
    let sending = tokio::spawn({
        let submitter = submitter.clone();
        async move { send_500(&submitter).await }
    });
    let first = submitter.submit(tx("before the outage")).await.unwrap();
    node.close();
    sleep(Duration::from_millis(200)).await;
    node.state().forget();
    node.reopen();
    node.state().halted = false;
    let outcomes = sending.await.unwrap();
    first.wait(MINUTE).await.unwrap();
    node.state().included.retain(|memo| memo != "before the outage");
    assert_each_once(&node, &outcomes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_the_node_forgot_is_sent_again_without_being_asked() {
    let key = SigningKey::generate(KeyKind::Secp256k1);
    let node = start(&key, Faults::default()).await;
    let submitter = submitter(&node, &key).await;
    node.state().halted = true;
    let pending = submitter.submit(tx("forgotten")).await.unwrap();
    node.state().forget();
    node.state().halted = false;
    let hash = pending.hash();
    assert_eq!(pending.wait(MINUTE).await.unwrap().hash, hash, "the same bytes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_that_was_given_up_can_be_taken_up_again() {
    let key = SigningKey::generate(KeyKind::Secp256k1);
    let node = start(&key, Faults::default()).await;
    let submitter = submitter(&node, &key).await;
    node.state().halted = true;
    let mut pending = submitter.submit(tx("patience")).await.unwrap();
    for _ in 0..2 {
        let early = pending.settled(Duration::from_millis(30)).await.unwrap_err();
        assert!(matches!(early, ClientError::NotIncluded { .. }), "{early}");
    }
    node.state().halted = false;
    assert!(pending.settled(MINUTE).await.unwrap().height > 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_program_with_the_same_key_is_no_error() {
    let key = SigningKey::generate(KeyKind::Secp256k1);
    let faults = Faults {
        seed: 5,
        foreign: 100,
        ..Faults::default()
    };
    let node = start(&key, faults).await;
    let outcomes = send_500(&submitter(&node, &key).await).await;
    assert_each_once(&node, &outcomes);
    assert!(node.state().mismatches > 0, "the test must meet what it is about");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_whose_place_was_taken_is_reported_and_not_signed_anew() {
    let key = SigningKey::generate(KeyKind::Secp256k1);
    let node = start(&key, Faults::default()).await;
    let client = Client::connect(&node.endpoint()).await.unwrap();
    let config = SubmitConfig {
        index_lag: Duration::from_millis(300),
        ..config()
    };
    let submitter = Submitter::with_config(client, key.clone(), config).await.unwrap();
    node.state().halted = true;
    let pending = submitter.submit(tx("displaced")).await.unwrap();
    {
        let mut chain = node.state();
        chain.forget();
        chain.foreign();
        chain.halted = false;
    }
    let error = pending.wait(MINUTE).await.unwrap_err();
    assert!(
        matches!(error, ClientError::Displaced { sequence: 3, .. }),
        "{error}"
    );
    submitter.send(tx("after")).await.unwrap();
    assert_eq!(node.state().included, ["after"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_carries_the_chains_codespace_code_and_words() {
    let key = SigningKey::generate(KeyKind::Secp256k1);
    let node = start(&key, Faults::default()).await;
    let submitter = submitter(&node, &key).await;

    let cheap = tx("cheap").fee(Fee::with_price(200_000, 24).unwrap());
    let refused = submitter.send(cheap).await.unwrap_err();
    assert!(matches!(refused, ClientError::Refused { .. }), "{refused}");
    let failure = refused.failure().unwrap();
    assert_eq!((failure.codespace.as_str(), failure.code), ("sdk", 13));
    assert_eq!(failure.log, "insufficient fees");

    let failed = submitter.send(tx("fails in its block")).await.unwrap_err();
    assert!(
        matches!(&failed, ClientError::Failed { failure, .. } if failure.code == 5),
        "{failed}"
    );
    // The refusal cost no sequence, the failure did.
    assert_eq!(submitter.submit(tx("next")).await.unwrap().sequence(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_submission_given_up_before_its_turn_is_not_sent() {
    let key = SigningKey::generate(KeyKind::Secp256k1);
    let node = start(&key, Faults::default()).await;
    let client = Client::connect(&node.endpoint()).await.unwrap();
    let config = SubmitConfig {
        max_pending: 1,
        ..config()
    };
    let submitter = Submitter::with_config(client, key.clone(), config).await.unwrap();
    node.state().halted = true;
    let first = submitter.submit(tx("first")).await.unwrap();
    let second = submitter.submit(tx("given up"));
    assert!(
        tokio::time::timeout(Duration::from_millis(50), second)
            .await
            .is_err(),
        "it has to wait"
    );
    node.state().halted = false;
    first.wait(MINUTE).await.unwrap();
    submitter.send(tx("third")).await.unwrap();
    assert_eq!(node.state().included, ["first", "third"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_reads_the_account_and_prices_a_transaction_by_simulation() {
    let key = SigningKey::generate(KeyKind::Secp256k1);
    let node = start(&key, Faults::default()).await;
    let client = Client::connect(&node.endpoint()).await.unwrap();
    assert_eq!(client.chain_id().await.unwrap(), CHAIN_ID);
    let account = client.account(&key.address()).await.unwrap();
    assert_eq!((account.number, account.sequence), (11, 3));
    assert_eq!(account.public_key, Some(key.public_key()));
    let priced = client.with_estimated_fee(tx("priced"), &key).await.unwrap();
    let signed = priced
        .sign(CHAIN_ID, &key, account.number, account.sequence)
        .unwrap();
    client.broadcast(&signed).await.unwrap();
    client.broadcast(&signed).await.unwrap();
    let outcome = client.wait_for(signed.hash(), MINUTE).await.unwrap();
    assert!(outcome.height > 1);
    until("inclusion", || node.state().included == ["priced"]).await;

    let stranger = SigningKey::generate(KeyKind::Secp256k1);
    assert_eq!(client.find_account(&stranger.address()).await.unwrap(), None);
    let missing = Submitter::new(client, stranger).await.unwrap_err();
    assert!(matches!(missing, ClientError::NoAccount(_)), "{missing}");
}

#[tokio::test]
async fn a_node_that_is_not_there_is_named_in_the_error() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let error = Client::connect(&format!("127.0.0.1:{port}")).await.unwrap_err();
    assert!(matches!(error, ClientError::Connect { .. }) && error.to_string().contains(&port.to_string()));
    assert!(error.is_transient());
}
