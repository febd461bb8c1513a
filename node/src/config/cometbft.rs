//! `config.toml`: the template CometBFT's settings are made from, and the few of
//! them the node itself has to know.

use std::{
    fs, io,
    net::{SocketAddr, ToSocketAddrs},
    path::{Path, PathBuf},
};

use serde::Deserialize;
use thiserror::Error;

use super::comet_check;

const TEMPLATE: &str = include_str!("config.toml");

/// The text that `init` writes, with `values` in its places.
pub(super) fn render(values: &[(&str, String)]) -> String {
    values.iter().fold(TEMPLATE.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{{{name}}}}}"), value)
    })
}

/// The text with the values `init` uses unless it is told others.
pub fn default_config_toml() -> String {
    super::init::Init::default().config_toml(&super::Home::new("."))
}

/// What the node reads of CometBFT's settings; the rest is CometBFT's business.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CometConfig {
    pub db_dir: PathBuf,
    pub priv_validator_laddr: String,
    pub priv_validator_key_file: PathBuf,
    pub priv_validator_state_file: PathBuf,
    pub genesis_file: PathBuf,
    pub rpc: Rpc,
    pub p2p: P2p,
    pub instrumentation: Instrumentation,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Rpc {
    pub laddr: String,
    pub grpc_laddr: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct P2p {
    pub laddr: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Instrumentation {
    pub prometheus: bool,
    pub prometheus_listen_addr: String,
}

/// Why CometBFT's settings cannot be used.
#[derive(Debug, Error)]
pub enum CometError {
    #[error("cannot read {path}; `slsbftd init` makes a home, `--home` names another one")]
    Read { path: PathBuf, source: io::Error },
    #[error(
        "{path} cannot be used:\n{problem}mend that line; `slsbftd config default config` prints a whole file"
    )]
    Parse { path: PathBuf, problem: String },
    #[error("{key} in config.toml is `{value}`; write an address like `tcp://127.0.0.1:{port}`", port = usual_port(key))]
    Address { key: &'static str, value: String },
    #[error("{key} in config.toml: {problem}")]
    Value { key: String, problem: String },
}

impl From<comet_check::Problem> for CometError {
    fn from(problem: comet_check::Problem) -> Self {
        Self::Value {
            key: problem.key,
            problem: problem.what,
        }
    }
}

fn usual_port(key: &str) -> u16 {
    match key {
        "p2p.laddr" => 26656,
        "instrumentation.prometheus_listen_addr" => 26660,
        _ => 26657,
    }
}

impl CometConfig {
    pub fn read(path: &Path) -> Result<Self, CometError> {
        let text = fs::read_to_string(path).map_err(|source| CometError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text, path)
    }

    /// Reads the text of a file that is, or will be, at `path`.
    pub fn parse(text: &str, path: &Path) -> Result<Self, CometError> {
        let failed = |error: toml::de::Error| CometError::Parse {
            path: path.to_owned(),
            problem: error.to_string(),
        };
        let settings = text.parse::<toml::Table>().map_err(failed)?;
        if let Some(problem) = comet_check::values(&settings) {
            return Err(problem.into());
        }
        settings.try_into().map_err(failed)
    }

    /// Refuses names that CometBFT would pass over, in the text of a whole file.
    pub fn check_names(text: &str) -> Result<(), CometError> {
        let settings: toml::Table = text.parse().unwrap_or_default();
        comet_check::names(&settings).map_or(Ok(()), |problem| Err(problem.into()))
    }

    /// The TCP addresses CometBFT will listen on, with the keys that say so.
    pub fn listens_on(&self) -> Result<Vec<(&'static str, SocketAddr)>, CometError> {
        let metrics = if self.instrumentation.prometheus {
            self.instrumentation.prometheus_listen_addr.as_str()
        } else {
            ""
        };
        let all = [
            ("rpc.laddr", self.rpc.laddr.as_str()),
            ("rpc.grpc_laddr", self.rpc.grpc_laddr.as_str()),
            ("p2p.laddr", self.p2p.laddr.as_str()),
            ("instrumentation.prometheus_listen_addr", metrics),
        ];
        let tcp = all
            .into_iter()
            .filter(|(_, text)| !text.is_empty() && !text.starts_with("unix:"));
        tcp.map(|(key, text)| {
            let bad = || CometError::Address {
                key,
                value: text.to_owned(),
            };
            let address = text.strip_prefix("tcp://").unwrap_or(text);
            // Go reads ":26660" as every interface.
            let full = if address.starts_with(':') {
                format!("0.0.0.0{address}")
            } else {
                address.to_owned()
            };
            full.to_socket_addrs()
                .ok()
                .and_then(|mut found| found.next())
                .map(|found| (key, found))
                .ok_or_else(bad)
        })
        .collect()
    }

    /// Where this machine reaches the RPC, as a URL.
    pub fn rpc_url(&self) -> Result<String, CometError> {
        let address = self
            .listens_on()?
            .into_iter()
            .find(|(key, _)| *key == "rpc.laddr");
        let Some((_, mut address)) = address else {
            return Err(CometError::Address {
                key: "rpc.laddr",
                value: self.rpc.laddr.clone(),
            });
        };
        if address.ip().is_unspecified() {
            address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
        }
        Ok(format!("http://{address}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_written_settings_are_what_the_chain_needs() {
        let text = default_config_toml();
        assert!(!text.contains("{{"), "a place was left empty");
        let table: toml::Table = text.parse().unwrap();
        let consensus = &table["consensus"];
        assert_eq!(consensus["timeout_commit"].as_str(), Some("900ms"));
        assert_eq!(consensus["create_empty_blocks"].as_bool(), Some(false));
        assert_eq!(consensus["create_empty_blocks_interval"].as_str(), Some("14s"));
        assert_eq!(table["rpc"]["max_open_connections"].as_integer(), Some(900));
        assert_eq!(table["p2p"]["send_rate"].as_integer(), Some(5_120_000));
        assert_eq!(table["mempool"]["type"].as_str(), Some("flood"));
    }

    #[test]
    fn addresses_are_found_however_they_are_written() {
        let config: CometConfig = toml::from_str(
            "[rpc]\nladdr = \"tcp://0.0.0.0:1\"\n[p2p]\nladdr = \"tcp://127.0.0.1:2\"\n\
             [instrumentation]\nprometheus = true\nprometheus_listen_addr = \":3\"\n",
        )
        .unwrap();
        let ports: Vec<_> = config
            .listens_on()
            .unwrap()
            .into_iter()
            .map(|(_, address)| address.port())
            .collect();
        assert_eq!(ports, [1, 2, 3]);
        assert_eq!(config.rpc_url().unwrap(), "http://127.0.0.1:1");
    }
}
