//! `slsbftd query hooks`

use clap::Subcommand;
use serde_json::{Value, json};
use slsbft_client::Client;
use slsbft_types::Address;

use super::super::{options::Failure, render};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// What a contract is called for by the chain, and for how much gas
    #[command(after_help = "Examples:\n  slsbftd query hooks subscriptions ankr1…")]
    Subscriptions {
        /// Its address
        contract: Address,
    },
    /// Calls of a contract that wait for their turn
    #[command(after_help = "Examples:\n  slsbftd query hooks inbox ankr1…")]
    Inbox {
        /// Its address
        contract: Address,
    },
}

pub async fn run(command: Command, client: &Client) -> Result<Value, Failure> {
    match command {
        Command::Subscriptions { contract } => {
            Ok(json!({ "subscriptions": render::list(&client.subscriptions(&contract).await?)? }))
        }
        Command::Inbox { contract } => {
            Ok(json!({ "waiting": render::list(&client.inbox(&contract).await?)? }))
        }
    }
}
