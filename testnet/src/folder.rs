//! One supervisor per folder. The lock goes with the process however it ends,
//! so a stale file means nothing.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Seek, Write},
    path::{Path, PathBuf},
};

use crate::error::{During, Error, Result};

/// The right to run the testnet of a folder.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
}

/// Who runs the testnet of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    pub pid: u32,
    /// Whether everything that `up` does before it watches is done.
    pub ready: bool,
}

impl Lock {
    /// Fails if another process runs the testnet of this folder.
    pub fn take(dir: &Path) -> Result<Self> {
        let path = path(dir);
        let file = open(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Usage(format!(
                    "a testnet runs in {} already; look at it with `slsbft-testnet status`, end it with `down`",
                    dir.display()
                )));
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).during(|| format!("lock {}", path.display()));
            }
        }
        let mut lock = Self { file, path };
        lock.write("")?;
        Ok(lock)
    }

    /// Tells whoever waits that everything is up.
    pub fn ready(&mut self) -> Result<()> {
        self.write(" ready")
    }

    fn write(&mut self, more: &str) -> Result<()> {
        let text = format!("{}{more}\n", std::process::id());
        let write = |file: &mut File| {
            file.rewind()?;
            file.write_all(text.as_bytes())?;
            file.set_len(text.len() as u64)
        };
        write(&mut self.file).during(|| format!("write {}", self.path.display()))
    }
}

/// Who holds the lock; `None` if nobody does.
pub fn holder(dir: &Path) -> Result<Option<Holder>> {
    let path = path(dir);
    if !path.exists() {
        return Ok(None);
    }
    let file = open(&path)?;
    if file.try_lock_shared().is_ok() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(&path).during(|| format!("read {}", path.display()))?;
    let mut words = text.split_whitespace();
    let pid = words.next().and_then(|pid| pid.parse().ok());
    Ok(pid.map(|pid| Holder {
        pid,
        ready: words.next() == Some("ready"),
    }))
}

fn path(dir: &Path) -> PathBuf {
    dir.join("testnet.lock")
}

fn open(path: &Path) -> Result<File> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path);
    file.during(|| format!("open {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_supervisor_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(holder(dir.path()).unwrap(), None);
        let mut lock = Lock::take(dir.path()).unwrap();
        let me = std::process::id();
        assert_eq!(
            holder(dir.path()).unwrap(),
            Some(Holder {
                pid: me,
                ready: false
            })
        );
        lock.ready().unwrap();
        assert_eq!(holder(dir.path()).unwrap(), Some(Holder { pid: me, ready: true }));
        assert!(Lock::take(dir.path()).is_err());
        drop(lock);
        assert_eq!(holder(dir.path()).unwrap(), None);
        Lock::take(dir.path()).unwrap();
    }
}
