//! The store against plain maps, one per height.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    reason = "a test fails by panicking, and what it draws at random is no state"
)]

mod support;

use std::collections::BTreeMap;

use proptest::prelude::*;
use slsbft_store::{Order, Overlay, Read, Space, Store};
use support::*;

fn key() -> impl Strategy<Value = Vec<u8>> {
    // Few distinct keys, with the bytes that ordering and encoding could get wrong.
    let byte = prop_oneof![Just(0u8), Just(1u8), Just(b'a'), Just(255u8)];
    proptest::collection::vec(byte, 1..4)
}

fn op() -> impl Strategy<Value = Op> {
    let space = prop_oneof![3 => Just(Space::Main), 1 => Just(Space::Epoch)];
    let value = prop_oneof![
        2 => Just(None),
        5 => proptest::collection::vec(any::<u8>(), 1..5).prop_map(Some),
    ];
    (space, key(), value)
}

fn blocks() -> impl Strategy<Value = Vec<Vec<Op>>> {
    proptest::collection::vec(proptest::collection::vec(op(), 0..12), 1..10)
}

/// Commits the blocks and returns the model of every height.
fn run(store: &mut Store, blocks: &[Vec<Op>]) -> BTreeMap<u64, ModelState> {
    let mut state = ModelState {
        app_hash: store.latest().app_hash(),
        ..Default::default()
    };
    let mut states = BTreeMap::from([(0, state.clone())]);
    for (height, ops) in (1..).zip(blocks) {
        let snapshot = commit(store, height, ops);
        ops.iter().for_each(|op| state.write(op));
        state.app_hash = snapshot.app_hash();
        state.epoch_hash = snapshot.epoch_hash();
        states.insert(height, state.clone());
    }
    states
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_kept_height_reads_as_it_was_in_both_directions(blocks in blocks()) {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let states = run(&mut store, &blocks);
        let reader = store.reader();
        for (height, state) in &states {
            let snapshot = reader.at(*height).unwrap();
            assert_state(&snapshot, state);
            prop_assert_eq!(snapshot.app_hash(), state.app_hash);
            prop_assert_eq!(snapshot.epoch_hash(), state.epoch_hash);
        }
        drop((store, reader));
        let reader = open(&dir).reader();
        for (height, state) in &states {
            assert_state(&reader.at(*height).unwrap(), state);
        }
    }

    #[test]
    fn ranges_have_exactly_the_keys_between_their_bounds(
        blocks in blocks(), start in key(), end in key(), height in 0u64..10,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let states = run(&mut store, &blocks);
        let height = height.min(blocks.len() as u64);
        let snapshot = store.reader().at(height).unwrap();
        for space in Space::ALL {
            let expected: Vec<_> = states[&height].map(space).iter()
                .filter(|(key, _)| **key >= start && **key < end)
                .map(|(key, value)| (key.clone(), value.clone())).collect();
            let mut backwards = entries(&snapshot, space, &start, Some(&end), Order::Descending);
            backwards.reverse();
            prop_assert_eq!(entries(&snapshot, space, &start, Some(&end), Order::Ascending), &*expected);
            prop_assert_eq!(backwards, expected);
            let with_prefix: Vec<_> = states[&height].map(space).iter()
                .filter(|(key, _)| key.starts_with(&start))
                .map(|(key, value)| (key.clone(), value.clone())).collect();
            let found: Vec<_> = snapshot.prefix(space, &start, Order::Ascending).collect::<Result<_, _>>().unwrap();
            prop_assert_eq!(found, with_prefix);
        }
    }

    #[test]
    fn every_key_is_proven_present_or_absent_at_every_height(blocks in blocks()) {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let states = run(&mut store, &blocks);
        let reader = store.reader();
        let keys: Vec<Vec<u8>> = blocks.iter().flatten().map(|(_, key, _)| key.clone()).collect();
        for (height, state) in states.iter().filter(|(_, state)| !state.main.is_empty()) {
            for key in keys.iter().chain([&b"never written".to_vec()]) {
                let proven = reader.prove(*height, key).unwrap();
                assert_proven(&proven, key, state.main.get(key).map(Vec::as_slice), state.app_hash);
            }
        }
    }

    #[test]
    fn hashes_depend_on_the_contents_alone(blocks in blocks()) {
        let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let mut store = open(&dirs[0]);
        let states = run(&mut store, &blocks);
        let last = &states[&(blocks.len() as u64)];
        let ops: Vec<Op> = last.main.iter().map(|(key, value)| set(key, value)).collect();
        let mut other = open(&dirs[1]);
        prop_assert_eq!(commit(&mut other, 7, &ops).app_hash(), last.app_hash);
    }

    #[test]
    fn a_rolled_back_block_leaves_no_trace(blocks in blocks(), other in proptest::collection::vec(op(), 0..12)) {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let mut states = run(&mut store, &blocks);
        let top = blocks.len() as u64;
        let (old, reader) = (store.latest(), store.reader());
        prop_assert_eq!(store.rollback().unwrap(), top - 1);
        prop_assert!(is_not_kept(old.get(Space::Main, b"a")));
        prop_assert!(is_not_kept(reader.at(top)));
        assert_state(&store.latest(), &states[&(top - 1)]);
        prop_assert_eq!(store.latest().app_hash(), states[&(top - 1)].app_hash);

        let snapshot = commit(&mut store, top, &other);
        let mut state = states[&(top - 1)].clone();
        other.iter().for_each(|op| state.write(op));
        state.app_hash = snapshot.app_hash();
        states.insert(top, state);
        drop((snapshot, old, store, reader));
        let store = open(&dir);
        for (height, state) in &states {
            let snapshot = store.reader().at(*height).unwrap();
            assert_state(&snapshot, state);
            prop_assert_eq!(snapshot.app_hash(), state.app_hash);
        }
    }

    #[test]
    fn overlays_read_as_if_their_open_layers_were_written(
        base in proptest::collection::vec(op(), 0..12),
        steps in proptest::collection::vec(prop_oneof![
            6 => op().prop_map(Some).prop_map(|op| (op, 0u8)),
            1 => Just((None, 1u8)), 1 => Just((None, 2u8)), 1 => Just((None, 3u8)),
        ], 0..40),
        start in key(), end in key(),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let mut overlay = Overlay::new(commit(&mut store, 1, &base));
        let mut model = ModelState::default();
        base.iter().for_each(|op| model.write(op));
        let mut layers = Vec::new();
        for (op, step) in &steps {
            match (op, step) {
                (Some(op), _) => {
                    model.write(op);
                    match op.clone() {
                        (space, key, Some(value)) => overlay.set(space, key, value),
                        (space, key, None) => overlay.delete(space, &key),
                    }
                }
                (None, 1) => { overlay.begin(); layers.push(model.clone()); }
                (None, 2) => { overlay.apply(); layers.pop(); }
                _ => { overlay.discard(); if let Some(below) = layers.pop() { model = below; } }
            }
            prop_assert_eq!(overlay.depth(), layers.len());
            assert_state(&overlay, &model);
        }
        for space in Space::ALL {
            let expected: Vec<_> = model.map(space).iter().filter(|(key, _)| **key >= start && **key < end)
                .map(|(key, value)| (key.clone(), value.clone())).rev().collect();
            prop_assert_eq!(entries(&overlay, space, &start, Some(&end), Order::Descending), expected);
        }
        let staged = store.stage(overlay.into_changes(), block(2)).unwrap();
        let snapshot = store.commit(staged).unwrap();
        assert_state(&snapshot, &model);
    }
}
