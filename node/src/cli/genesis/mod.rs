//! `slsbftd genesis`: make, fill and check the document a chain starts from.

mod gentx;

use std::{
    fs,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use clap::{Subcommand, ValueEnum};
use slsbft_genesis::{Allocation, Genesis, Vesting, local, mainnet};
use slsbft_types::{Coins, Time};
use slsbft_wasm::{Config as VmConfig, Vm};

use super::{Global, Outcome, options::KeyringOptions, values};
use crate::config::Home;

const EXAMPLES: &str = "\
Examples:
  slsbftd genesis add-account alice 1000000ankr     coins for an account
  slsbftd genesis gentx alice 500000ankr            stake some of them: a candidate for the first set
  slsbftd genesis collect                           put the candidates into the document
  slsbftd genesis validate
  slsbftd genesis preset local --chain-id slsbft-local-1 --output genesis.json

Without --genesis the document of the home is meant.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    keyring: KeyringOptions,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a new document
    #[command(
        after_help = "Examples:\n  slsbftd genesis preset local --chain-id slsbft-local-1 --output genesis.json\n  slsbftd genesis preset mainnet --chain-id slsbft-1 --allocation allocation.json --output genesis.json"
    )]
    Preset {
        /// Which chain
        preset: Preset,
        /// Its name
        #[arg(long, value_name = "ID")]
        chain_id: String,
        /// JSON list of {purpose, address, amount} in uankr (mainnet)
        #[arg(long, value_name = "FILE", required_if_eq("preset", "mainnet"))]
        allocation: Option<PathBuf>,
        /// When the chain starts, in Unix seconds [default: now]
        #[arg(long, value_name = "SECONDS")]
        genesis_time: Option<i64>,
        /// Where to write it [default: that of the home]; never overwritten
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Add an account with a balance
    #[command(
        after_help = "Examples:\n  slsbftd genesis add-account alice 1000000ankr\n  slsbftd genesis add-account ankr1… 1000ankr --genesis genesis.json"
    )]
    AddAccount {
        /// Whose: an address, or the name of a key
        account: String,
        /// As in 1000ankr or 1000000000uankr; several denominations with commas
        #[arg(value_parser = values::coins)]
        coins: Coins,
        /// The coins come free evenly from here on, in Unix seconds
        #[arg(long, value_name = "SECONDS", requires = "vesting_end")]
        vesting_start: Option<i64>,
        /// … until here
        #[arg(long, value_name = "SECONDS", requires = "vesting_start")]
        vesting_end: Option<i64>,
        /// The document [default: that of the home]
        #[arg(long, value_name = "FILE")]
        genesis: Option<PathBuf>,
    },
    /// Sign a genesis transaction: a candidate for the first validators
    Gentx(Box<gentx::MakeArgs>),
    /// Put genesis transactions into the document
    Collect(gentx::CollectArgs),
    /// Check a document; an error names the path of the bad field
    #[command(after_help = "Examples:\n  slsbftd genesis validate genesis.json")]
    Validate {
        /// [default: that of the home]
        file: Option<PathBuf>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Preset {
    /// One machine: short epochs and windows
    Local,
    /// The chain itself: allocation and vesting
    Mainnet,
}

pub fn run(args: Args, global: &Global) -> Outcome {
    let place = |given: Option<PathBuf>| given.unwrap_or_else(|| Home::new(global.home()).genesis());
    match args.command {
        Command::Preset {
            preset,
            chain_id,
            allocation,
            genesis_time,
            output,
        } => {
            let time = genesis_time.map_or_else(now, Time::from_seconds);
            let genesis = match (preset, allocation) {
                (Preset::Mainnet, Some(file)) => {
                    mainnet(&chain_id, time, &Allocation::list_from_json(&read_file(&file)?)?)?
                }
                _ => local(&chain_id, time),
            };
            genesis.validate()?;
            let path = place(output);
            if path.exists() {
                return Err(format!(
                    "{} exists already; name another file with --output",
                    path.display()
                )
                .into());
            }
            write(&path, &genesis)?;
            say!("wrote {}", path.display());
        }
        Command::AddAccount {
            account,
            coins,
            vesting_start,
            vesting_end,
            genesis,
        } => {
            let vesting = vesting_start
                .zip(vesting_end)
                .map(|(start, end)| Vesting { start, end });
            let address = args.keyring.address(global, &account)?;
            let path = place(genesis);
            let mut genesis = read(&path)?;
            genesis.add_account(address, coins.clone(), vesting)?;
            genesis.validate()?;
            write(&path, &genesis)?;
            say!("{address} starts with {coins}");
        }
        Command::Gentx(make) => gentx::make(*make, &args.keyring, global)?,
        Command::Collect(collect) => gentx::collect(collect, global)?,
        Command::Validate { file } => {
            let path = place(file);
            let genesis = read(&path)?;
            genesis
                .validate()
                .map_err(|error| format!("{}: {error}", path.display()))?;
            check_codes(&genesis).map_err(|error| format!("{}: {error}", path.display()))?;
            let candidates =
                gentx::check(&genesis).map_err(|error| format!("{}: {error}", path.display()))?;
            say!(
                "ok: {}, {} genesis transactions",
                genesis.chain_id,
                candidates.len()
            );
        }
    }
    Ok(())
}

/// Whether the VM takes the contracts' codes, as every node does at the first start.
fn check_codes(genesis: &Genesis) -> Result<(), String> {
    let codes = &genesis.app_state.contracts.codes;
    if codes.is_empty() {
        return Ok(());
    }
    let vm = Vm::new(VmConfig::default()).map_err(|fault| fault.to_string())?;
    for (i, code) in codes.iter().enumerate() {
        vm.check(&code.bytes.0)
            .map_err(|refusal| format!("app_state.contracts.codes[{i}].bytes: {refusal}"))?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<Genesis, String> {
    Genesis::from_json(&read_file(path)?).map_err(|error| format!("{}: {error}", path.display()))
}

fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// Replaces the file at once: what was there is whole or gone.
fn write(path: &Path, genesis: &Genesis) -> Outcome {
    let staging = path.with_extension("new");
    let failed = |error| format!("cannot write {}: {error}", path.display());
    fs::write(&staging, genesis.to_json()?).map_err(failed)?;
    fs::rename(&staging, path).map_err(failed)?;
    Ok(())
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_seconds(since.as_secs().cast_signed())
}
