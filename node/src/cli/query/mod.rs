//! `slsbftd query`: read the chain's state, transactions and blocks.

mod bank;
mod beacon;
mod distribution;
mod election;
mod hooks;
mod incentives;
mod metering;
mod requests;
mod service;
mod slashing;
mod staking;
mod wasm;

use clap::Subcommand;
use prost::Message;
use serde_json::{Value, json};
use slsbft_client::{Client, KeyKind, TxHash};

use super::{
    Global, Outcome, block_on,
    options::{Failure, KeyringOptions, NodeOptions, OutputOptions},
    render,
};

const EXAMPLES: &str = "\
Examples:
  slsbftd query bank balances alice
  slsbftd query bank total
  slsbftd query auth account ankr1…
  slsbftd query staking validators
  slsbftd query distribution rewards bob
  slsbftd query election show
  slsbftd query beacon verify
  slsbftd query metering offers --provider alice
  slsbftd query metering deal 12 --output json
  slsbftd query wasm contract-state smart ankr1… '{\"token_info\":{}}'
  slsbftd query tx 5D8A…
  slsbftd query block";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    with: With,
}

/// The options of every command under `query`.
#[derive(Debug, clap::Args)]
struct With {
    #[command(flatten)]
    node: NodeOptions,
    #[command(flatten)]
    keyring: KeyringOptions,
    #[command(flatten)]
    output: OutputOptions,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Balances, supply, denominations
    #[command(subcommand)]
    Bank(bank::Command),
    /// Accounts
    #[command(subcommand)]
    Auth(AuthCommand),
    /// Validators, delegations and what is on its way back
    #[command(subcommand)]
    Staking(staking::Command),
    /// Rewards and commissions
    #[command(subcommand)]
    Distribution(distribution::Command),
    /// Who signs, and who is jailed
    #[command(subcommand)]
    Slashing(slashing::Command),
    /// The beacon, seeds, VRF keys and whose turn it is
    #[command(subcommand)]
    Beacon(beacon::Command),
    /// Who was elected, and why
    #[command(subcommand)]
    Election(election::Command),
    /// Providers, service levels and audits
    #[command(subcommand)]
    Service(service::Command),
    /// Mining rewards
    #[command(subcommand)]
    Incentives(incentives::Command),
    /// Offers, deals and the rules of metering
    #[command(subcommand)]
    Metering(metering::Command),
    /// Contracts and their code
    #[command(subcommand)]
    Wasm(wasm::Command),
    /// What the chain calls contracts for
    #[command(subcommand)]
    Hooks(hooks::Command),
    /// Questions to the world outside, and their answers
    #[command(subcommand)]
    Requests(requests::Command),
    /// A transaction by its hash
    #[command(after_help = "Examples:\n  slsbftd query tx 5D8A…")]
    Tx {
        /// Its 64 hexadecimal digits
        hash: TxHash,
    },
    /// A block, the latest unless a height is given
    #[command(after_help = "Examples:\n  slsbftd query block\n  slsbftd query block 100 --output json")]
    Block {
        /// [default: the latest]
        height: Option<u64>,
    },
}

#[derive(Debug, Subcommand)]
enum AuthCommand {
    /// Number, sequence and public key of an account
    #[command(after_help = "Examples:\n  slsbftd query auth account alice")]
    Account {
        /// An address, or the name of a key
        account: String,
    },
}

pub fn run(args: Args, global: &Global) -> Outcome {
    let Args { command, with } = args;
    let shown = block_on(async {
        let client = with.node.connect(global).await?;
        let value = match command {
            Command::Election(command) => return election::run(command, &client, &with, global).await,
            Command::Bank(command) => bank::run(command, &client, &with, global).await,
            Command::Staking(command) => staking::run(command, &client, &with, global).await,
            Command::Distribution(command) => distribution::run(command, &client, &with, global).await,
            Command::Slashing(command) => slashing::run(command, &client, &with, global).await,
            Command::Beacon(command) => beacon::run(command, &client, &with, global).await,
            Command::Service(command) => service::run(command, &client, &with, global).await,
            Command::Incentives(command) => incentives::run(command, &client, &with, global).await,
            Command::Auth(AuthCommand::Account { account }) => {
                let address = with.keyring.address(global, &account)?;
                self::account(&client, &address).await
            }
            Command::Metering(command) => metering::run(command, &client, &with, global).await,
            Command::Wasm(command) => wasm::run(command, &client, &with, global).await,
            Command::Hooks(command) => hooks::run(command, &client).await,
            Command::Requests(command) => requests::run(command, &client, &with, global).await,
            Command::Tx { hash } => render::proto(&client.tx_response(hash).await?),
            Command::Block { height } => block(&client, height).await,
        };
        value.map(Shown::from)
    })??;
    match shown.text {
        Some(text) if !with.output.is_json() => put!("{text}"),
        _ => with.output.print(&shown.value)?,
    }
    Ok(())
}

/// What a query found, and how people read it if not line by line.
struct Shown {
    value: Value,
    text: Option<String>,
}

impl From<Value> for Shown {
    fn from(value: Value) -> Self {
        Self { value, text: None }
    }
}

async fn account(client: &Client, address: &slsbft_types::Address) -> Result<Value, Failure> {
    let account = client.account(address).await?;
    let key = account
        .public_key
        .map(|key| json!({ "type": KeyKind::of(&key).as_str(), "hex": hex::encode(key.as_bytes()) }));
    Ok(json!({
        "address": account.address.to_string(),
        "account_number": account.number.to_string(),
        "sequence": account.sequence.to_string(),
        "public_key": key,
    }))
}

async fn block(client: &Client, height: Option<u64>) -> Result<Value, Failure> {
    let (id, block) = client.block(height).await?;
    Ok(json!({
        "block_id": render::bytes("tendermint.types.BlockID", &id.encode_to_vec())?,
        "block": render::bytes("tendermint.types.Block", &block.encode_to_vec())?,
    }))
}
