//! Waits for what a killed predecessor's CometBFT may still hold for a moment:
//! its databases' locks and its ports.

use std::{
    fs::{File, TryLockError},
    io,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use thiserror::Error;

use crate::config::{CometConfig, CometError, Home};

/// CometBFT's databases; one process at a time holds each.
pub(super) const DATABASES: [&str; 4] = ["blockstore.db", "state.db", "evidence.db", "tx_index.db"];
const PAUSE: Duration = Duration::from_millis(50);

/// Why CometBFT cannot be started here.
#[derive(Debug, Error)]
pub enum ReadyError {
    #[error(
        "another CometBFT holds {0}; stop it (a `cometbft start` by hand, or a node whose home \
         this is a copy of)"
    )]
    Database(PathBuf),
    #[error(
        "{address}, which is {key} in config.toml, is used by another program; stop that, or \
         choose a free one with `slsbftd config set config {key} ADDRESS`"
    )]
    Port { key: &'static str, address: SocketAddr },
    #[error("cannot listen on {address}, which is {key} in config.toml")]
    Address {
        key: &'static str,
        address: SocketAddr,
        source: io::Error,
    },
    #[error(transparent)]
    Config(#[from] CometError),
}

/// Returns when CometBFT can start, or what stands in its way after `patience`.
/// Gives up early, and successfully, when `interrupted` says so.
pub(super) fn wait(
    home: &Home,
    config: &CometConfig,
    patience: Duration,
    interrupted: impl Fn() -> bool,
) -> Result<(), ReadyError> {
    let deadline = Instant::now() + patience;
    let mut told = false;
    loop {
        let Err(obstacle) = look(home, config) else {
            return Ok(());
        };
        if interrupted() {
            return Ok(());
        }
        let passing = matches!(obstacle, ReadyError::Database(_) | ReadyError::Port { .. });
        if !passing || Instant::now() >= deadline {
            return Err(obstacle);
        }
        if !told {
            tracing::info!("waiting for the last CometBFT to end: {obstacle}");
            told = true;
        }
        thread::sleep(PAUSE);
    }
}

/// Whether no CometBFT uses the home's databases.
pub(super) fn databases_free(home: &Home, config: &CometConfig) -> Result<(), ReadyError> {
    for database in DATABASES {
        let path = home.root().join(&config.db_dir).join(database).join("LOCK");
        // One that cannot be opened is CometBFT's to complain about.
        let Ok(file) = File::open(&path) else { continue };
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(ReadyError::Database(path));
        }
    }
    Ok(())
}

fn look(home: &Home, config: &CometConfig) -> Result<(), ReadyError> {
    databases_free(home, config)?;
    for (key, address) in config.listens_on()? {
        if let Err(source) = TcpListener::bind(address) {
            return Err(match source.kind() {
                io::ErrorKind::AddrInUse => ReadyError::Port { key, address },
                _ => ReadyError::Address { key, address, source },
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_database_or_port_in_use_is_waited_for_and_then_named() {
        let directory = tempfile::tempdir().unwrap();
        let home = Home::new(directory.path());
        let mut config = CometConfig {
            db_dir: "data".into(),
            ..CometConfig::default()
        };
        let database = home.data().join("state.db");
        fs::create_dir_all(&database).unwrap();
        let held = File::create(database.join("LOCK")).unwrap();
        held.lock().unwrap();
        assert!(matches!(
            wait(&home, &config, Duration::ZERO, || false),
            Err(ReadyError::Database(path)) if path.ends_with("state.db/LOCK")
        ));
        let release = thread::spawn(move || {
            thread::sleep(Duration::from_millis(100));
            drop(held);
        });
        wait(&home, &config, Duration::from_secs(60), || false).unwrap();
        release.join().unwrap();

        let port = TcpListener::bind("127.0.0.1:0").unwrap();
        config.p2p.laddr = format!("tcp://{}", port.local_addr().unwrap());
        let error = wait(&home, &config, Duration::ZERO, || false)
            .unwrap_err()
            .to_string();
        assert!(error.contains("p2p.laddr"), "{error}");
        drop(port);
        wait(&home, &config, Duration::from_secs(60), || false).unwrap();
    }
}
