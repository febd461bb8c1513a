//! Where things are in a home directory.

use std::path::{Path, PathBuf};

/// A home directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home(PathBuf);

impl Home {
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self(root.into())
    }

    pub fn root(&self) -> &Path {
        &self.0
    }

    /// Our settings.
    pub fn app_toml(&self) -> PathBuf {
        self.0.join("config/app.toml")
    }

    /// CometBFT's settings.
    pub fn config_toml(&self) -> PathBuf {
        self.0.join("config/config.toml")
    }

    pub fn genesis(&self) -> PathBuf {
        self.0.join("config/genesis.json")
    }

    /// The key that names this node among its peers.
    pub fn node_key(&self) -> PathBuf {
        self.0.join("config/node_key.json")
    }

    /// The key that signs blocks.
    pub fn validator_key(&self) -> PathBuf {
        self.0.join("config/priv_validator_key.json")
    }

    /// The keys that move the beacon.
    pub fn vrf_keys(&self) -> PathBuf {
        self.0.join("config/vrf_key.json")
    }

    /// Where genesis transactions are made and collected.
    pub fn gen_txs(&self) -> PathBuf {
        self.0.join("config/gentx")
    }

    /// What the validator key signed last; guards against signing twice.
    pub fn validator_state(&self) -> PathBuf {
        self.0.join("data/priv_validator_state.json")
    }

    /// All that changes while the node runs.
    pub fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    /// The application's database.
    pub fn store(&self) -> PathBuf {
        self.0.join("data/application.db")
    }

    /// Compiled contracts, which are made again if they are gone.
    pub fn contracts(&self) -> PathBuf {
        self.0.join("data/contracts")
    }

    /// Held by the process that uses the home.
    pub fn lock(&self) -> PathBuf {
        self.0.join("data/slsbftd.lock")
    }

    /// Where the home was when it was first used.
    pub fn identity(&self) -> PathBuf {
        self.0.join("data/home.json")
    }
}
