//! The home directory: which files it has, what they may say, and how `init`
//! first writes them. `app.toml` and the VRF keys are ours, the other
//! files are CometBFT's.

mod app;
mod comet_check;
mod cometbft;
mod edit;
mod home;
mod init;
mod keys;
mod vrf;

pub use app::{
    Abci, AppConfig, ConfigError, Consensus, Log, LogFormat, Metrics, Store, Transactions, default_app_toml,
};
pub use cometbft::{CometConfig, CometError, default_config_toml};
pub use edit::{EditError, get, replace, set};
pub use home::Home;
pub use init::{Init, InitError, LOCAL_CHAIN, init};
pub use keys::{KeyError, NodeKey, ValidatorKey};
pub use vrf::{VrfKeyError, VrfKeys};
