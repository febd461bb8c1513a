//! What is done to a home while its node is stopped: one block back, copies,
//! export. Each takes the home's lock, so none of it meets a running node.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use serde::{Deserialize, Serialize};
use slsbft_app::{
    abci::Fault,
    app,
    modules::{bank, consensus},
};
use slsbft_genesis::{Genesis, GenesisError};
use slsbft_store::{Snapshot, Store, StoreError};
use slsbft_types::{Coins, Time};
use thiserror::Error;

use super::{
    NodeError,
    child::find_cometbft,
    locks::{HomeLock, check_sign_state},
    node::{open_store, read_genesis},
    ready::{DATABASES, databases_free},
};
use crate::config::{AppConfig, CometConfig, Home};

/// What is copied of CometBFT's data: its databases and its log. Never keys, nor
/// what they signed last, which must not go back in time.
const LOG: &str = "cs.wal";
const MANIFEST: &str = "backup.json";

/// Why a home could not be worked on.
#[derive(Debug, Error)]
pub enum MaintenanceError {
    #[error(transparent)]
    Node(#[from] NodeError),
    #[error("the state database failed")]
    Store(#[from] StoreError),
    #[error("the state cannot be read")]
    State(#[from] Fault),
    #[error("CometBFT's rollback failed: {0}")]
    Rollback(String),
    #[error("cannot copy {path}")]
    Copy { path: PathBuf, source: io::Error },
    #[error("{0} exists already; name a new folder")]
    Exists(PathBuf),
    #[error("{0} is no backup made by `slsbftd backup`")]
    NoBackup(PathBuf),
    #[error("the backup is not whole: {0} is missing; take another")]
    Incomplete(PathBuf),
    #[error("the backup is of the chain `{found}`, this home is of `{home}`")]
    OtherChain { found: String, home: String },
    #[error("this home has data up to height {0}; give --replace to put the backup in its place")]
    HasData(u64),
    #[error("the state holds no block yet; start the node first")]
    Empty,
    #[error("the exported genesis is not valid; if it is not the chain id that was asked for, report it")]
    Genesis(#[from] GenesisError),
}

/// A stopped home, held while it is worked on.
pub struct Maintenance {
    home: Home,
    config: AppConfig,
    comet: CometConfig,
    _lock: HomeLock,
}

#[derive(Serialize, Deserialize)]
struct Manifest {
    chain_id: String,
    height: u64,
    version: String,
    /// What was copied of CometBFT's data.
    #[serde(default)]
    consensus: Vec<String>,
}

impl Maintenance {
    pub fn begin(home: Home, config: AppConfig) -> Result<Self, MaintenanceError> {
        let comet = CometConfig::read(&home.config_toml()).map_err(NodeError::from)?;
        let lock = HomeLock::take(&home).map_err(NodeError::from)?;
        databases_free(&home, &comet).map_err(NodeError::from)?;
        Ok(Self {
            home,
            config,
            comet,
            _lock: lock,
        })
    }

    /// Takes the latest block back, in CometBFT and in the state; the node runs
    /// it again when it starts. Returns the height that is the latest now.
    pub fn rollback(&self) -> Result<u64, MaintenanceError> {
        let mut store = open_store(&self.home, &self.config)?;
        if store.latest().height() == 0 {
            return Err(MaintenanceError::Empty);
        }
        let asked = &self.config.consensus.cometbft;
        let asked = (!asked.as_os_str().is_empty()).then_some(asked.as_path());
        let path = find_cometbft(asked).map_err(NodeError::from)?;
        let output = Command::new(&path)
            .args(["rollback", "--home"])
            .arg(self.home.root())
            .output()
            .map_err(|source| MaintenanceError::Copy { path, source })?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(MaintenanceError::Rollback(said));
        }
        // CometBFT goes first: a state ahead of it by one block is what a crash
        // leaves too, and it knows how to go on from there.
        Ok(store.rollback()?)
    }

    /// Copies state, blocks and settings, but no key, into the new folder `to`.
    /// Returns the state's height.
    pub fn backup(&self, to: &Path) -> Result<u64, MaintenanceError> {
        if to.exists() {
            return Err(MaintenanceError::Exists(to.to_owned()));
        }
        let store = open_store(&self.home, &self.config)?;
        let state = store.latest();
        if state.height() == 0 {
            return Err(MaintenanceError::Empty);
        }
        create(to)?;
        store.backup(&to.join("application.db"))?;
        let mut copied = Vec::new();
        for name in DATABASES.into_iter().chain([LOG]) {
            copy_if_there(&self.database(name), &to.join(name))?;
            if to.join(name).exists() {
                copied.push(name.to_owned());
            }
        }
        for path in [self.home.app_toml(), self.home.config_toml(), self.genesis_path()] {
            let name = path.file_name().unwrap_or_default();
            copy_if_there(&path, &to.join("config").join(name))?;
        }
        let manifest = Manifest {
            chain_id: consensus::chain_id(&state)?,
            height: state.height(),
            version: env!("CARGO_PKG_VERSION").into(),
            consensus: copied,
        };
        // Last: a copy without it is not finished.
        let text = serde_json::to_vec_pretty(&manifest).map_err(io::Error::from);
        let path = to.join(MANIFEST);
        text.and_then(|text| fs::write(&path, text))
            .map_err(|source| MaintenanceError::Copy { path, source })?;
        Ok(manifest.height)
    }

    /// Puts a backup's state and blocks into this home; its keys, what they
    /// signed, and its settings stay. Returns the height.
    pub fn restore(&self, from: &Path, replace: bool) -> Result<u64, MaintenanceError> {
        let manifest = read_manifest(from)?;
        let home = self.chain_id()?;
        if manifest.chain_id != home {
            return Err(MaintenanceError::OtherChain {
                found: manifest.chain_id,
                home,
            });
        }
        let application = "application.db".to_owned();
        let parts = manifest.consensus.iter().chain([&application]);
        if let Some(missing) = parts.map(|name| from.join(name)).find(|path| !path.exists()) {
            return Err(MaintenanceError::Incomplete(missing));
        }
        check_sign_state(&self.home, &self.comet).map_err(NodeError::from)?;
        if self.home.store().exists() && !replace {
            let height = open_store(&self.home, &self.config)?.latest().height();
            if height > 0 {
                return Err(MaintenanceError::HasData(height));
            }
        }
        let staging = self.home.data().join("restore.new");
        remove(&staging)?;
        create(&staging)?;
        let height = Store::restore(&from.join("application.db"), &staging.join("application.db"))?;
        for name in DATABASES.into_iter().chain([LOG]) {
            copy_if_there(&from.join(name), &staging.join(name))?;
        }
        self.put_in_place(&staging)?;
        Ok(height)
    }

    /// Everything is copied and checked by now; what is left is renaming.
    fn put_in_place(&self, staging: &Path) -> Result<(), MaintenanceError> {
        let state = [("application.db", self.home.store())];
        let blocks = DATABASES
            .into_iter()
            .chain([LOG])
            .map(|name| (name, self.database(name)));
        for (name, path) in state.into_iter().chain(blocks) {
            remove(&path)?;
            let new = staging.join(name);
            if new.exists() {
                fs::rename(&new, &path).map_err(|source| MaintenanceError::Copy { path, source })?;
            }
        }
        remove(staging)
    }

    /// Checks all invariants: that balances add up to each supply, and that modules hold
    /// what their records say. Returns the height of the state and its supplies.
    pub fn check(&self) -> Result<(u64, Coins), MaintenanceError> {
        let state = self.state(None)?;
        app::check(&state)?;
        let supplies = bank::genesis::export(&state)?.supply;
        Ok((state.height(), supplies))
    }

    /// The latest state, or that of a kept height.
    fn state(&self, height: Option<u64>) -> Result<Snapshot, MaintenanceError> {
        let store = open_store(&self.home, &self.config)?;
        let latest = store.latest();
        if latest.height() == 0 {
            return Err(MaintenanceError::Empty);
        }
        match height {
            Some(height) => Ok(store.reader().at(height)?),
            None => Ok(latest),
        }
    }

    /// A genesis that goes on from the latest state, or from that of a kept height
    /// such as an epoch's last, as a new chain or the same.
    pub fn export(&self, chain_id: Option<&str>, height: Option<u64>) -> Result<Genesis, MaintenanceError> {
        let state = self.state(height)?;
        let height = state.height();
        app::check(&state)?;
        let old = self.genesis()?;
        let genesis = Genesis {
            genesis_time: block_time(&state),
            chain_id: chain_id.map_or(consensus::chain_id(&state)?, str::to_owned),
            initial_height: i64::try_from(height).unwrap_or(i64::MAX).saturating_add(1),
            consensus_params: consensus::genesis::export(&state)?,
            app_hash: String::new(),
            app_state: app::export(&state, height)?,
            ..old
        };
        genesis.validate()?;
        Ok(genesis)
    }

    fn genesis_path(&self) -> PathBuf {
        self.home.root().join(&self.comet.genesis_file)
    }

    fn genesis(&self) -> Result<Genesis, MaintenanceError> {
        Ok(Genesis::from_json(&read_genesis(&self.genesis_path())?)?)
    }

    fn chain_id(&self) -> Result<String, MaintenanceError> {
        Ok(self.genesis()?.chain_id)
    }

    fn database(&self, name: &str) -> PathBuf {
        self.home.root().join(&self.comet.db_dir).join(name)
    }
}

fn block_time(state: &Snapshot) -> Time {
    let (seconds, nanos) = state.block().time;
    Time {
        seconds,
        nanos: nanos.unsigned_abs(),
    }
}

fn read_manifest(from: &Path) -> Result<Manifest, MaintenanceError> {
    let text = fs::read(from.join(MANIFEST)).ok();
    text.and_then(|text| serde_json::from_slice(&text).ok())
        .ok_or_else(|| MaintenanceError::NoBackup(from.to_owned()))
}

fn create(path: &Path) -> Result<(), MaintenanceError> {
    fs::create_dir_all(path).map_err(|source| MaintenanceError::Copy {
        path: path.to_owned(),
        source,
    })
}

fn remove(path: &Path) -> Result<(), MaintenanceError> {
    match fs::remove_dir_all(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(MaintenanceError::Copy {
            path: path.to_owned(),
            source,
        }),
        _ => Ok(()),
    }
}

/// Copies a file, or a folder and all in it. What is not there is left out:
/// CometBFT makes some databases only when it needs them.
fn copy_if_there(from: &Path, to: &Path) -> Result<(), MaintenanceError> {
    let failed = |source| MaintenanceError::Copy {
        path: from.to_owned(),
        source,
    };
    if from.is_dir() {
        create(to)?;
        for entry in fs::read_dir(from).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            copy_if_there(&entry.path(), &to.join(entry.file_name()))?;
        }
    } else if from.exists() {
        if let Some(parent) = to.parent() {
            create(parent)?;
        }
        fs::copy(from, to).map_err(failed)?;
    }
    Ok(())
}
