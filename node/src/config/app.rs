//! `app.toml`: the settings of the application and its services.

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Deserializer, de::Error};
use thiserror::Error as ThisError;
use tracing::level_filters::LevelFilter;

use crate::{abci::Endpoint, grpc::GrpcConfig};

const TEMPLATE: &str = include_str!("app.toml");

/// The text that `init` writes: every key, its default and what it does.
pub fn default_app_toml() -> &'static str {
    TEMPLATE
}

/// All of `app.toml`. A key that is left out has its default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AppConfig {
    /// The node stops after this block; 0 for never.
    pub halt_height: u64,
    pub consensus: Consensus,
    pub abci: Abci,
    pub grpc: GrpcConfig,
    pub metrics: Metrics,
    pub transactions: Transactions,
    pub store: Store,
    pub log: Log,
}

/// How CometBFT is run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Consensus {
    /// The CometBFT binary; empty to look for it.
    pub cometbft: PathBuf,
    /// Whether somebody else starts CometBFT.
    pub external: bool,
    /// Blocks CometBFT is asked to keep; 0 for all.
    pub keep_blocks: u64,
}

/// The socket CometBFT connects to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Abci {
    /// A relative socket path starts at the home directory.
    #[serde(deserialize_with = "endpoint")]
    pub address: Endpoint,
    pub max_frame_bytes: usize,
    pub read_ahead: usize,
    pub check_tx_threads: usize,
}

/// The metrics endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    pub enabled: bool,
    pub address: SocketAddr,
}

/// What is remembered of transactions between the mempool and their block.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Transactions {
    /// Good signatures.
    pub signature_cache: usize,
    pub cache_mib: usize,
}

/// What the state database keeps.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// Heights whose values can be read; 0 for all.
    pub keep_heights: u64,
    /// Heights for which proofs can be made.
    pub proof_heights: u64,
    pub cache_mib: usize,
}

/// How the log is written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// A level, or levels by module as in `info,slsbft_node::abci=debug`.
    pub level: String,
    pub format: LogFormat,
}

impl Log {
    /// Whether the level is one, and levels of modules. A word that is no level would
    /// be taken for a module's name, and nothing be logged.
    pub fn level_is_readable(&self) -> bool {
        let level = |text: &str| text.parse::<LevelFilter>().is_ok();
        self.level
            .split(',')
            .all(|part| match part.trim().rsplit_once('=') {
                None => level(part.trim()),
                Some((target, of)) => !target.is_empty() && !target.contains('=') && level(of),
            })
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One readable line per event.
    #[default]
    Human,
    /// One JSON object per event.
    Json,
}

impl Default for Abci {
    fn default() -> Self {
        let crate::abci::Options {
            max_frame_bytes,
            read_ahead,
            check_tx_threads,
        } = crate::abci::Options::default();
        let address = Endpoint::Unix("data/abci.sock".into());
        Self {
            address,
            max_frame_bytes,
            read_ahead,
            check_tx_threads,
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            enabled: true,
            address: SocketAddr::from(([127, 0, 0, 1], 9464)),
        }
    }
}

impl Default for Transactions {
    fn default() -> Self {
        let rules = slsbft_app::app::AppConfig::default();
        Self {
            signature_cache: rules.signature_cache,
            cache_mib: rules.tx_cache_bytes >> 20,
        }
    }
}

impl Default for Store {
    fn default() -> Self {
        Self {
            keep_heights: 10_000,
            proof_heights: 1_000,
            cache_mib: 128,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            level: "info".into(),
            format: LogFormat::Human,
        }
    }
}

/// Why settings cannot be used.
#[derive(Debug, ThisError)]
pub enum ConfigError {
    #[error("{0} is missing; `slsbftd init` makes a home, `--home` names another one")]
    Missing(PathBuf),
    #[error("cannot read {path}")]
    Read { path: PathBuf, source: io::Error },
    #[error(
        "{path} cannot be used:\n{problem}mend that line; `slsbftd config default app` prints \
         every key with its meaning"
    )]
    Parse { path: PathBuf, problem: String },
    #[error("{path}: {key} {problem}")]
    Value {
        path: PathBuf,
        key: &'static str,
        problem: &'static str,
    },
}

