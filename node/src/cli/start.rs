//! `slsbftd start`

use std::path::PathBuf;

use super::{Global, Outcome};
use crate::{
    config::{AppConfig, Home, LogFormat},
    process::{self, Start},
};

const EXAMPLES: &str = "\
Examples:
  slsbftd start                                 application and CometBFT
  slsbftd start --cometbft /opt/cometbft        with this CometBFT
  slsbftd start --external-consensus            CometBFT is started by something else
  slsbftd start --halt-height 120000            stop after that block, to upgrade

Everything else is set in config/app.toml and config/config.toml of the home;
`slsbftd config` reads and changes it.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The CometBFT binary [default: beside slsbftd, in .tools/bin, in $PATH]
    #[arg(long, env = "SLSBFTD_COMETBFT", value_name = "PATH")]
    cometbft: Option<PathBuf>,
    /// Do not start CometBFT: something else does
    #[arg(long, conflicts_with = "cometbft")]
    external_consensus: bool,
    /// Stop cleanly after this block
    #[arg(long, value_name = "HEIGHT")]
    halt_height: Option<u64>,
    /// error, warn, info, debug, trace, or levels by module
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
    /// How the log is written
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
}

pub fn run(args: Args, global: &Global) -> Outcome {
    let home = Home::new(global.home());
    let mut config = AppConfig::read(&home.app_toml())?;
    if let Some(path) = args.cometbft {
        config.consensus.cometbft = path;
    }
    config.consensus.external |= args.external_consensus;
    if let Some(height) = args.halt_height {
        config.halt_height = height;
    }
    if let Some(level) = args.log_level {
        config.log.level = level;
    }
    if let Some(format) = args.log_format {
        config.log.format = format;
    }
    process::init_log(&config.log)?;
    Ok(process::run(&Start { home, config })?)
}
