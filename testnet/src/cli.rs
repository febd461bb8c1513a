//! The command line.

use std::{future::Future, process::ExitCode};

use clap::{Parser, Subcommand};
use tokio::task::LocalSet;

use crate::{
    crash,
    error::{During, Result},
    load,
    service::degrade,
    status,
    tools::Tools,
    up,
};

const EXAMPLES: &str = "\
Examples:
  slsbft-testnet up                          four validators in .testnet, until Ctrl-C
  slsbft-testnet up --validators 7 --detach  seven, in the background
  slsbft-testnet status                      what a running one does
  slsbft-testnet degrade node3               let a validator's endpoint fail its audits
  slsbft-testnet degrade node3 --computing   let it answer, and prove no computing
  slsbft-testnet restore node3               let it answer and compute again
  slsbft-testnet down                        stop one that runs in the background
  slsbft-testnet load --reference kvstore    highest sustained rate, beside CometBFT's kvstore
  slsbft-testnet crash --kills 50            kill processes, compare every app hash";

/// Testnets of SLSBFT on this machine.
#[derive(Debug, Parser)]
#[command(name = "slsbft-testnet", version, after_help = EXAMPLES, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    tools: Tools,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a testnet, show a metered deal, stay up; data stays for the next start
    Up(up::Args),
    /// Stop a testnet that runs in the background
    Down(up::DownArgs),
    /// Show what a running testnet does
    Status(status::Args),
    /// Let a validator's provider fail: its service level falls and it leaves the set
    Degrade(degrade::Args),
    /// Let it answer and compute again
    Restore(degrade::Which),
    /// Find the highest rate of transfers that a new testnet sustains
    Load(load::Args),
    /// Kill processes of a new testnet and compare every app hash
    Crash(crash::Args),
}

/// Runs what the command line says.
pub fn main() -> ExitCode {
    let Cli { tools, command } = Cli::parse();
    let outcome = match command {
        Command::Up(args) => on_this_thread(async |_| up::run(&args, &tools).await),
        Command::Down(args) => on_this_thread(async |_| up::down(&args).await),
        Command::Status(args) => on_this_thread(async |_| status::run(&args).await),
        Command::Degrade(args) => degrade::degrade(&args),
        Command::Restore(args) => degrade::restore(&args),
        Command::Crash(args) => on_this_thread(async |local| crash::run(&args, &tools, local).await),
        Command::Load(args) => on_this_thread(async |local| load::run(&args, &tools, local).await),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Everything runs on the main thread: children are tied to the thread that
/// starts them, and the load generator should not take a second core.
fn on_this_thread<F: AsyncFnOnce(&LocalSet) -> Result<()>>(work: F) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.during(|| "start the runtime".into())?;
    let local = LocalSet::new();
    let all: std::pin::Pin<Box<dyn Future<Output = Result<()>>>> = Box::pin(work(&local));
    runtime.block_on(local.run_until(all))
}
