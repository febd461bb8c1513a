//! `slsbftd query bank`

use clap::Subcommand;
use serde_json::{Value, json};
use slsbft_client::Client;

use super::{
    super::{Global, options::Failure, render},
    With,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// What an account has
    #[command(
        after_help = "Examples:\n  slsbftd query bank balances alice\n  slsbftd query bank balances ankr1… --denom uankr"
    )]
    Balances {
        /// An address, or the name of a key
        account: String,
        /// Only this denomination
        #[arg(long)]
        denom: Option<String>,
    },
    /// All there is of each denomination
    #[command(after_help = "Examples:\n  slsbftd query bank total")]
    Total,
    /// Names and units of a denomination
    #[command(after_help = "Examples:\n  slsbftd query bank denom-metadata uankr")]
    DenomMetadata {
        /// As in uankr
        denom: String,
    },
}

pub async fn run(command: Command, client: &Client, with: &With, global: &Global) -> Result<Value, Failure> {
    match command {
        Command::Balances {
            account,
            denom: Some(denom),
        } => {
            let address = with.keyring.address(global, &account)?;
            let amount = client.balance(&address, &denom).await?;
            Ok(json!({ "denom": denom, "amount": amount }))
        }
        Command::Balances { account, denom: None } => {
            let address = with.keyring.address(global, &account)?;
            Ok(json!({ "balances": client.balances(&address).await? }))
        }
        Command::Total => Ok(json!({ "supply": client.total_supply().await? })),
        Command::DenomMetadata { denom } => render::proto(&client.denom_metadata(&denom).await?),
    }
}
