//! `network.json`: what runs where, and funded keys. Other programs read it, so
//! its fields do not change their meaning.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use slsbft_client::{HdPath, Mnemonic, SigningKey};

use crate::{
    error::{During, Error, Result},
    proc,
};

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

impl Node {
    /// A process of this home that was noted here and has not ended. Process ids
    /// are used again, so its command line has to name the home.
    pub fn still_running(&self) -> Option<u32> {
        let home = self.home.to_string_lossy();
        let ours = |pid: &u32| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            proc::alive(*pid) && String::from_utf8_lossy(&line).contains(home.as_ref())
        };
        self.app_pid.into_iter().chain(self.consensus_pid).find(ours)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_programs_find_exactly_these_fields() {
        let node = Node {
            moniker: "node0".into(),
            home: "/testnet/node0".into(),
            rpc: ([127, 0, 0, 1], 1).into(),
            grpc: ([127, 0, 0, 1], 2).into(),
            p2p: ([127, 0, 0, 1], 3).into(),
            metrics: ([127, 0, 0, 1], 4).into(),
            app_pid: Some(5),
            consensus_pid: None,
        };
        let account = FundedAccount {
            name: "alice".into(),
            address: "ankr1alice".into(),
            mnemonic: "twelve words".into(),
        };
        let network = Network {
            chain_id: "slsbft-local-1".into(),
            bech32_prefix: "ankr".into(),
            denom: "uankr".into(),
            nodes: vec![node],
            accounts: vec![account],
        };
        let dir = tempfile::tempdir().unwrap();
        network.write(dir.path()).unwrap();
        let json = fs::read(dir.path().join(FILE)).unwrap();
        let expected = serde_json::json!({
            "chain_id": "slsbft-local-1",
            "bech32_prefix": "ankr",
            "denom": "uankr",
            "nodes": [{
                "moniker": "node0",
                "home": "/testnet/node0",
                "rpc": "127.0.0.1:1",
                "grpc": "127.0.0.1:2",
                "p2p": "127.0.0.1:3",
                "metrics": "127.0.0.1:4",
                "app_pid": 5,
                "consensus_pid": null,
            }],
            "accounts": [{"name": "alice", "address": "ankr1alice", "mnemonic": "twelve words"}],
        });
        assert_eq!(
            serde_json::from_slice::<serde_json::Value>(&json).unwrap(),
            expected
        );
        assert_eq!(Network::read(dir.path()).unwrap(), Some(network));
    }
}
