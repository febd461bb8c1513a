//! What a store promises its owner: refusals, no-op writes, forks, windows, backups.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    reason = "a test fails by panicking, and what it draws at random is no state"
)]

mod support;

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use slsbft_store::{BlockMeta, Changes, Overlay, Read, Space, Store, StoreConfig, StoreError};
use support::*;

#[test]
fn a_rewrite_of_the_same_value_changes_no_hash() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(&dir);
    let first = commit(&mut store, 1, &[set(b"a", b"1"), set_epoch(b"e", b"1")]);
    let second = commit(
        &mut store,
        2,
        &[set(b"a", b"1"), delete(b"absent"), set_epoch(b"e", b"1")],
    );
    assert_eq!(
        (first.app_hash(), first.epoch_hash()),
        (second.app_hash(), second.epoch_hash())
    );
    let third = commit(&mut store, 3, &[set_epoch(b"e", b"2")]);
    assert_eq!(third.app_hash(), second.app_hash());
    assert_ne!(third.epoch_hash(), second.epoch_hash());
}

#[test]
fn deleting_every_key_leads_back_to_the_empty_hash() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(&dir);
    let empty = store.latest().app_hash();
    commit(&mut store, 1, &[set(b"a", b"1"), set(b"b", b"2")]);
    assert_ne!(store.latest().app_hash(), empty);
    assert_eq!(
        commit(&mut store, 2, &[delete(b"a"), delete(b"b")]).app_hash(),
        empty
    );
    assert_eq!(
        store.reader().prove(2, b"a"),
        Err(StoreError::EmptyTree { height: 2 })
    );
    assert_proven(
        &store.reader().prove(1, b"a").unwrap(),
        b"a",
        Some(b"1"),
        store.reader().at(1).unwrap().app_hash(),
    );
    let again = commit(&mut store, 3, &[set(b"a", b"1"), set(b"b", b"2")]);
    assert_eq!(again.app_hash(), store.reader().at(1).unwrap().app_hash());
}

#[test]
fn the_app_hash_of_known_contents_never_changes() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(&dir);
    let snapshot = commit(
        &mut store,
        1,
        &[set(b"a", b"1"), set(b"b", b"2"), set_epoch(b"e", b"3")],
    );
    let hex = |hash: [u8; 32]| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(hex(snapshot.app_hash()), GOLDEN_APP_HASH);
    assert_eq!(hex(snapshot.epoch_hash()), GOLDEN_EPOCH_HASH);
}

const GOLDEN_APP_HASH: &str = "5a846fefe2be5cbcd8e94bb6bc006e42f3b5e9cbc69dcffa21dc003433ae7185";
const GOLDEN_EPOCH_HASH: &str = "b925928dc58d36978c165aecad8da7b656b6cb3769ecdaad309ad8e1e526e38d";

#[test]
fn forks_of_one_state_are_independent_and_only_one_can_be_committed() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(&dir);
    commit(&mut store, 1, &[set(b"a", b"1")]);
    let left = stage(&store, 2, &[set(b"a", b"left")]);
    let right = stage(&store, 2, &[set(b"a", b"right")]);
    assert_ne!(left.app_hash(), right.app_hash());
    let hash = right.app_hash();
    assert_eq!(store.commit(right).unwrap().app_hash(), hash);
    assert_eq!(
        store.commit(left).err(),
        Some(StoreError::StaleCommit { base: 1, latest: 2 })
    );
    assert_eq!(store.latest().get(Space::Main, b"a"), Ok(Some(b"right".to_vec())));
}

