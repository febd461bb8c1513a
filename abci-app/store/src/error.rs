//! What can go wrong in the store, with what to do about it.

use std::path::PathBuf;

/// A failure of the store. `NotKept`, `EmptyTree`, `InvalidKey`, `InvalidValue`, `WrongHeight`, `StaleCommit` and `Exhausted`
/// concern one call; everything else is a fault of the database and should stop the node.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    #[error(
        "height {height} is not kept here: this node has heights {oldest} to {newest}; ask an archive node or raise `keep_heights`"
    )]
    NotKept { height: u64, oldest: u64, newest: u64 },

    #[error("the tree is empty at height {height}, so there is nothing to prove against")]
    EmptyTree { height: u64 },

    #[error("a key of {len} bytes is refused: keys have 1 to {max} bytes")]
    InvalidKey { len: usize, max: usize },

    #[error(
        "a value of {len} bytes under key 0x{key} is refused: values in the main space have 1 to {max} bytes, because an empty one cannot be proven"
    )]
    InvalidValue { key: String, len: usize, max: usize },

    #[error("block {got} cannot follow state {have}: expected height {expected}")]
    WrongHeight { have: u64, got: u64, expected: u64 },

    #[error(
        "the staged block was made on state {base}, but the store has moved on to {latest}; stage it again"
    )]
    StaleCommit { base: u64, latest: u64 },

    #[error(
        "the database at {path} is in use by another process ({detail}); stop that process first, or choose another home"
    )]
    Locked { path: PathBuf, detail: String },

    #[error(
        "the database at {path} has state version {found}, this binary knows {known}; run the release that wrote it, or resync"
    )]
    WrongVersion { path: PathBuf, found: u32, known: u32 },

    #[error(
        "{path} holds a database that this program did not write ({detail}); choose another folder, or run the release that wrote it"
    )]
    Foreign { path: PathBuf, detail: String },

    #[error("the reader's budget is used up; ask for less, in pages")]
    Exhausted,

    #[error("the database is damaged: {detail}; restore a backup or resync this node")]
    Corrupt { detail: String },

    #[error("the disk or database failed: {detail}; check free space and the disk's health, then restart")]
    Storage { detail: String },

    #[error("nothing to roll back: {detail}")]
    CannotRollBack { detail: String },

    #[error("{path} already holds files; choose an empty or new folder")]
    NotEmpty { path: PathBuf },

    #[error("no database at {path}; check the path")]
    Missing { path: PathBuf },
}

impl StoreError {
    pub(crate) fn corrupt(detail: impl Into<String>) -> Self {
        StoreError::Corrupt {
            detail: detail.into(),
        }
    }

    pub(crate) fn io(what: &str, error: &std::io::Error) -> Self {
        StoreError::Storage {
            detail: format!("{what}: {error}"),
        }
    }
}

impl From<rocksdb::Error> for StoreError {
    fn from(error: rocksdb::Error) -> Self {
        match error.kind() {
            rocksdb::ErrorKind::Corruption => StoreError::Corrupt {
                detail: error.into_string(),
            },
            _ => StoreError::Storage {
                detail: error.into_string(),
            },
        }
    }
}
