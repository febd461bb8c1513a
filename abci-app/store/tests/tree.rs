//! The tree against `jmt`: the same roots and the same proofs, whatever is written, whatever the
//! cache holds; and recovery when what is stored of it is damaged.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    reason = "a test fails by panicking, and what it draws at random is no state"
)]

#[path = "support/oracle.rs"]
mod oracle;
mod support;

use std::collections::BTreeMap;

use oracle::Oracle;
use proptest::prelude::*;
use slsbft_store::{Read, Space, Store, StoreConfig, StoreError, app_hash};
use support::*;

/// Consecutive keys of a small world written or deleted together, so that subtrees grow into pages
/// and shrink back into buckets.
fn stretch() -> impl Strategy<Value = Vec<Op>> {
    (0u16..2_500, 1u16..900, any::<bool>(), any::<u8>()).prop_map(|(start, len, delete, value)| {
        (start..start + len)
            .map(|index| {
                (
                    Space::Main,
                    index.to_be_bytes().to_vec(),
                    (!delete).then(|| vec![value, 1]),
                )
            })
            .collect()
    })
}

fn blocks() -> impl Strategy<Value = Vec<Vec<Op>>> {
    let block = proptest::collection::vec(stretch(), 0..3).prop_map(|stretches| stretches.concat());
    proptest::collection::vec(block, 1..9)
}

/// The effective writes of a block: those that change a value.
fn effective(model: &ModelState, ops: &[Op]) -> BTreeMap<Vec<u8>, Option<Vec<u8>>> {
    let last: BTreeMap<_, _> = ops
        .iter()
        .map(|(_, key, value)| (key.clone(), value.clone()))
        .collect();
    last.into_iter()
        .filter(|(key, value)| model.main.get(key) != value.as_ref())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn roots_and_proofs_are_those_of_jmt_at_every_height(
        blocks in blocks(), probes in proptest::collection::vec(0u16..4_000, 12),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let (mut oracle, mut version, mut model) = (Oracle::default(), 0, ModelState::default());
        let mut versions = BTreeMap::new();
        for (height, ops) in (1..).zip(&blocks) {
            let writes = effective(&model, ops);
            let before = store.latest().app_hash();
            let after = commit(&mut store, height, ops).app_hash();
            if writes.is_empty() {
                prop_assert_eq!(before, after);
            } else {
                version += 1;
                prop_assert_eq!(after, app_hash(oracle.put(version, &writes)));
            }
            ops.iter().for_each(|op| model.write(op));
            versions.insert(height, (version, model.clone(), after));
        }
        let reader = store.reader();
        for (height, (version, model, hash)) in versions.iter().filter(|(_, (_, model, _))| !model.main.is_empty()) {
            for key in probes.iter().map(|probe| probe.to_be_bytes()) {
                let proven = reader.prove(*height, &key).unwrap();
                assert_proven(&proven, &key, model.main.get(&key[..]).map(Vec::as_slice), *hash);
                prop_assert_eq!((proven.value, proven.tree), oracle.prove(*version, &key));
            }
        }
    }

    #[test]
    fn the_size_of_the_cache_changes_no_hash_and_no_byte_that_is_read(blocks in blocks()) {
        let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let open_with = |dir: &tempfile::TempDir, cache_bytes| {
            Store::open(dir.path(), &StoreConfig { cache_bytes, ..small_config() }).unwrap()
        };
        let (mut large, mut reopened) = (open_with(&dirs[0], 256 << 20), open_with(&dirs[1], 0));
        for (height, ops) in (1..).zip(&blocks) {
            let one = commit(&mut large, height, ops);
            let other = commit(&mut reopened, height, ops);
            prop_assert_eq!(one.app_hash(), other.app_hash());
            // Forgets all that is in memory: the next block starts from the disk.
            drop((reopened, other));
            reopened = open_with(&dirs[1], 0);
        }
        let last = blocks.len() as u64;
        for height in 1..=last {
            let (one, other) = (large.reader().at(height).unwrap(), reopened.reader().at(height).unwrap());
            prop_assert_eq!(
                entries(&one, Space::Main, b"", None, slsbft_store::Order::Ascending),
                entries(&other, Space::Main, b"", None, slsbft_store::Order::Ascending)
            );
            prop_assert_eq!(large.reader().prove(height, b"\x01\x01"), reopened.reader().prove(height, b"\x01\x01"));
        }
    }
}

