//! A crash at any byte: what opens again is the state after some whole block, with everything that
//! belongs to it, and replaying the lost blocks leads to where it was.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    reason = "a test fails by panicking, and what it draws at random is no state"
)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use slsbft_store::{Store, StoreConfig, StoreError};
use support::*;

/// The files as the kernel has them now: what a kill leaves.
fn copy_of(home: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(home).unwrap() {
        let entry = entry.unwrap();
        // A file that RocksDB deletes meanwhile is one that it no longer needs.
        let _ = fs::copy(entry.path(), copy.path().join(entry.file_name()));
    }
    copy
}

fn newest_log(home: &Path) -> PathBuf {
    let files = fs::read_dir(home).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
        .max()
        .unwrap()
}

fn block_ops(height: u64, seed: u64) -> Vec<Op> {
    let mut ops = Vec::new();
    for index in 0..40u64 {
        let key = ((height * 31 + index * seed) % 400).to_be_bytes();
        ops.push(if (height + index).is_multiple_of(5) {
            delete(&key)
        } else {
            set(&key, &(height * index + 1).to_be_bytes())
        });
        ops.push(set_epoch(&(index % 7).to_be_bytes(), &height.to_be_bytes()));
    }
    ops
}

/// The state after each height from 0 to `blocks`.
fn states(store: &mut Store, blocks: u64, seed: u64) -> Vec<ModelState> {
    let mut state = ModelState {
        app_hash: store.latest().app_hash(),
        ..ModelState::default()
    };
    let mut states = vec![state.clone()];
    for height in 1..=blocks {
        let ops = block_ops(height, seed);
        let snapshot = commit(store, height, &ops);
        ops.iter().for_each(|op| state.write(op));
        state.app_hash = snapshot.app_hash();
        state.epoch_hash = snapshot.epoch_hash();
        states.push(state.clone());
    }
    states
}

/// The store in `home` is at some whole block, proves it, and catches up by replaying.
fn check_recovery(home: &tempfile::TempDir, states: &[ModelState], seed: u64) -> u64 {
    let mut store = open(home);
    let height = store.latest().height();
    for kept in 0..=height {
        let (snapshot, state) = (store.reader().at(kept).unwrap(), &states[kept as usize]);
        assert_eq!(
            (snapshot.app_hash(), snapshot.epoch_hash()),
            (state.app_hash, state.epoch_hash)
        );
        assert_state(&snapshot, state);
        if !state.main.is_empty() {
            let key = 5u64.to_be_bytes();
            let value = state.main.get(&key[..]).map(Vec::as_slice);
            assert_proven(
                &store.reader().prove(kept, &key).unwrap(),
                &key,
                value,
                state.app_hash,
            );
        }
    }
    for replayed in height + 1..states.len() as u64 {
        let snapshot = commit(&mut store, replayed, &block_ops(replayed, seed));
        assert_eq!(snapshot.app_hash(), states[replayed as usize].app_hash);
        assert_eq!(snapshot.epoch_hash(), states[replayed as usize].epoch_hash);
    }
    height
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_log_cut_at_any_byte_opens_at_a_whole_block(
        seed in 1u64..1_000, cut in 0.0f64..1.0, tail in prop_oneof![
            Just(Vec::new()), Just(vec![0; 4_096]), proptest::collection::vec(any::<u8>(), 1..5_000),
        ],
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let states = states(&mut store, 12, seed);
        let killed = copy_of(dir.path());
        let log = newest_log(killed.path());
        let mut bytes = fs::read(&log).unwrap();
        bytes.truncate((bytes.len() as f64 * cut) as usize);
        bytes.extend(tail);
        fs::write(&log, bytes).unwrap();
        check_recovery(&killed, &states, seed);
    }

    #[test]
    fn a_flipped_bit_in_the_log_loses_whole_blocks_or_is_refused(seed in 1u64..1_000, at in 0.0f64..1.0, bit in 0u8..8) {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let states = states(&mut store, 12, seed);
        let killed = copy_of(dir.path());
        let log = newest_log(killed.path());
        let mut bytes = fs::read(&log).unwrap();
        // RocksDB may just have begun a new log.
        let position = (bytes.len() as f64 * at) as usize;
        bytes.iter_mut().skip(position).take(1).for_each(|byte| *byte ^= 1 << bit);
        fs::write(&log, bytes).unwrap();
        match Store::open(killed.path(), &small_config()) {
            Ok(store) => { drop(store); check_recovery(&killed, &states, seed); }
            Err(error) => assert!(matches!(error, StoreError::Corrupt { .. } | StoreError::Storage { .. }), "{error}"),
        }
    }
}

#[test]
fn a_kill_between_blocks_loses_at_most_the_block_that_was_being_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(&dir);
    let states = states(&mut store, 30, 7);
    let killed = copy_of(dir.path());
    assert!(check_recovery(&killed, &states, 7) >= 29);
    drop(store);
    assert_eq!(open(&dir).latest().height(), 30);
}

