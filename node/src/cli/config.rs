//! `slsbftd config`

use std::{fs, path::PathBuf};

use clap::{Subcommand, ValueEnum};

use super::{Global, Outcome};
use crate::{
    config::{self, AppConfig, CometConfig, Home, default_app_toml, default_config_toml},
    process,
};

const EXAMPLES: &str = "\
Examples:
  slsbftd config show app                                print app.toml
  slsbftd config get app grpc.address
  slsbftd config set app grpc.address 0.0.0.0:9090
  slsbftd config set config p2p.persistent_peers ID@HOST:26656
  slsbftd config check                                   would a node start with it?

A running node reads its settings when it starts.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// Which file.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum File {
    /// config/app.toml: the application and its services
    App,
    /// config/config.toml: CometBFT
    Config,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print a file of the home
    #[command(after_help = "Examples:\n  slsbftd config show app")]
    Show {
        /// Which file
        file: File,
    },
    /// Print a file as `init` writes it, with every key and its meaning
    #[command(after_help = "Examples:\n  slsbftd config default app > app.toml")]
    Default {
        /// Which file
        file: File,
    },
    /// Print one value
    #[command(after_help = "Examples:\n  slsbftd config get config p2p.laddr")]
    Get {
        /// Which file
        file: File,
        /// As in grpc.address
        key: String,
    },
    /// Change one value; comments stay
    #[command(
        after_help = "Examples:\n  slsbftd config set app grpc.address 0.0.0.0:9090\n  slsbftd config set config consensus.timeout_commit 2s"
    )]
    Set {
        /// Which file
        file: File,
        /// As in grpc.address
        key: String,
        /// What it shall be
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
    /// Check both files, the keys and the genesis
    #[command(after_help = "Examples:\n  slsbftd config check --home /var/lib/slsbft")]
    Check,
}

impl File {
    fn path(self, home: &Home) -> PathBuf {
        match self {
            Self::App => home.app_toml(),
            Self::Config => home.config_toml(),
        }
    }
}

pub fn run(args: Args, global: &Global) -> Outcome {
    let home = Home::new(global.home());
    match args.command {
        Command::Show { file } => {
            let path = file.path(&home);
            let text = fs::read_to_string(&path)
                .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
            put!("{text}");
        }
        Command::Default { file: File::App } => put!("{}", default_app_toml()),
        Command::Default { file: File::Config } => put!("{}", default_config_toml()),
        Command::Get { file, key } => say!("{}", config::get(&file.path(&home), &key)?),
        Command::Set { file, key, value } => {
            let path = file.path(&home);
            let text = config::set(&path, &key, &value)?;
            // Never write what a node would refuse to start with.
            match file {
                File::App => drop(AppConfig::parse(&text, &path)?),
                File::Config => {
                    CometConfig::check_names(&text)?;
                    drop(CometConfig::parse(&text, &path)?.listens_on()?);
                }
            }
            config::replace(&path, &text)?;
        }
        Command::Check => {
            AppConfig::read(&home.app_toml())?;
            process::check(&home)?;
            let text = fs::read_to_string(home.config_toml()).unwrap_or_default();
            CometConfig::check_names(&text)?;
            say!("ok");
        }
    }
    Ok(())
}