fn numbered(range: std::ops::Range<u16>, value: &[u8]) -> Vec<Op> {
    range.map(|index| set(&index.to_be_bytes(), value)).collect()
}

/// Opens the database behind the store's back.
fn tamper(dir: &tempfile::TempDir, change: impl FnOnce(&rocksdb::DB)) {
    let options = rocksdb::Options::default();
    let columns = rocksdb::DB::list_cf(&options, dir.path()).unwrap();
    let db = rocksdb::DB::open_cf(&options, dir.path(), columns).unwrap();
    change(&db);
}

fn keys(db: &rocksdb::DB, column: &str) -> Vec<Box<[u8]>> {
    let column = db.cf_handle(column).unwrap();
    db.iterator_cf(column, rocksdb::IteratorMode::Start)
        .map(|entry| entry.unwrap().0)
        .collect()
}

/// Damages a store at height 2, and checks that it goes on as one that was not damaged.
fn heals(change: impl FnOnce(&rocksdb::DB)) {
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let hash_of = |store: &mut Store, height, ops: &[Op]| commit(store, height, ops).app_hash();
    let [mut sound, mut damaged] = [open(&dirs[0]), open(&dirs[1])];
    for store in [&mut sound, &mut damaged] {
        commit(store, 1, &numbered(0..3_000, b"1"));
        commit(store, 2, &numbered(500..900, b"2"));
    }
    drop(damaged);
    tamper(&dirs[1], change);
    let mut damaged = open(&dirs[1]);
    for (height, ops) in [(3, numbered(0..3_000, b"3")), (4, vec![delete(&[0, 1])])] {
        assert_eq!(
            hash_of(&mut damaged, height, &ops),
            hash_of(&mut sound, height, &ops)
        );
    }
    let check = |damaged: &Store| {
        for height in 2..=4 {
            let hash = sound.reader().at(height).unwrap().app_hash();
            for key in [[0, 1], [3, 1], [200, 1]] {
                let proven = damaged.reader().prove(height, &key).unwrap();
                assert_proven(&proven, &key, proven.value.as_deref(), hash);
                assert_eq!(proven, sound.reader().prove(height, &key).unwrap());
            }
        }
        // Older trees are gone for good, values are not.
        assert!(is_not_kept(damaged.reader().prove(1, &[0, 1])));
        let first = damaged.reader().at(1).unwrap();
        assert_eq!(first.get(Space::Main, &[0, 1]), Ok(Some(b"1".to_vec())));
    };
    check(&damaged);
    drop(damaged);
    check(&open(&dirs[1]));
}

#[test]
fn a_tree_that_is_gone_is_rebuilt_from_the_values() {
    heals(|db| {
        for column in ["tree", "leaves"] {
            keys(db, column)
                .iter()
                .for_each(|key| db.delete_cf(db.cf_handle(column).unwrap(), key).unwrap());
        }
    });
}

#[test]
fn damaged_pages_are_found_and_rebuilt() {
    heals(|db| {
        let column = db.cf_handle("tree").unwrap();
        for key in keys(db, "tree").iter().skip(3) {
            let mut page = db.get_cf(column, key).unwrap().unwrap();
            page[20] ^= 1;
            db.put_cf(column, key, page).unwrap();
        }
    });
}

#[test]
fn pages_of_another_height_are_found_and_rebuilt() {
    heals(|db| {
        let pages = keys(db, "tree");
        let column = db.cf_handle("tree").unwrap();
        let other = db.get_cf(column, &pages[1]).unwrap().unwrap();
        db.put_cf(column, &pages[2], other).unwrap();
    });
}

#[test]
fn damaged_leaves_are_found_and_rebuilt() {
    heals(|db| {
        let column = db.cf_handle("leaves").unwrap();
        let leaves = keys(db, "leaves");
        db.delete_cf(column, &leaves[10]).unwrap();
        db.put_cf(column, &leaves[20], b"short").unwrap();
        db.put_cf(column, [1; 5], [1; 50]).unwrap();
    });
}

#[test]
fn damaged_values_stop_the_store_when_the_tree_is_rebuilt_from_them() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(&dir);
    commit(&mut store, 1, &numbered(0..100, b"1"));
    drop(store);
    tamper(&dir, |db| {
        db.put_cf(db.cf_handle("main").unwrap(), [0, 1], b"more").unwrap();
        keys(db, "tree")
            .iter()
            .for_each(|key| db.delete_cf(db.cf_handle("tree").unwrap(), key).unwrap());
    });
    assert!(matches!(
        Store::open(dir.path(), &small_config()),
        Err(StoreError::Corrupt { .. })
    ));
}

