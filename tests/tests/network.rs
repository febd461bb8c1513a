//! Four validators with real CometBFT.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{fs, path::Path};

use rand::{Rng, SeedableRng, rngs::StdRng};
use slsbft_client::{Client, KeyKind, Submitter, TxBuilder};
use slsbft_store::{Overlay, Space, Store, StoreConfig};
use slsbft_tests::{
    Wallet,
    fleet::{Fleet, wait_for},
    wallet::{FLAT_FEE, transfer},
};
use slsbft_types::{Address, BASE_DENOM};

const BALANCE: u128 = 1_000_000_000_000;
const VALIDATORS: usize = 4;

fn wallet(seed: u8) -> Wallet {
    Wallet::new(KeyKind::Secp256k1, seed, 0)
}

fn four() -> Fleet {
    let accounts = [1, 2].map(|seed| (wallet(seed).address(), BALANCE));
    Fleet::start(VALIDATORS, &accounts)
}

/// Sends transfers of 1 uankr from one account through one node, many at once,
/// and waits for all of them.
async fn pay(node: &str, seed: u8, to: &Address, count: usize) {
    let client = Client::connect(node).await.unwrap();
    let key = wallet(seed).key;
    let message = transfer(&key.address(), to, 1);
    let submitter = Submitter::new(client, key).await.unwrap();
    let sent = (0..count).map(|_| submitter.send(TxBuilder::of(&message)));
    for outcome in futures::future::join_all(sent).await {
        outcome.unwrap();
    }
}

async fn balance(node: &str, of: &Address) -> u128 {
    let client = Client::connect(node).await.unwrap();
    client.balance(of, BASE_DENOM).await.unwrap().value()
}

#[test]
fn nodes_agree_at_every_height_while_one_restarts_and_one_joins_late() {
    let mut fleet = four();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let to = wallet(9).address();
    let first = fleet.nodes[0].grpc_address();
    runtime.block_on(pay(&first, 1, &to, 40));

    // Three of four go on without the fourth, which is killed and misses blocks.
    fleet.nodes[3].kill();
    let missed = fleet.height() + 10;
    runtime.block_on(pay(&first, 2, &to, 40));
    fleet.nodes[0].wait_for(missed);
    fleet.nodes[3].start();
    fleet.nodes[3].wait_for(missed);

    // A clean stop is missed by nobody either.
    fleet.nodes[2].stop();
    fleet.nodes[2].start();
    let late = fleet.join().grpc_address();
    let second = fleet.nodes[1].grpc_address();
    runtime.block_on(pay(&second, 1, &to, 40));

    let height = fleet.height() + 2;
    assert_eq!(fleet.assert_equal_until(height), height);
    for node in [&first, &late] {
        assert_eq!(runtime.block_on(balance(node, &to)), 120);
        let payer = wallet(1).address();
        let left = BALANCE - 80 * (1 + FLAT_FEE);
        assert_eq!(runtime.block_on(balance(node, &payer)), left, "each payment once");
    }
    for node in &mut fleet.nodes {
        node.stop();
    }
}

/// Puts a counter into the epoch-local state that no block has written there; the
/// block that it pretends to come from, and the app hash, stay what they were.
fn tamper(home: &Path) -> u64 {
    let path = home.join("data/application.db");
    let mut store = Store::open(&path, &StoreConfig::default()).unwrap();
    let (app_hash, block) = (store.latest().app_hash(), store.latest().block().clone());
    store.rollback().unwrap();
    assert_eq!(
        store.latest().app_hash(),
        app_hash,
        "the last block was an idle one"
    );
    let height = block.height;
    let mut overlay = Overlay::new(store.latest());
    overlay.set(Space::Epoch, b"consensus/uptime/forged".to_vec(), vec![8, 1]);
    let staged = store.stage(overlay.into_changes(), block).unwrap();
    store.commit(staged).unwrap();
    store.sync().unwrap();
    assert_eq!(store.latest().app_hash(), app_hash);
    height
}

#[test]
fn a_node_with_other_epoch_local_state_stops_one_block_later() {
    let mut fleet = four();
    fleet.nodes[0].wait_for(5);
    fleet.nodes[3].stop();
    let height = tamper(&fleet.nodes[3].home);
    fleet.nodes[3].start();
    // Its own results of the next block are not those that the block after it names.
    wait_for("the tampered node to notice", || {
        fleet.nodes[3].log().contains("LastResultsHash").then_some(())
    });
    let others = fleet.height() + 20;
    for node in &fleet.nodes[..3] {
        node.wait_for(others);
    }
    fleet.nodes[3].kill();
    let store = fleet.nodes[3].home.join("data/application.db");
    let store = wait_for("its database", || {
        Store::open(&store, &StoreConfig::default()).ok()
    });
    assert_eq!(store.latest().height(), height + 1);
}

#[test]
fn a_chain_survives_a_kill_of_all_its_nodes() {
    let mut fleet = four();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let to = wallet(9).address();
    let first = fleet.nodes[0].grpc_address();
    for round in 1..=2 {
        runtime.block_on(pay(&first, 1, &to, 20));
        let height = fleet.height();
        for node in &mut fleet.nodes {
            node.kill();
        }
        for node in &mut fleet.nodes {
            node.start();
        }
        fleet.assert_equal_until(height + 3);
        assert_eq!(runtime.block_on(balance(&first, &to)), round * 20);
    }
}

/// Takes away the end of the log that the store writes to, as a power cut does;
/// returns how many bytes.
fn cut_log(home: &Path, random: &mut StdRng) -> u64 {
    let files = fs::read_dir(home.join("data/application.db")).unwrap();
    let log = files
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "log"))
        .max()
        .unwrap();
    let whole = fs::metadata(&log).unwrap().len();
    let left = random.gen_range(0..=whole);
    let file = fs::OpenOptions::new().write(true).open(&log).unwrap();
    file.set_len(left).unwrap();
    whole - left
}

#[test]
fn a_log_cut_at_any_byte_is_replayed_from_the_blocks_of_cometbft() {
    let mut random = StdRng::seed_from_u64(5);
    let mut fleet = Fleet::start(1, &[(wallet(1).address(), BALANCE)]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let to = wallet(9).address();
    let node = fleet.nodes[0].grpc_address();
    let mut lost = 0;
    for round in 1..=5 {
        runtime.block_on(pay(&node, 1, &to, 3));
        let reached = fleet.height();
        fleet.nodes[0].kill();
        lost += cut_log(&fleet.nodes[0].home, &mut random);
        fleet.nodes[0].start();
        // CometBFT goes on only from the app hash that its own blocks name.
        fleet.nodes[0].wait_for(reached + 1);
        let paid = runtime.block_on(balance(&node, &to));
        assert_eq!(paid, round * 3, "nothing is lost or paid twice");
    }
    assert!(lost > 1_000, "only {lost} bytes were cut off");
}
