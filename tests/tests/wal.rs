//! Power cuts. A killed process loses nothing that it wrote, since the system
//! still has it; a machine without power loses the end of the store's log. So
//! these tests take that end away, at any byte.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use slsbft_tests::{
    Chain,
    chain::Block,
    history::{Players, play, well_formed},
};

/// The log that RocksDB writes to; the ones before it are on disk for good.
fn log(database: &Path) -> Option<PathBuf> {
    let files = fs::read_dir(database).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|end| end == "log"))
        .max()
}

/// What a file system leaves of a file that was being written to.
fn damage(database: &Path, random: &mut StdRng) -> u64 {
    let path = log(database).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let whole = bytes.len();
    let cut = random.gen_range(0..=whole);
    match random.gen_range(0..3) {
        0 => bytes.truncate(cut),
        1 => bytes[cut..].fill(0),
        _ => bytes[cut..].iter_mut().for_each(|byte| *byte = random.r#gen()),
    }
    fs::write(&path, bytes).unwrap();
    (whole - cut) as u64
}

#[test]
fn a_log_cut_at_any_byte_is_replayed_to_the_same_state() {
    let mut random = StdRng::seed_from_u64(11);
    let mut runner = TestRunner::deterministic();
    let rounds = well_formed(60).new_tree(&mut runner).unwrap().current();
    let mut players = Players::default();
    let genesis = players.genesis();
    let mut chain = Chain::from_genesis(&genesis);
    // What CometBFT's block store has: every decided block with its results.
    let mut blocks: Vec<(Block, Vec<u8>)> = Vec::new();
    let (mut lost, mut cuts) = (0, 0);
    for round in &rounds {
        let txs = players.txs(&chain, round);
        let txs = chain.with_system_tx(txs);
        let block = play(&mut chain, txs, round);
        blocks.push((block, chain.app_hash.clone()));
        if random.gen_bool(0.5) {
            continue;
        }
        // Cut again while it replays, too.
        for _ in 0..random.gen_range(1..3) {
            let mut gone = 0;
            chain = chain.restart_after(|database| gone = damage(database, &mut random));
            cuts += 1;
            lost += blocks.len() as i64 - chain.height;
            if chain.height == 0 {
                chain.init(&genesis);
            } else {
                let (_, app_hash) = &blocks[chain.height as usize - 1];
                assert_eq!(
                    &chain.app_hash, app_hash,
                    "height {} after losing {gone} bytes",
                    chain.height
                );
            }
            let until = random.gen_range(chain.height as usize..=blocks.len());
            replay(&mut chain, &blocks[..until]);
        }
        replay(&mut chain, &blocks);
    }
    assert!(
        cuts > 20 && lost > 20,
        "{cuts} cuts lost {lost} blocks: the cuts did something"
    );

    let mut never_cut = Chain::from_genesis(&genesis);
    replay(&mut never_cut, &blocks);
    assert_eq!(never_cut.app_hash, chain.app_hash);
    for wallet in &players.wallets {
        assert_eq!(
            never_cut.balance(&wallet.address()),
            chain.balance(&wallet.address()),
            "nothing is paid twice"
        );
    }
}

/// CometBFT's handshake: the blocks that the application does not have.
fn replay(chain: &mut Chain, blocks: &[(Block, Vec<u8>)]) {
    for (block, app_hash) in blocks.iter().skip(chain.height as usize) {
        let again = chain.replay(block.request.clone());
        assert_eq!(again.response, block.response, "height {}", chain.height);
        assert_eq!(&chain.app_hash, app_hash);
    }
}