#[test]
fn a_damaged_value_is_never_given_with_a_proof() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(&dir);
    commit(&mut store, 1, &numbered(0..100, b"1"));
    drop(store);
    tamper(&dir, |db| {
        db.put_cf(db.cf_handle("main").unwrap(), [0, 1], b"2").unwrap();
    });
    let reader = open(&dir).reader();
    assert!(matches!(
        reader.prove(1, &[0, 1]),
        Err(StoreError::Corrupt { .. })
    ));
    assert!(reader.prove(1, &[0, 2]).is_ok());
}

#[test]
fn a_rolled_back_tree_proves_what_it_proved_before() {
    let (dir, twin) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let blocks = [
        numbered(0..3_000, b"1"),
        (0..1_000u16)
            .map(|index| set(&(index * 5).to_be_bytes(), b"2"))
            .collect(),
        (0..2_900u16).map(|index| delete(&index.to_be_bytes())).collect(),
        numbered(0..3_000, b"4"),
    ];
    let [mut store, mut sound] = [open(&dir), open(&twin)];
    for (height, ops) in (1..).zip(&blocks) {
        commit(&mut store, height, ops);
        if height <= 2 {
            commit(&mut sound, height, ops);
        }
    }
    assert_eq!((store.rollback(), store.rollback()), (Ok(3), Ok(2)));
    commit(&mut store, 3, &blocks[3]);
    commit(&mut sound, 3, &blocks[3]);
    for _ in 0..2 {
        for height in 1..=3 {
            for key in [[0, 1], [3, 1], [200, 1]] {
                let proven = store.reader().prove(height, &key).unwrap();
                assert_eq!(proven, sound.reader().prove(height, &key).unwrap());
            }
        }
        drop(store);
        store = open(&dir);
    }
}

#[test]
fn a_block_can_be_undone_after_the_tree_was_rebuilt_on_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(&dir);
    let hash = commit(&mut store, 1, &numbered(0..3_000, b"1")).app_hash();
    commit(&mut store, 2, &numbered(500..4_000, b"2"));
    drop(store);
    tamper(&dir, |db| {
        db.delete_cf(db.cf_handle("tree").unwrap(), &keys(db, "tree")[0])
            .unwrap();
    });
    let mut store = open(&dir);
    assert_eq!(store.rollback(), Ok(1));
    for _ in 0..2 {
        let proven = store.reader().prove(1, &[3, 1]).unwrap();
        assert_proven(&proven, &[3, 1], Some(b"1"), hash);
        drop(store);
        store = open(&dir);
    }
}

#[test]
fn a_database_of_another_version_or_without_one_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(&dir);
    commit(&mut store, 1, &[set(b"a", b"1")]);
    drop(store);
    let version_key = b"state_version";
    tamper(&dir, |db| {
        db.put_cf(db.cf_handle("meta").unwrap(), version_key, 99u32.to_be_bytes())
            .unwrap()
    });
    let refused = Store::open(dir.path(), &small_config()).err();
    assert!(
        matches!(refused, Some(StoreError::WrongVersion { found: 99, .. })),
        "{refused:?}"
    );
    tamper(&dir, |db| {
        db.delete_cf(db.cf_handle("meta").unwrap(), version_key).unwrap()
    });
    assert!(matches!(
        Store::open(dir.path(), &small_config()),
        Err(StoreError::Corrupt { .. })
    ));
}

#[test]
fn an_interrupted_rebuild_starts_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(&dir);
    let hash = commit(&mut store, 1, &numbered(0..3_000, b"1")).app_hash();
    drop(store);
    tamper(&dir, |db| {
        db.put_cf(db.cf_handle("meta").unwrap(), b"tree_rebuilding", [1])
            .unwrap();
        let leaves = db.cf_handle("leaves").unwrap();
        keys(db, "leaves")
            .iter()
            .skip(100)
            .for_each(|key| db.delete_cf(leaves, key).unwrap());
    });
    let mut store = open(&dir);
    assert_eq!(store.latest().app_hash(), hash);
    assert_eq!(store.latest().get(Space::Main, &[0, 1]), Ok(Some(b"1".to_vec())));
    commit(&mut store, 2, &numbered(0..3_000, b"2"));
    assert_proven(
        &store.reader().prove(1, &[0, 1]).unwrap(),
        &[0, 1],
        Some(b"1"),
        hash,
    );
}
