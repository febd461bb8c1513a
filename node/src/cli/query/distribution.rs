//! `slsbftd query distribution`

use clap::Subcommand;
use serde_json::{Value, json};
use slsbft_client::Client;

use super::{
    super::{Global, options::Failure, render},
    With,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// What a delegator can withdraw, in uankr
    #[command(after_help = "Examples:\n  slsbftd query distribution rewards bob\n  \
        slsbftd query distribution rewards bob --validator ankrvaloper1…")]
    Rewards {
        /// An address, or the name of a key
        delegator: String,
        /// Only from this one: ankrvaloper1…, ankr1… or the name of a key
        #[arg(long, value_name = "VALIDATOR")]
        validator: Option<String>,
    },
    /// What a validator can withdraw of its commission, in uankr
    #[command(after_help = "Examples:\n  slsbftd query distribution commission ankrvaloper1…")]
    Commission {
        /// ankrvaloper1…, ankr1… or the name of a key
        #[arg(value_name = "VALIDATOR")]
        operator: String,
    },
    /// What a validator and its delegators together have not withdrawn, in uankr
    #[command(after_help = "Examples:\n  slsbftd query distribution outstanding ankrvaloper1…")]
    Outstanding {
        /// ankrvaloper1…, ankr1… or the name of a key
        #[arg(value_name = "VALIDATOR")]
        operator: String,
    },
    /// Where a delegator's rewards go
    #[command(after_help = "Examples:\n  slsbftd query distribution withdraw-address bob")]
    WithdrawAddress {
        /// An address, or the name of a key
        delegator: String,
    },
    /// How often and how much a validator was slashed
    #[command(after_help = "Examples:\n  slsbftd query distribution slashes ankrvaloper1…")]
    Slashes {
        /// ankrvaloper1…, ankr1… or the name of a key
        #[arg(value_name = "VALIDATOR")]
        operator: String,
    },
    /// What the chain may spend for all, in uankr
    #[command(after_help = "Examples:\n  slsbftd query distribution community-pool")]
    CommunityPool,
    /// The rules
    #[command(after_help = "Examples:\n  slsbftd query distribution params")]
    Params,
}

pub async fn run(command: Command, client: &Client, with: &With, global: &Global) -> Result<Value, Failure> {
    let address = |text: &str| with.keyring.address(global, text);
    let operator = |text: &str| with.keyring.operator(global, text);
    match command {
        Command::Rewards {
            delegator,
            validator: Some(validator),
        } => {
            let (delegator, operator) = (address(&delegator)?, operator(&validator)?);
            let found = client.rewards_from(&delegator, &operator).await?;
            Ok(json!({ "rewards": render::list(&found)? }))
        }
        Command::Rewards {
            delegator,
            validator: None,
        } => {
            let found = client.rewards(&address(&delegator)?).await?;
            Ok(json!({ "rewards": render::list(&found.rewards)?, "total": render::list(&found.total)? }))
        }
        Command::Commission { operator: text } => {
            let found = client.commission(&operator(&text)?).await?;
            Ok(json!({ "commission": render::list(&found)? }))
        }
        Command::Outstanding { operator: text } => {
            let found = client.outstanding_rewards(&operator(&text)?).await?;
            Ok(json!({ "rewards": render::list(&found)? }))
        }
        Command::WithdrawAddress { delegator } => {
            let found = client.withdraw_address(&address(&delegator)?).await?;
            Ok(json!({ "withdraw_address": found }))
        }
        Command::Slashes { operator: text } => {
            let found = client.slashes(&operator(&text)?).await?;
            Ok(json!({ "slashes": render::list(&found)? }))
        }
        Command::CommunityPool => Ok(json!({ "pool": render::list(&client.community_pool().await?)? })),
        Command::Params => render::proto(&client.distribution_params().await?),
    }
}
