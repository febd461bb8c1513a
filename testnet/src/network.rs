//! `network.json`: what runs where, and funded keys. Other programs read it, so
//! its fields do not change their meaning.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use slsbft_client::{HdPath, Mnemonic, SigningKey};

use crate::error::{During, Error, Result};

const FILE: &str = "network.json";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    pub chain_id: String,
    pub bech32_prefix: String,
    /// The smallest unit.
    pub denom: String,
    pub nodes: Vec<Node>,
    pub accounts: Vec<FundedAccount>,
}

/// A validator; addresses are `host:port`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    pub moniker: String,
    pub home: PathBuf,
    pub rpc: SocketAddr,
    pub grpc: SocketAddr,
    pub p2p: SocketAddr,
    pub metrics: SocketAddr,
    /// `slsbftd`; `null` while it does not run.
    pub app_pid: Option<u32>,
    /// Its CometBFT; `null` while it does not run.
    pub consensus_pid: Option<u32>,
}

/// An account with coins in the genesis. The mnemonic is for testnets only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FundedAccount {
    pub name: String,
    pub address: String,
    pub mnemonic: String,
}

impl Network {
    /// `None` if there is no testnet in the folder yet.
    pub fn read(dir: &Path) -> Result<Option<Self>> {
        let path = dir.join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let json = fs::read(&path).during(|| format!("read {}", path.display()))?;
        let network = serde_json::from_slice(&json);
        network
            .map(Some)
            .map_err(|e| Error::file(&path, format!("{e}; remove {} to begin anew", dir.display())))
    }

    /// Replaces the file at once: a reader sees the old or the new one.
    pub fn write(&self, dir: &Path) -> Result<()> {
        let path = dir.join(FILE);
        let staging = dir.join(".network.json.new");
        let json = serde_json::to_string_pretty(self).map_err(|e| Error::file(&path, e))?;
        fs::write(&staging, json + "\n").during(|| format!("write {}", staging.display()))?;
        fs::rename(&staging, &path).during(|| format!("write {}", path.display()))
    }

    /// The key of a funded account.
    pub fn key(&self, name: &str) -> Result<SigningKey> {
        let found = self.accounts.iter().find(|account| account.name == name);
        let account = found.ok_or_else(|| {
            Error::Usage(format!(
                "the testnet has no account '{name}'; remove its folder to make a new one"
            ))
        })?;
        let mnemonic: Mnemonic = account
            .mnemonic
            .parse()
            .map_err(|e| Error::Usage(format!("the mnemonic of {name}: {e}")))?;
        mnemonic
            .derive("", HdPath::default())
            .map_err(|e| Error::Usage(e.to_string()))
    }
}
