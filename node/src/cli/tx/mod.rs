//! `slsbftd tx`: make, sign and send transactions.

mod bank;
mod beacon;
mod distribution;
mod incentives;
mod metering;
mod offline;
mod options;
mod requests;
mod sender;
mod service;
mod slashing;
mod staking;
mod wasm;

use clap::Subcommand;

use super::{
    Global, Outcome, block_on,
    options::{KeyringOptions, NodeOptions, OutputOptions},
};
use options::TxOptions;
pub use sender::Sender;
pub use wasm::{json as json_text, packed};

const EXAMPLES: &str = "\
Examples:
  slsbftd tx bank send alice ankr1… 5ankr
  slsbftd tx bank send alice ankr1… 5ankr --dry-run          what it would cost
  slsbftd tx staking delegate ankrvaloper1… 100ankr --from alice
  slsbftd tx distribution withdraw-all-rewards --from alice
  slsbftd tx metering open-deal 7 --from alice --escrow 50ankr --session-key gateway
  slsbftd tx wasm execute ankr1… '{\"increment\":{}}' --from alice
  slsbftd tx bank send alice ankr1… 5ankr --generate-only > tx.json
  slsbftd tx sign tx.json --from alice > signed.json
  slsbftd tx broadcast signed.json";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    with: With,
}

/// The options of every command under `tx`.
#[derive(Debug, clap::Args)]
pub struct With {
    #[command(flatten)]
    tx: TxOptions,
    #[command(flatten)]
    node: NodeOptions,
    #[command(flatten)]
    pub keyring: KeyringOptions,
    #[command(flatten)]
    pub output: OutputOptions,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Send coins
    #[command(subcommand)]
    Bank(bank::Command),
    /// Stake, and be a validator
    #[command(subcommand)]
    Staking(staking::Command),
    /// Withdraw what stake has earned
    #[command(subcommand)]
    Distribution(distribution::Command),
    /// Leave jail
    #[command(subcommand)]
    Slashing(slashing::Command),
    /// Register the key that moves the beacon
    #[command(subcommand)]
    Beacon(beacon::Command),
    /// Register what you provide
    #[command(subcommand)]
    Service(service::Command),
    /// Withdraw mining rewards
    #[command(subcommand)]
    Incentives(incentives::Command),
    /// Sell and buy metered services
    #[command(subcommand)]
    Metering(metering::Command),
    /// Upload code, make contracts and call them
    #[command(subcommand)]
    Wasm(wasm::Command),
    /// Ask the world outside
    #[command(subcommand)]
    Requests(requests::Command),
    /// Sign a transaction made with --generate-only
    Sign(offline::SignArgs),
    /// Send a signed transaction
    Broadcast(offline::FileArgs),
    /// Say how much gas a transaction would use
    Simulate(offline::FileArgs),
}

pub fn run(args: Args, global: &Global) -> Outcome {
    let Args { command, with } = args;
    block_on(async {
        match command {
            Command::Bank(command) => bank::run(command, &with, global).await,
            Command::Staking(command) => staking::run(command, &with, global).await,
            Command::Distribution(command) => distribution::run(command, &with, global).await,
            Command::Slashing(command) => slashing::run(command, &with, global).await,
            Command::Beacon(command) => beacon::run(command, &with, global).await,
            Command::Service(command) => service::run(command, &with, global).await,
            Command::Incentives(command) => incentives::run(command, &with, global).await,
            Command::Metering(command) => metering::run(command, &with, global).await,
            Command::Wasm(command) => wasm::run(command, &with, global).await,
            Command::Requests(command) => requests::run(command, &with, global).await,
            Command::Sign(args) => offline::sign(args, &with, global).await,
            Command::Broadcast(args) => offline::broadcast(args, &with, global).await,
            Command::Simulate(args) => offline::simulate(args, &with, global).await,
        }
    })?
}
