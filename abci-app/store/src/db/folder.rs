//! Whether a folder may be opened as this program's database. Looked at before it is opened, because
//! opening already changes what it finds: it adds columns, replays the log, deletes leftovers.

use std::path::Path;

use rocksdb::{DB, Options};

use super::{Column, STATE_VERSION, STATE_VERSION_KEY};
use crate::StoreError;

/// Columns of RocksDB's own.
const DEFAULT_COLUMN: &str = "default";

pub(super) fn check(path: &Path) -> Result<(), StoreError> {
    if !path.join("CURRENT").exists() {
        return match holds_data(path)? {
            true => Err(StoreError::corrupt(format!(
                "{} holds data, but the file CURRENT, which leads to it, is missing",
                path.display()
            ))),
            false => Ok(()),
        };
    }
    let columns = DB::list_cf(&Options::default(), path).map_err(|error| open_error(path, error))?;
    let is_ours =
        |name: &str| name == DEFAULT_COLUMN || Column::ALL.iter().any(|column| column.name() == name);
    if let Some(name) = columns.iter().find(|name| !is_ours(name)) {
        return Err(foreign(path, format!("it has a column \"{name}\"")));
    }
    // The last to be made: without it nothing has been written yet.
    let is_begun = columns.iter().any(|name| name == Column::Meta.name());
    match !is_begun && holds_data(path)? {
        true => Err(foreign(path, "it has data, but no state version".into())),
        false => Ok(()),
    }
}

/// Refuses a version that this binary does not know.
pub(super) fn check_version(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let bytes = bytes
        .try_into()
        .map_err(|_| StoreError::corrupt("state version has a wrong length"))?;
    match u32::from_be_bytes(bytes) {
        STATE_VERSION => Ok(()),
        found => Err(StoreError::WrongVersion {
            path: path.to_owned(),
            found,
            known: STATE_VERSION,
        }),
    }
}

/// Another version of this program's database, if it says so, else another program's.
fn foreign(path: &Path, detail: String) -> StoreError {
    let columns = [DEFAULT_COLUMN, Column::Meta.name()];
    let version = DB::open_cf_for_read_only(&Options::default(), path, columns, false)
        .ok()
        .and_then(|db| {
            let meta = db.cf_handle(Column::Meta.name())?;
            db.get_cf(meta, STATE_VERSION_KEY).ok().flatten()
        });
    match version.map(|bytes| check_version(path, &bytes)) {
        Some(Err(error)) => error,
        _ => StoreError::Foreign {
            path: path.to_owned(),
            detail,
        },
    }
}

/// Whether a database has written anything here: a table, or to its log.
fn holds_data(path: &Path) -> Result<bool, StoreError> {
    let unreadable = |error: std::io::Error| StoreError::io("reading the database's folder", &error);
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        let extension = Path::new(&name)
            .extension()
            .and_then(|extension| extension.to_str());
        match extension {
            Some("sst") => return Ok(true),
            Some("log") if entry.metadata().map_err(unreadable)?.len() > 0 => return Ok(true),
            _ => {}
        }
    }
    Ok(false)
}

pub(super) fn open_error(path: &Path, error: rocksdb::Error) -> StoreError {
    let detail = error.to_string();
    let path = path.to_owned();
    // RocksDB tells these apart in words only, and paths are among the words.
    let is_locked = detail.contains("While lock file: ") || detail.contains("lock hold by current process");
    match error.kind() {
        rocksdb::ErrorKind::IOError if is_locked => StoreError::Locked { path, detail },
        rocksdb::ErrorKind::IOError if detail.contains("No such file or directory") => {
            StoreError::Corrupt { detail }
        }
        rocksdb::ErrorKind::Corruption | rocksdb::ErrorKind::InvalidArgument => {
            StoreError::Corrupt { detail }
        }
        _ => StoreError::Storage { detail },
    }
}