#[test]
fn any_height_may_be_the_first_and_then_each_follows_the_last() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(&dir);
    commit(&mut store, 500, &[set(b"a", b"1")]);
    for wrong in [0, 499, 500, 502] {
        let refused = store.stage(Changes::default(), block(wrong)).err();
        assert_eq!(
            refused,
            Some(StoreError::WrongHeight {
                have: 500,
                got: wrong,
                expected: 501
            })
        );
    }
    commit(&mut store, 501, &[set(b"a", b"2")]);
    let reader = store.reader();
    assert!(is_not_kept(reader.at(499)));
    assert!(is_not_kept(reader.at(502)));
    assert_eq!(reader.at(0).unwrap().get(Space::Main, b"a"), Ok(None));
    assert_eq!(
        reader.at(500).unwrap().get(Space::Main, b"a"),
        Ok(Some(b"1".to_vec()))
    );
}

#[test]
fn a_chain_that_begins_at_a_great_height_prunes_only_what_it_has() {
    let dir = tempfile::tempdir().unwrap();
    let config = StoreConfig {
        keep_heights: 2,
        ..small_config()
    };
    let mut store = Store::open(dir.path(), &config).unwrap();
    let first = 3_000_000;
    for height in first..first + 5 {
        commit(&mut store, height, &[set(b"a", &height.to_be_bytes())]);
    }
    drop(store);
    let bytes = files(dir.path())
        .iter()
        .map(|(_, bytes)| bytes.len())
        .sum::<usize>();
    assert!(bytes < 1 << 20, "{bytes} bytes on disk");
    assert!(is_not_kept(open(&dir).reader().at(first + 1)));
    assert!(open(&dir).reader().at(first + 2).is_ok());
}

/// Names and contents, but for RocksDB's own log and lock.
fn files(dir: &Path) -> Vec<(OsString, Vec<u8>)> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    let mut files: Vec<_> = entries
        .map(|entry| (entry.file_name(), fs::read(entry.path()).unwrap()))
        .filter(|(name, _)| !name.to_string_lossy().starts_with("LO"))
        .collect();
    files.sort();
    files
}

#[test]
fn a_database_of_another_program_is_refused_and_left_as_it_is() {
    for columns in [
        &["default"][..],
        &["default", "users"],
        &["default", "main", "meta", "later"],
    ] {
        let dir = tempfile::tempdir().unwrap();
        let mut options = rocksdb::Options::default();
        options.create_if_missing(true);
        options.create_missing_column_families(true);
        let db = rocksdb::DB::open_cf(&options, dir.path(), columns).unwrap();
        db.put(b"theirs", b"1").unwrap();
        drop(db);
        let before = files(dir.path());
        let refused = Store::open(dir.path(), &small_config()).err();
        assert!(matches!(refused, Some(StoreError::Foreign { .. })), "{refused:?}");
        assert_eq!(files(dir.path()), before);
    }
}

#[test]
fn a_later_release_s_database_is_refused_by_its_version_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(&dir));
    let options = rocksdb::Options::default();
    let columns = rocksdb::DB::list_cf(&options, dir.path()).unwrap();
    let mut db = rocksdb::DB::open_cf(&options, dir.path(), columns).unwrap();
    db.create_cf("later", &options).unwrap();
    db.put_cf(
        db.cf_handle("meta").unwrap(),
        b"state_version",
        99u32.to_be_bytes(),
    )
    .unwrap();
    drop(db);
    let before = files(dir.path());
    let refused = Store::open(dir.path(), &small_config()).err();
    assert!(
        matches!(refused, Some(StoreError::WrongVersion { found: 99, .. })),
        "{refused:?}"
    );
    assert_eq!(files(dir.path()), before);
}

