//! What several test files share: a plain model of the store, and how to fill one.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::BTreeMap;

use ics23::HostFunctionsManager;
use slsbft_store::{
    BlockMeta, Changes, Commit, MAIN_STORE, Order, Proven, Read, Snapshot, Space, Store, StoreConfig,
    StoreError, tree_spec,
};

pub type Map = BTreeMap<Vec<u8>, Vec<u8>>;
/// A write to one of the spaces; `None` deletes.
pub type Op = (Space, Vec<u8>, Option<Vec<u8>>);

/// One state as plain maps, and the hashes the store gave it.
#[derive(Clone, Default, Debug, PartialEq)]
pub struct ModelState {
    pub main: Map,
    pub epoch: Map,
    pub app_hash: [u8; 32],
    pub epoch_hash: [u8; 32],
}

impl ModelState {
    pub fn map(&self, space: Space) -> &Map {
        match space {
            Space::Main => &self.main,
            Space::Epoch => &self.epoch,
        }
    }

    pub fn write(&mut self, (space, key, value): &Op) {
        let map = match space {
            Space::Main => &mut self.main,
            Space::Epoch => &mut self.epoch,
        };
        match value {
            Some(value) => map.insert(key.clone(), value.clone()),
            None => map.remove(key),
        };
    }
}

pub fn small_config() -> StoreConfig {
    StoreConfig {
        keep_heights: 1_000,
        proof_heights: 1_000,
        cache_bytes: 8 << 20,
    }
}

pub fn open(dir: &tempfile::TempDir) -> Store {
    Store::open(dir.path(), &small_config()).expect("the store opens")
}

pub fn block(height: u64) -> BlockMeta {
    BlockMeta {
        height,
        time: (1_700_000_000 + height as i64, 5),
        hash: height.to_be_bytes().to_vec(),
        extra: vec![1],
    }
}

pub fn changes(ops: &[Op]) -> Changes {
    let mut changes = Changes::default();
    for (space, key, value) in ops {
        match value {
            Some(value) => changes.set(*space, key.clone(), value.clone()),
            None => changes.delete(*space, key.clone()),
        }
    }
    changes
}

pub fn stage(store: &Store, height: u64, ops: &[Op]) -> Commit {
    store
        .stage(changes(ops), block(height))
        .expect("the block stages")
}

pub fn commit(store: &mut Store, height: u64, ops: &[Op]) -> Snapshot {
    let staged = stage(store, height, ops);
    store.commit(staged).expect("the block commits")
}

pub fn set(key: &[u8], value: &[u8]) -> Op {
    (Space::Main, key.to_vec(), Some(value.to_vec()))
}

pub fn delete(key: &[u8]) -> Op {
    (Space::Main, key.to_vec(), None)
}

pub fn set_epoch(key: &[u8], value: &[u8]) -> Op {
    (Space::Epoch, key.to_vec(), Some(value.to_vec()))
}

pub fn entries(
    read: &dyn Read,
    space: Space,
    start: &[u8],
    end: Option<&[u8]>,
    order: Order,
) -> Vec<(Vec<u8>, Vec<u8>)> {
    read.range(space, start, end, order)
        .collect::<Result<_, _>>()
        .expect("the range reads")
}

/// Everything a reader can see equals the model.
pub fn assert_state(snapshot: &dyn Read, model: &ModelState) {
    for space in Space::ALL {
        let expected: Vec<_> = model.map(space).clone().into_iter().collect();
        let mut backwards = entries(snapshot, space, b"", None, Order::Descending);
        assert_eq!(entries(snapshot, space, b"", None, Order::Ascending), expected);
        backwards.reverse();
        assert_eq!(backwards, expected);
        for (key, value) in &expected {
            assert_eq!(snapshot.get(space, key).as_ref(), Ok(&Some(value.clone())));
        }
    }
}

/// Both steps of a proof verify with the `ics23` crate against `app_hash` alone.
pub fn assert_proven(proven: &Proven, key: &[u8], value: Option<&[u8]>, app_hash: [u8; 32]) {
    assert_eq!(proven.value.as_deref(), value);
    assert_eq!(proven.app_hash, app_hash);
    let root = proven.tree_root.to_vec();
    let app_hash = app_hash.to_vec();
    let spec = ics23::tendermint_spec();
    assert!(ics23::verify_membership::<HostFunctionsManager>(
        &proven.store,
        &spec,
        &app_hash,
        MAIN_STORE,
        &root
    ));
    let in_tree = match value {
        Some(value) => {
            ics23::verify_membership::<HostFunctionsManager>(&proven.tree, &tree_spec(), &root, key, value)
        }
        None => ics23::verify_non_membership::<HostFunctionsManager>(&proven.tree, &tree_spec(), &root, key),
    };
    assert!(in_tree, "the proof of {key:?} does not verify");
}

pub fn is_not_kept<T>(result: Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::NotKept { .. }))
}
