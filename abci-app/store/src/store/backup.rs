//! Copies of the whole database: `backup` while the node runs, `restore` while it does not.

use std::fs;
use std::path::Path;

use super::Store;
use crate::{StoreConfig, StoreError};

impl Store {
    /// Writes a consistent copy of the latest state and its history into the new folder `to`, by
    /// hard links where it is on the same file system. Returns the copy's height.
    pub fn backup(&self, to: &Path) -> Result<u64, StoreError> {
        if to.exists() {
            return Err(StoreError::NotEmpty { path: to.to_owned() });
        }
        self.progress.wait_written(self.heights.latest)?;
        self.db.checkpoint(to)?;
        Ok(self.heights.latest)
    }

    /// Copies the backup `from` into the new or empty folder `to`, checks that it opens, and
    /// returns its height. The backup stays as it is.
    pub fn restore(from: &Path, to: &Path) -> Result<u64, StoreError> {
        if !from.join("CURRENT").is_file() {
            return Err(StoreError::Missing {
                path: from.to_owned(),
            });
        }
        fs::create_dir_all(to)
            .map_err(|error| StoreError::io("creating the folder to restore to", &error))?;
        let mut present =
            fs::read_dir(to).map_err(|error| StoreError::io("reading the folder to restore to", &error))?;
        if present.next().is_some() {
            return Err(StoreError::NotEmpty { path: to.to_owned() });
        }
        copy_files(from, to).map_err(|error| StoreError::io("copying the backup", &error))?;
        Ok(Store::open(to, &StoreConfig::default())?.latest().height())
    }
}

fn copy_files(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() && entry.file_name() != "LOCK" {
            let copy = to.join(entry.file_name());
            fs::copy(entry.path(), &copy)?;
            fs::File::open(&copy)?.sync_all()?;
        }
    }
    fs::File::open(to)?.sync_all()
}
