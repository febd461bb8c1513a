//! `slsbftd check`, `rollback`, `backup`, `restore` and `export`: what is done to a home
//! while its node is stopped.

use std::{fs, path::PathBuf};

use super::{Global, Outcome};
use crate::{
    config::{AppConfig, Home},
    process::Maintenance,
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  slsbftd check\n\nEvery balance is read: a million accounts take some seconds."
)]
pub struct Check {}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  slsbftd rollback\n\nThe node runs the block again when it starts.")]
pub struct Rollback {
    /// The CometBFT binary [default: beside slsbftd, in .tools/bin, in $PATH]
    #[arg(long, env = "SLSBFTD_COMETBFT", value_name = "PATH")]
    cometbft: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  slsbftd backup /backup/monday\n\nKeys are not in it; keep them apart.")]
pub struct Backup {
    /// A new folder; on the same disk the state costs no space
    to: PathBuf,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  slsbftd restore /backup/monday --replace\n\n\
    The home's own keys and settings stay.")]
pub struct Restore {
    /// What `slsbftd backup` made
    from: PathBuf,
    /// Give up the state and blocks this home has
    #[arg(long)]
    replace: bool,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  slsbftd export --chain-id slsbft-2 --output genesis.json\n  \
    slsbftd export --height 40000 --output genesis.json\n\n\
    Balances, deals and supply go on; blocks are counted on from the state's height.\n\
    Counts of who signed start anew."
)]
pub struct Export {
    /// Name of the chain that starts from it [default: the same]
    #[arg(long, value_name = "ID")]
    chain_id: Option<String>,
    /// Go on from the state after this block, which must be kept [default: the latest]
    #[arg(long, value_name = "HEIGHT")]
    height: Option<u64>,
    /// Where to write it [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub fn check(_: &Check, global: &Global) -> Outcome {
    let (height, supplies) = begin(global)?.check()?;
    for supply in supplies.iter() {
        say!("{}{} is the sum of all balances", supply.amount, supply.denom);
    }
    say!("the state after block {height} is sound");
    Ok(())
}

pub fn rollback(args: Rollback, global: &Global) -> Outcome {
    let home = Home::new(global.home());
    let mut config = AppConfig::read(&home.app_toml())?;
    if let Some(path) = args.cometbft {
        config.consensus.cometbft = path;
    }
    let height = Maintenance::begin(home, config)?.rollback()?;
    say!("the latest block is {height} now");
    Ok(())
}

pub fn backup(args: &Backup, global: &Global) -> Outcome {
    let height = begin(global)?.backup(&args.to)?;
    say!("height {height} is in {}", args.to.display());
    Ok(())
}

pub fn restore(args: &Restore, global: &Global) -> Outcome {
    let height = begin(global)?.restore(&args.from, args.replace)?;
    say!("the home is at height {height} now");
    Ok(())
}

pub fn export(args: &Export, global: &Global) -> Outcome {
    let json = begin(global)?
        .export(args.chain_id.as_deref(), args.height)?
        .to_json()?;
    match &args.output {
        Some(path) => {
            fs::write(path, json).map_err(|error| format!("cannot write {}: {error}", path.display()))?
        }
        None => put!("{json}"),
    }
    Ok(())
}

fn begin(global: &Global) -> Result<Maintenance, Box<dyn std::error::Error + Send + Sync>> {
    let home = Home::new(global.home());
    let config = AppConfig::read(&home.app_toml())?;
    Ok(Maintenance::begin(home, config)?)
}
