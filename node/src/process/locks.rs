//! One process per home, and one per validator key on this machine.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    os::{
        linux::net::SocketAddrExt,
        unix::{
            fs::{MetadataExt, OpenOptionsExt},
            net::{SocketAddr, UnixDatagram},
        },
    },
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::config::{CometConfig, Home};

/// Why a home or a key cannot be had.
#[derive(Debug, Error)]
pub enum LockError {
    #[error(
        "{home} is in use by process {holder}; stop that one first, or give this one another \
         `--home`"
    )]
    HomeInUse { home: PathBuf, holder: String },
    #[error("cannot lock the home {home}; does it exist, and may this user write to it?")]
    Home { home: PathBuf, source: io::Error },
    #[error(
        "the validator key {address} of this home is signing on this machine already, from \
         another home. Two nodes with one key are slashed for double signing: stop the other \
         one, or give this home a key of its own"
    )]
    KeyInUse { address: String },
    #[error("cannot reserve the validator key {address} on this machine")]
    Key { address: String, source: io::Error },
    #[error(
        "{0} is missing, which says what the validator key signed last. Bring it from the machine \
         that signed last, since a node that forgets it may sign twice; for a key that never \
         signed, that of a new `slsbftd init` will do"
    )]
    NoSignState(PathBuf),
}

/// Held while a process uses a home; the system releases it when the process
/// ends, however it ends.
#[derive(Debug)]
pub struct HomeLock(#[allow(dead_code, reason = "held, not used")] File);

impl HomeLock {
    pub fn take(home: &Home) -> Result<Self, LockError> {
        let failed = |source| LockError::Home {
            home: home.root().to_owned(),
            source,
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(home.lock())
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.take(16).read_to_string(&mut holder);
                let home = home.root().to_owned();
                return Err(LockError::HomeInUse {
                    home,
                    holder: holder.trim().to_owned(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        file.set_len(0).and_then(|()| file.rewind()).map_err(failed)?;
        writeln!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(Self(file))
    }
}

/// Held while a validator key may sign.
///
/// It is a name in the system's abstract socket namespace, which every user of
/// the machine shares and which no crash leaves behind.
#[derive(Debug)]
pub struct KeyLock(#[allow(dead_code, reason = "held, not used")] UnixDatagram);

impl KeyLock {
    /// `address` is the validator's, in hexadecimal.
    pub fn take(chain_id: &str, address: &str) -> Result<Self, LockError> {
        let bind = || {
            let name = SocketAddr::from_abstract_name(format!("slsbft/{address}/{chain_id}"))?;
            UnixDatagram::bind_addr(&name)
        };
        bind().map(Self).map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => LockError::KeyInUse {
                address: address.to_owned(),
            },
            _ => LockError::Key {
                address: address.to_owned(),
                source,
            },
        })
    }
}

/// Refuses a home whose key is here and whose memory of what it signed is not.
pub(super) fn check_sign_state(home: &Home, comet: &CometConfig) -> Result<(), LockError> {
    let signed = home.root().join(&comet.priv_validator_state_file);
    if comet.priv_validator_laddr.is_empty() && !signed.exists() {
        return Err(LockError::NoSignState(signed));
    }
    Ok(())
}

/// Warns of keys that others on this machine can read.
pub(super) fn warn_of_open_keys(keys: &[PathBuf]) {
    for key in keys {
        let mode = fs::metadata(key).map_or(0, |found| found.mode() & 0o777);
        if mode & 0o077 != 0 {
            tracing::warn!(
                "{0} can be read by others (mode {mode:03o}); run: chmod 600 {0}",
                key.display()
            );
        }
    }
}

/// What tells a home from its copy.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Identity {
    machine: String,
    path: PathBuf,
    /// Of the data directory: a copy has another one.
    inode: u64,
}

/// Warns when the home was used elsewhere before, and remembers where it is now.
pub fn warn_of_copy(home: &Home) -> Result<(), LockError> {
    let failed = |source| LockError::Home {
        home: home.root().to_owned(),
        source,
    };
    let machine = fs::read_to_string("/etc/machine-id").unwrap_or_default();
    let now = Identity {
        machine: machine.trim().to_owned(),
        path: fs::canonicalize(home.root()).map_err(failed)?,
        inode: fs::metadata(home.data()).map_err(failed)?.ino(),
    };
    let path = home.identity();
    match recorded(&path) {
        Some(before) if before == now => return Ok(()),
        Some(before) => tracing::warn!(
            before = %before.path.display(),
            now = %now.path.display(),
            "this home looks copied or moved. If the original still runs anywhere, stop it: two \
             nodes with one validator key are slashed for double signing"
        ),
        // New, or torn by a power cut: it is written anew.
        None => {}
    }
    let text = serde_json::to_string_pretty(&now).map_err(|error| failed(error.into()))?;
    let staging = path.with_extension("new");
    fs::write(&staging, text)
        .and_then(|()| fs::rename(&staging, &path))
        .map_err(failed)
}

fn recorded(path: &Path) -> Option<Identity> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> (tempfile::TempDir, Home) {
        let directory = tempfile::tempdir().unwrap();
        let home = Home::new(directory.path());
        fs::create_dir(home.data()).unwrap();
        (directory, home)
    }

    #[test]
    fn a_home_belongs_to_one_process_which_the_refusal_names() {
        let (_directory, home) = home();
        let held = HomeLock::take(&home).unwrap();
        let error = HomeLock::take(&home).unwrap_err().to_string();
        assert!(error.contains(&std::process::id().to_string()), "{error}");
        drop(held);
        HomeLock::take(&home).unwrap();
    }

    #[test]
    fn a_validator_key_signs_once_per_machine_and_chain() {
        let address = format!("{:040X}", std::process::id());
        let held = KeyLock::take("one", &address).unwrap();
        assert!(matches!(
            KeyLock::take("one", &address),
            Err(LockError::KeyInUse { .. })
        ));
        KeyLock::take("another", &address).unwrap();
        drop(held);
        KeyLock::take("one", &address).unwrap();
    }

    #[test]
    fn a_moved_home_is_noticed_once() {
        let (_directory, home) = home();
        warn_of_copy(&home).unwrap();
        let first = recorded(&home.identity()).unwrap();
        let elsewhere = Identity {
            path: "/elsewhere".into(),
            ..recorded(&home.identity()).unwrap()
        };
        fs::write(home.identity(), serde_json::to_string(&elsewhere).unwrap()).unwrap();
        warn_of_copy(&home).unwrap();
        assert_eq!(recorded(&home.identity()).unwrap(), first);
        fs::write(home.identity(), "").unwrap();
        warn_of_copy(&home).unwrap();
        assert_eq!(
            recorded(&home.identity()),
            Some(first),
            "a torn record is never mended"
        );
    }
}