#[test]
fn what_was_synced_survives_the_loss_of_all_that_was_not() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(&dir);
    let mut all = states(&mut store, 5, 3);
    assert_eq!((store.sync(), store.synced_height()), (Ok(5), 5));
    let log = newest_log(dir.path());
    let synced_bytes = fs::metadata(&log).unwrap().len();
    let ops = block_ops(6, 3);
    commit(&mut store, 6, &ops);
    let killed = copy_of(dir.path());
    drop(store);
    let log = killed.path().join(log.file_name().unwrap());
    fs::OpenOptions::new()
        .write(true)
        .open(&log)
        .unwrap()
        .set_len(synced_bytes)
        .unwrap();
    all.truncate(6);
    assert_eq!(check_recovery(&killed, &all, 3), 5);
}

#[test]
fn blocks_large_enough_to_flush_memory_survive_a_cut_of_the_log_too() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(&dir);
    let large = |height: u64| -> Vec<Op> {
        let value: Vec<u8> = (0..2u32 << 20)
            .map(|index| (index.wrapping_mul(height as u32) >> 3) as u8)
            .collect();
        vec![set(&height.to_be_bytes(), &value), set(b"same", &value)]
    };
    let mut hashes = vec![store.latest().app_hash()];
    for height in 1..=30 {
        hashes.push(commit(&mut store, height, &large(height)).app_hash());
    }
    // A copy made while tables are merged would be of no single instant. Closing flushes nothing.
    drop(store);
    for cut in [1, 3, 7] {
        let killed = copy_of(dir.path());
        let log = newest_log(killed.path());
        let len = fs::metadata(&log).unwrap().len();
        fs::OpenOptions::new()
            .write(true)
            .open(&log)
            .unwrap()
            .set_len(len - len * cut / 8)
            .unwrap();
        let mut store = open(&killed);
        let height = store.latest().height();
        assert_eq!(store.latest().app_hash(), hashes[height as usize]);
        for replayed in height + 1..=30 {
            assert_eq!(
                commit(&mut store, replayed, &large(replayed)).app_hash(),
                hashes[replayed as usize]
            );
        }
    }
}

#[test]
fn reads_and_proofs_race_with_blocks_and_pruning_without_a_wrong_answer() {
    let dir = tempfile::tempdir().unwrap();
    let config = StoreConfig {
        keep_heights: 6,
        proof_heights: 4,
        cache_bytes: 8 << 20,
    };
    let mut store = Store::open(dir.path(), &config).unwrap();
    // Key k is written at its multiples, so that a value tells the height it is from.
    let ops = |height: u64| -> Vec<Op> {
        (1..200u64)
            .filter(|key| height.is_multiple_of(*key))
            .map(|key| set(&key.to_be_bytes(), &height.to_be_bytes()))
            .collect()
    };
    let expected = |key: u64, height: u64| {
        Some((height - height % key).to_be_bytes().to_vec()).filter(|_| height >= key)
    };
    commit(&mut store, 1, &ops(1));
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2u64)
            .map(|offset| {
                let (reader, stop) = (store.reader(), &stop);
                scope.spawn(move || {
                    let (mut answers, mut turn) = (0, offset);
                    while !stop.load(std::sync::atomic::Ordering::SeqCst) {
                        turn += 1;
                        let latest = reader.latest().height();
                        let Ok(snapshot) = reader.at(latest.saturating_sub(turn % 9).max(1)) else {
                            continue;
                        };
                        let (height, key) = (snapshot.height(), turn % 199 + 1);
                        match slsbft_store::Read::get(
                            &snapshot,
                            slsbft_store::Space::Main,
                            &key.to_be_bytes(),
                        ) {
                            Ok(value) => assert_eq!(value, expected(key, height), "key {key} at {height}"),
                            Err(error) => assert!(matches!(error, StoreError::NotKept { .. }), "{error}"),
                        }
                        match reader.prove(height, &key.to_be_bytes()) {
                            Ok(proven) => {
                                assert_proven(
                                    &proven,
                                    &key.to_be_bytes(),
                                    expected(key, height).as_deref(),
                                    snapshot.app_hash(),
                                );
                                answers += 1;
                            }
                            Err(error) => assert!(matches!(error, StoreError::NotKept { .. }), "{error}"),
                        }
                        let range = slsbft_store::Read::range(
                            &snapshot,
                            slsbft_store::Space::Main,
                            b"",
                            None,
                            slsbft_store::Order::Ascending,
                        );
                        match range.collect::<Result<Vec<_>, _>>() {
                            Ok(entries) => assert_eq!(
                                entries,
                                (1..200u64)
                                    .filter_map(|key| {
                                        expected(key, height).map(|value| (key.to_be_bytes().to_vec(), value))
                                    })
                                    .collect::<Vec<_>>()
                            ),
                            Err(error) => assert!(matches!(error, StoreError::NotKept { .. }), "{error}"),
                        }
                    }
                    answers
                })
            })
            .collect();
        for height in 2..=1_500 {
            commit(&mut store, height, &ops(height));
            if height.is_multiple_of(50) {
                store.sync().unwrap();
            }
        }
        stop.store(true, std::sync::atomic::Ordering::SeqCst);
        let answers: u64 = readers.into_iter().map(|reader| reader.join().unwrap()).sum();
        assert!(answers > 0);
    });
}