#[test]
fn a_database_that_lost_a_file_is_damaged_and_never_begun_anew() {
    // The folder's name must not make it look locked.
    let dir = tempfile::Builder::new().prefix("blockchain").tempdir().unwrap();
    for lost in ["CURRENT", "MANIFEST", "sst"] {
        let home = dir.path().join(lost);
        let mut store = Store::open(&home, &small_config()).unwrap();
        commit(&mut store, 1, &[set(b"a", b"1")]);
        drop(store);
        // What the log held becomes a table.
        drop(Store::open(&home, &small_config()).unwrap());
        let gone = files(&home).into_iter().map(|(name, _)| name);
        for name in gone.filter(|name| name.to_string_lossy().contains(lost)) {
            fs::remove_file(home.join(name)).unwrap();
        }
        let before = files(&home);
        for _ in 0..2 {
            let refused = Store::open(&home, &small_config()).err();
            assert!(
                matches!(refused, Some(StoreError::Corrupt { .. })),
                "{lost}: {refused:?}"
            );
        }
        let left = files(&home);
        assert!(before.iter().all(|file| lost == "sst" || left.contains(file)));
    }
}

#[test]
fn what_cannot_be_proven_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let refuse = |ops: &[Op]| store.stage(changes(ops), block(1)).err();
    assert!(matches!(
        refuse(&[set(b"", b"1")]),
        Some(StoreError::InvalidKey { len: 0, .. })
    ));
    assert!(matches!(
        refuse(&[set(&[1; 1025], b"1")]),
        Some(StoreError::InvalidKey { len: 1025, .. })
    ));
    assert!(matches!(
        refuse(&[set(b"a", b"")]),
        Some(StoreError::InvalidValue { len: 0, .. })
    ));
    assert!(refuse(&[set(&[1; 1024], &vec![7; 4 << 20]), set_epoch(b"e", b"")]).is_none());
}

#[test]
fn the_block_and_its_hashes_are_read_back_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(&dir);
    let written = commit(&mut store, 9, &[set(b"a", b"1"), set_epoch(b"e", b"1")]);
    let expected: (BlockMeta, _, _) = (written.block().clone(), written.app_hash(), written.epoch_hash());
    drop((store, written));
    let latest = open(&dir).latest();
    assert_eq!(
        (latest.block().clone(), latest.app_hash(), latest.epoch_hash()),
        expected
    );
}

#[test]
fn a_second_process_is_told_that_the_database_is_in_use() {
    let dir = tempfile::tempdir().unwrap();
    let _store = open(&dir);
    assert!(matches!(
        Store::open(dir.path(), &small_config()),
        Err(StoreError::Locked { .. })
    ));
}

#[test]
fn a_backup_restores_to_the_height_it_was_taken_at() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(&dir);
    let first = commit(&mut store, 1, &[set(b"a", b"1")]);
    let backup = dir.path().join("backup");
    assert_eq!(store.backup(&backup), Ok(1));
    assert_eq!(
        store.backup(&backup),
        Err(StoreError::NotEmpty { path: backup.clone() })
    );
    commit(&mut store, 2, &[set(b"a", b"2")]);

    let home = tempfile::tempdir().unwrap();
    assert_eq!(Store::restore(&backup, home.path()), Ok(1));
    assert!(matches!(
        Store::restore(&backup, home.path()),
        Err(StoreError::NotEmpty { .. })
    ));
    assert!(matches!(
        Store::restore(&home.path().join("nothing"), home.path()),
        Err(StoreError::Missing { .. })
    ));
    let mut restored = open(&home);
    assert_eq!(restored.latest().app_hash(), first.app_hash());
    assert_eq!(restored.latest().get(Space::Main, b"a"), Ok(Some(b"1".to_vec())));
    let again = commit(&mut restored, 2, &[set(b"a", b"2")]);
    assert_eq!(again.app_hash(), store.latest().app_hash());
}