impl AppConfig {
    /// Reads and checks a file.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => ConfigError::Missing(path.to_owned()),
            _ => ConfigError::Read {
                path: path.to_owned(),
                source,
            },
        })?;
        Self::parse(&text, path)
    }

    /// Reads and checks the text of a file that is, or will be, at `path`.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|error| ConfigError::Parse {
            path: path.to_owned(),
            problem: error.to_string(),
        })?;
        let problem = config.problem();
        problem.map_or(Ok(config), |(key, problem)| {
            Err(ConfigError::Value {
                path: path.to_owned(),
                key,
                problem,
            })
        })
    }

    /// What no type says about a value.
    fn problem(&self) -> Option<(&'static str, &'static str)> {
        let checks = [
            (
                self.abci.max_frame_bytes < 1 << 20,
                "abci.max_frame_bytes",
                "must be at least 1 MiB",
            ),
            (self.abci.read_ahead == 0, "abci.read_ahead", "must be at least 1"),
            (
                self.abci.check_tx_threads > 1024,
                "abci.check_tx_threads",
                "must be at most 1024",
            ),
            (
                self.transactions.signature_cache > 10_000_000,
                "transactions.signature_cache",
                "must be at most 10000000",
            ),
            (
                self.transactions.cache_mib > 1 << 20,
                "transactions.cache_mib",
                "must be at most 1048576",
            ),
            (
                !(8..=1 << 20).contains(&self.store.cache_mib),
                "store.cache_mib",
                "must be from 8 to 1048576",
            ),
        ];
        let mut checks = checks.into_iter().chain([(
            !self.log.level_is_readable(),
            "log.level",
            "must be like info, or info,slsbft_node::abci=debug",
        )]);
        checks
            .find_map(|(bad, key, problem)| bad.then_some((key, problem)))
            .or_else(|| self.grpc.problem())
    }
}

fn endpoint<'de, D: Deserializer<'de>>(input: D) -> Result<Endpoint, D::Error> {
    String::deserialize(input)?.parse().map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_level_that_is_none_is_told_from_a_modules_name() {
        let readable = |level: &str| {
            let (level, format) = (level.to_owned(), LogFormat::Human);
            Log { level, format }.level_is_readable()
        };
        for good in [
            "info",
            "WARN",
            "off",
            "info,slsbft_node::abci=debug",
            "hyper=warn, info",
        ] {
            assert!(readable(good), "{good}");
        }
        for bad in ["inof", "info,slsbft_node", "infoo=x=", "a=b", "=info", "a==info"] {
            assert!(!readable(bad), "{bad}");
        }
    }

    fn parse(text: &str) -> Result<AppConfig, ConfigError> {
        AppConfig::parse(text, Path::new("app.toml"))
    }

    #[test]
    fn the_written_file_shows_exactly_the_defaults() {
        assert_eq!(parse(TEMPLATE).unwrap(), AppConfig::default());
        assert_eq!(parse("").unwrap(), AppConfig::default());
    }

    #[test]
    fn every_key_of_the_written_file_is_explained() {
        let mut explained = false;
        for line in TEMPLATE.lines() {
            if line.contains(" = ") && !line.starts_with('#') {
                assert!(explained, "no comment above `{line}`");
            }
            explained = line.starts_with('#');
        }
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_known_ones() {
        let error = parse("[grpc]\nadress = \"127.0.0.1:1\"\n")
            .unwrap_err()
            .to_string();
        assert!(error.contains("adress") && error.contains("address"), "{error}");
        assert!(error.contains("config default app"), "{error}");
    }

    #[test]
    fn values_that_cannot_work_are_refused_by_name() {
        for (text, key) in [
            ("[abci]\naddress = \"tcp://0.0.0.0:1\"", "0.0.0.0:1"),
            ("[abci]\nread_ahead = 0", "abci.read_ahead"),
            ("[store]\ncache_mib = 1", "store.cache_mib"),
            (
                "[transactions]\nsignature_cache = 10000001",
                "transactions.signature_cache",
            ),
            ("[transactions]\ncache_mib = 1048577", "transactions.cache_mib"),
            ("[grpc]\naddress = \"localhost\"", "address"),
            ("[log]\nformat = \"xml\"", "format"),
            ("halt_height = -1", "halt_height"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(key), "{error}");
        }
    }
}
