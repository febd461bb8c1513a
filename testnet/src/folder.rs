//! A testnet's folder: one supervisor at a time, and nothing in it is ever
//! removed that a testnet did not make.
//!
//! The lock goes with the process however it ends, so a stale file means nothing.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{Seek, Write},
    path::{Path, PathBuf},
};

use crate::error::{During, Error, Result};

const LOCK: &str = "testnet.lock";

/// The right to run the testnet of a folder.
#[derive(Debug)]
pub struct Folder {
    lock: File,
    path: PathBuf,
}

/// Who runs the testnet of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    pub pid: u32,
    /// Whether everything that `up` does before it watches is done.
    pub ready: bool,
}

impl Folder {
    /// Makes the folder if need be. Fails if another process runs its testnet, or
    /// if it holds anything but one.
    pub fn take(path: &Path) -> Result<Self> {
        prepare(path)?;
        let lock = open(path)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(running(path)),
            Err(TryLockError::Error(error)) => {
                return Err(error).during(|| format!("lock {}", path.display()));
            }
        }
        let mut folder = Self {
            lock,
            path: path.into(),
        };
        folder.write("")?;
        Ok(folder)
    }

    /// Tells whoever waits that everything is up.
    pub fn ready(&mut self) -> Result<()> {
        self.write(" ready")
    }

    /// Removes what an earlier testnet left, except logs of `up` itself.
    pub fn clear(&self) -> Result<()> {
        let entries = fs::read_dir(&self.path).during(|| format!("read {}", self.path.display()))?;
        for entry in entries {
            let entry = entry.during(|| format!("read {}", self.path.display()))?;
            if entry.file_name() == LOCK || entry.file_name() == "testnet.log" {
                continue;
            }
            let path = entry.path();
            let removed = if path.is_dir() && !path.is_symlink() {
                fs::remove_dir_all(&path)
            } else {
                fs::remove_file(&path)
            };
            removed.during(|| format!("remove {}", path.display()))?;
        }
        Ok(())
    }

    fn write(&mut self, more: &str) -> Result<()> {
        let text = format!("{}{more}\n", std::process::id());
        let write = |file: &mut File| {
            file.rewind()?;
            file.write_all(text.as_bytes())?;
            file.set_len(text.len() as u64)
        };
        write(&mut self.lock).during(|| format!("write {}", self.path.join(LOCK).display()))
    }
}

/// Marks a new or empty folder as a testnet's; refuses one that holds other things.
pub fn prepare(path: &Path) -> Result<()> {
    fs::create_dir_all(path).during(|| format!("make {}", path.display()))?;
    if path.join(LOCK).exists() {
        return Ok(());
    }
    let mut entries = fs::read_dir(path).during(|| format!("read {}", path.display()))?;
    if entries.next().is_some() {
        return Err(Error::Usage(format!(
            "{} holds other things than a testnet; name a new or an empty folder with --dir",
            path.display()
        )));
    }
    open(path).map(|_| ())
}

/// What a second supervisor is told.
pub fn running(path: &Path) -> Error {
    let dir = path.display();
    Error::Usage(format!(
        "a testnet runs in {dir} already; look at it with `slsbft-testnet status --dir {dir}`, \
         end it with `slsbft-testnet down --dir {dir}`"
    ))
}

/// Who holds the lock; `None` if nobody does.
pub fn holder(path: &Path) -> Result<Option<Holder>> {
    let file = path.join(LOCK);
    if !file.exists() || open(path)?.try_lock_shared().is_ok() {
        return Ok(None);
    }
    let text = fs::read_to_string(&file).during(|| format!("read {}", file.display()))?;
    let mut words = text.split_whitespace();
    let pid = words.next().and_then(|pid| pid.parse().ok());
    Ok(pid.map(|pid| Holder {
        pid,
        ready: words.next() == Some("ready"),
    }))
}

fn open(path: &Path) -> Result<File> {
    let path = path.join(LOCK);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&path);
    file.during(|| format!("open {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_supervisor_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(holder(dir.path()).unwrap(), None);
        let mut folder = Folder::take(dir.path()).unwrap();
        let me = |ready| {
            Some(Holder {
                pid: std::process::id(),
                ready,
            })
        };
        assert_eq!(holder(dir.path()).unwrap(), me(false));
        folder.ready().unwrap();
        assert_eq!(holder(dir.path()).unwrap(), me(true));
        assert!(Folder::take(dir.path()).is_err());
        drop(folder);
        assert_eq!(holder(dir.path()).unwrap(), None);
        Folder::take(dir.path()).unwrap();
    }

    #[test]
    fn a_folder_with_other_things_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("thesis.txt"), "years of work").unwrap();
        let error = Folder::take(dir.path()).unwrap_err();
        assert!(error.to_string().contains("other things"), "{error}");
        assert!(dir.path().join("thesis.txt").exists());
        assert!(!dir.path().join(LOCK).exists());
    }

    #[test]
    fn an_earlier_testnet_is_removed_and_what_links_lead_to_is_not() {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = dir.path().join("new");
        let folder = Folder::take(&path).unwrap();
        fs::create_dir_all(path.join("node0/data")).unwrap();
        fs::write(other.path().join("kept"), "").unwrap();
        std::os::unix::fs::symlink(other.path(), path.join("link")).unwrap();
        folder.clear().unwrap();
        assert_eq!(fs::read_dir(&path).unwrap().count(), 1, "the lock");
        assert!(other.path().join("kept").exists());
    }
}
