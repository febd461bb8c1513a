//! A folder of what a daemon must not forget, which one process has. A file is there as a whole or not
//! at all, durably before the write returns.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use serde::Serialize;

/// Of files, and of those that are being written.
const EXTENSION: &str = "json";
const UNFINISHED: &str = "new";

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("cannot make the folder {path}: {source}", path = path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("{path} is in use by another process; stop that one, or give this one its own --data", path = path.display())]
    InUse { path: PathBuf },
}

/// A folder of JSON files.
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Opens or makes a folder; what was not written whole is deleted.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let failed = |source| FolderError::Folder {
            path: path.into(),
            source,
        };
        // Salts are secrets for a while.
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(failed)?;
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path.join("lock"))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FolderError::InUse { path: path.into() }),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let folder = Self {
            path: path.into(),
            _lock: lock,
        };
        for unfinished in folder.with_extension(UNFINISHED).map_err(failed)? {
            fs::remove_file(unfinished).map_err(failed)?;
        }
        Ok(folder)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where a file is.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(format!("{name}.{EXTENSION}"))
    }

    /// All files.
    pub fn files(&self) -> io::Result<Vec<PathBuf>> {
        self.with_extension(EXTENSION)
    }

    /// A file under its name only once its content is on the disk, and the name after it.
    pub fn write(&self, path: &Path, record: &impl Serialize) -> io::Result<()> {
        let unfinished = path.with_extension(UNFINISHED);
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&unfinished)?;
        serde_json::to_writer_pretty(&mut file, record)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&unfinished, path)?;
        File::open(&self.path)?.sync_all()
    }

    fn with_extension(&self, extension: &str) -> io::Result<Vec<PathBuf>> {
        let entries = fs::read_dir(&self.path)?;
        let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
        let mut paths = paths?;
        paths.retain(|path| path.extension().is_some_and(|found| found == extension));
        Ok(paths)
    }
}