#[test]
fn heights_behind_the_window_are_not_kept_and_proofs_end_earlier() {
    let dir = tempfile::tempdir().unwrap();
    let config = StoreConfig {
        keep_heights: 10,
        proof_heights: 4,
        cache_bytes: 8 << 20,
    };
    let mut store = Store::open(dir.path(), &config).unwrap();
    for height in 1..=30u64 {
        commit(&mut store, height, &[set(b"a", &height.to_be_bytes())]);
    }
    let reader = store.reader();
    for height in 0..=31 {
        let value = reader
            .at(height)
            .and_then(|snapshot| snapshot.get(Space::Main, b"a"));
        assert_eq!(value.is_ok(), (20..=30).contains(&height), "height {height}");
        assert_eq!(
            reader.prove(height, b"a").is_ok(),
            (26..=30).contains(&height),
            "height {height}"
        );
    }
    drop((store, reader));
    // What was given up stays given up, whatever the configuration says later.
    let reader = open(&dir).reader();
    assert!(is_not_kept(reader.at(19)));
    assert!(is_not_kept(reader.prove(25, b"a")));
    assert!(reader.prove(26, b"a").is_ok());
}

/// Bytes that do not compress (xorshift64).
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed * 2 + 1;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()
    });
    words.flatten().take(len).collect()
}

#[test]
fn pruning_gives_the_disk_back() {
    let dir = tempfile::tempdir().unwrap();
    let config = StoreConfig {
        keep_heights: 10,
        proof_heights: 10,
        cache_bytes: 8 << 20,
    };
    let mut store = Store::open(dir.path(), &config).unwrap();
    let mut written = 0;
    for height in 1..=1_000u64 {
        let ops: Vec<Op> = (0..100u64)
            .map(|key| set(&key.to_be_bytes(), &noise(height * 100 + key, 4 << 10)))
            .collect();
        commit(&mut store, height, &ops);
        written += 100 * (4 << 10);
    }
    // Closed, so that no table comes or goes while they are looked at.
    drop(store);
    let tables = files(dir.path())
        .into_iter()
        .filter(|(name, _)| name.to_string_lossy().ends_with(".sst"));
    let table_bytes: usize = tables.map(|(_, bytes)| bytes.len()).sum();
    // What waits to be merged is all that is kept of what was overwritten.
    assert!(table_bytes < written * 3 / 4, "{table_bytes} of {written}");
    let store = Store::open(dir.path(), &config).unwrap();
    assert_eq!(
        store
            .reader()
            .at(990)
            .unwrap()
            .get(Space::Main, &7u64.to_be_bytes()),
        Ok(Some(noise(990 * 100 + 7, 4 << 10)))
    );
}

#[test]
fn a_snapshot_stays_right_or_says_not_kept_while_blocks_commit() {
    let dir = tempfile::tempdir().unwrap();
    let config = StoreConfig {
        keep_heights: 8,
        proof_heights: 8,
        cache_bytes: 8 << 20,
    };
    let mut store = Store::open(dir.path(), &config).unwrap();
    let old = commit(
        &mut store,
        1,
        &[set(b"a", b"1"), set(b"b", b"1"), set(b"c", b"1")],
    );
    let half_read = store.latest();
    let mut range = half_read.range(Space::Main, b"", None, slsbft_store::Order::Ascending);
    assert_eq!(range.next(), Some(Ok((b"a".to_vec(), b"1".to_vec()))));
    let overlay = Overlay::new(old.clone());
    for height in 2..=8u64 {
        commit(
            &mut store,
            height,
            &[
                set(b"a", &[height as u8]),
                delete(b"b"),
                set(&[b'c', height as u8], b"x"),
            ],
        );
        assert_eq!(old.get(Space::Main, b"b"), Ok(Some(b"1".to_vec())));
        assert_eq!(overlay.get(Space::Main, b"a"), Ok(Some(b"1".to_vec())));
        assert_eq!(
            entries(&old, Space::Main, b"", None, slsbft_store::Order::Descending).len(),
            3
        );
    }
    commit(&mut store, 9, &[]);
    assert!(old.get(Space::Main, b"b").is_ok());
    commit(&mut store, 10, &[]);
    assert!(is_not_kept(old.get(Space::Main, b"b")));
    assert!(
        old.range(Space::Main, b"", None, slsbft_store::Order::Ascending)
            .any(is_not_kept)
    );
    assert_eq!(range.collect::<Result<Vec<_>, _>>().unwrap().len(), 2);
}
