//! The folder of reports: whole or not there, never changed, one of an epoch.

use std::{fs, path::Path};

use slsbft_mechanism::audit::{Entry, Finding, Reading, Report};
use slsbft_node::{
    auditor::book::{Book, BookError, Held},
    journal::FolderError,
};
use slsbft_types::Address;
use tempfile::TempDir;

const CHAIN: &str = "slsbft-test-1";

fn operator(n: u8) -> Address {
    Address::from_bytes(&[n; 20]).unwrap()
}

fn held(epoch: u64) -> Held {
    let reading = Reading {
        latency_ms: 12,
        throughput_kbps: 9_000,
        delivered: None,
    };
    let entries = vec![
        Entry {
            target: 1,
            finding: Finding::Reached(reading),
        },
        Entry {
            target: 4,
            finding: Finding::Unreachable,
        },
    ];
    Held::new(
        CHAIN,
        epoch,
        operator(1),
        [epoch as u8; 32],
        Report::new(entries).unwrap(),
    )
}

fn open(folder: &Path) -> Book {
    Book::open(folder, CHAIN).unwrap()
}

/// The only file of a report, and what is in it.
fn file(folder: &Path) -> (std::path::PathBuf, Vec<u8>) {
    let mut files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let path = files
        .find(|path| path.extension().is_some_and(|e| e == "json"))
        .unwrap();
    let bytes = fs::read(&path).unwrap();
    (path, bytes)
}

#[test]
fn a_report_is_there_after_a_restart_and_for_its_operator_alone() {
    let folder = TempDir::new().unwrap();
    let book = open(folder.path());
    assert_eq!(book.load(7, &operator(1)).unwrap(), None);
    book.write(&held(7)).unwrap();
    drop(book);
    let book = open(folder.path());
    assert_eq!(book.load(7, &operator(1)).unwrap(), Some(held(7)));
    assert_eq!(book.load(8, &operator(1)).unwrap(), None);
    assert_eq!(book.load(7, &operator(2)).unwrap(), None);
}

#[test]
fn a_report_is_never_changed() {
    let folder = TempDir::new().unwrap();
    let book = open(folder.path());
    book.write(&held(7)).unwrap();
    let other = Held::new(CHAIN, 7, operator(1), [0; 32], Report::default());
    assert!(matches!(book.write(&other), Err(BookError::Exists { .. })));
    assert_eq!(book.load(7, &operator(1)).unwrap(), Some(held(7)));
}

#[test]
fn a_write_that_was_cut_short_anywhere_leaves_no_report_and_can_be_made_again() {
    let whole = {
        let folder = TempDir::new().unwrap();
        open(folder.path()).write(&held(7)).unwrap();
        file(folder.path())
    };
    let name = whole.0.file_name().unwrap();
    for cut in 0..=whole.1.len() {
        let folder = TempDir::new().unwrap();
        // What a crash leaves before the file has its name.
        let unfinished = folder.path().join(name).with_extension("new");
        fs::write(&unfinished, &whole.1[..cut]).unwrap();
        let book = open(folder.path());
        assert_eq!(book.load(7, &operator(1)).unwrap(), None, "cut at {cut}");
        assert!(!unfinished.exists());
        book.write(&held(7)).unwrap();
        assert_eq!(book.load(7, &operator(1)).unwrap(), Some(held(7)));
    }
}

#[test]
fn a_damaged_report_is_not_taken_for_one_and_not_written_over() {
    let folder = TempDir::new().unwrap();
    open(folder.path()).write(&held(7)).unwrap();
    let (path, bytes) = file(folder.path());
    let mut damaged: Vec<Vec<u8>> = (0..bytes.len() - 1)
        .step_by(3)
        .map(|n| bytes[..n].to_vec())
        .collect();
    damaged.extend(
        (0..bytes.len())
            .step_by(7)
            .filter(|n| bytes[*n].is_ascii_alphanumeric())
            .map(|n| {
                let mut flipped = bytes.clone();
                flipped[n] ^= 1;
                flipped
            }),
    );
    for bytes in damaged {
        fs::write(&path, &bytes).unwrap();
        // A name that is flipped may be another chain's.
        let book = match Book::open(folder.path(), CHAIN) {
            Err(BookError::Chain { .. }) => continue,
            book => book.unwrap(),
        };
        let read = book.load(7, &operator(1));
        assert!(matches!(read, Err(BookError::Damaged { .. })), "{read:?}");
        assert!(matches!(book.write(&held(7)), Err(BookError::Exists { .. })));
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
}

#[test]
fn a_folder_belongs_to_one_process_and_to_one_chain() {
    let folder = TempDir::new().unwrap();
    let book = open(folder.path());
    assert!(matches!(
        Book::open(folder.path(), CHAIN),
        Err(BookError::Folder(FolderError::InUse { .. }))
    ));
    book.write(&held(7)).unwrap();
    drop(book);
    let other = Book::open(folder.path(), "slsbft-test-2");
    assert!(matches!(other.err(), Some(BookError::Chain { .. })));
}

#[test]
fn reports_of_epochs_long_ago_are_deleted_and_others_kept() {
    let folder = TempDir::new().unwrap();
    let book = open(folder.path());
    (1..=10).for_each(|epoch| book.write(&held(epoch)).unwrap());
    book.forget_before(10).unwrap();
    let there = |epoch: &u64| book.load(*epoch, &operator(1)).unwrap().is_some();
    let left: Vec<u64> = (1..=10).filter(there).collect();
    assert_eq!(left, [6, 7, 8, 9, 10]);
}

#[test]
fn what_is_on_disk_before_a_reveal_can_be_read_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let parent = TempDir::new().unwrap();
    let folder = parent.path().join("audit");
    open(&folder).write(&held(7)).unwrap();
    for path in [folder.clone(), file(&folder).0] {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o077, 0);
    }
}
