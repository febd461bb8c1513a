//! `slsbftd query staking`

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};
use slsbft_client::Client;

use super::{
    super::{Global, options::Failure, render},
    With,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// All validators: those in the set, and those who would be
    #[command(
        after_help = "Examples:\n  slsbftd query staking validators\n  slsbftd query staking validators --status bonded"
    )]
    Validators {
        /// Only those
        #[arg(long)]
        status: Option<Status>,
    },
    /// One validator
    #[command(after_help = "Examples:\n  slsbftd query staking validator ankrvaloper1…")]
    Validator {
        /// ankrvaloper1…, ankr1… or the name of a key
        #[arg(value_name = "VALIDATOR")]
        operator: String,
    },
    /// Who has staked how much: of a delegator, with a validator, or of one with the other
    #[command(
        visible_alias = "delegation",
        after_help = "Examples:\n  slsbftd query staking delegations bob\n  \
        slsbftd query staking delegations --validator ankrvaloper1…\n  \
        slsbftd query staking delegations bob --validator ankrvaloper1…"
    )]
    Delegations {
        #[command(flatten)]
        of: Pair,
    },
    /// Stake on its way back, and when it is free
    #[command(
        visible_alias = "unbondings",
        after_help = "Examples:\n  slsbftd query staking unbonding bob\n  \
        slsbftd query staking unbonding --validator ankrvaloper1…"
    )]
    Unbonding {
        #[command(flatten)]
        of: Pair,
    },
    /// Stake that moved and still answers for the validator it came from
    #[command(after_help = "Examples:\n  slsbftd query staking redelegations bob")]
    Redelegations {
        /// An address, or the name of a key
        delegator: String,
    },
    /// All stake, and all that is on its way back
    #[command(after_help = "Examples:\n  slsbftd query staking pool")]
    Pool,
    /// The rules: unbonding time, seats, entries
    #[command(after_help = "Examples:\n  slsbftd query staking params")]
    Params,
}

/// A delegator, a validator, or both.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
pub struct Pair {
    /// An address, or the name of a key
    delegator: Option<String>,
    /// ankrvaloper1…, ankr1… or the name of a key
    #[arg(long, value_name = "VALIDATOR")]
    validator: Option<String>,
}

/// Whether a validator is in the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Status {
    /// In the set
    Bonded,
    /// Out of it, and answering for what it signed
    Unbonding,
    /// Out of it
    Unbonded,
}

impl Status {
    /// Cosmos's name for it.
    fn wire(self) -> &'static str {
        match self {
            Self::Bonded => "BOND_STATUS_BONDED",
            Self::Unbonding => "BOND_STATUS_UNBONDING",
            Self::Unbonded => "BOND_STATUS_UNBONDED",
        }
    }
}

pub async fn run(command: Command, client: &Client, with: &With, global: &Global) -> Result<Value, Failure> {
    let address = |text: &str| with.keyring.address(global, text);
    let operator = |text: &str| with.keyring.operator(global, text);
    match command {
        Command::Validators { status } => {
            let found = client.validators(status.map(Status::wire)).await?;
            Ok(json!({ "validators": render::list(&found)? }))
        }
        Command::Validator { operator: text } => render::proto(&client.validator(&operator(&text)?).await?),
        Command::Delegations { of } => {
            let found = match (&of.delegator, &of.validator) {
                (Some(delegator), Some(validator)) => {
                    let (delegator, operator) = (address(delegator)?, operator(validator)?);
                    vec![client.delegation(&delegator, &operator).await?]
                }
                (Some(delegator), None) => client.delegations(&address(delegator)?).await?,
                (None, validator) => {
                    let validator = operator(validator.as_deref().unwrap_or_default())?;
                    client.delegations_to(&validator).await?
                }
            };
            Ok(json!({ "delegations": render::list(&found)? }))
        }
        Command::Unbonding { of } => {
            let found = match (&of.delegator, &of.validator) {
                (Some(delegator), Some(validator)) => {
                    let (delegator, operator) = (address(delegator)?, operator(validator)?);
                    vec![client.unbonding(&delegator, &operator).await?]
                }
                (Some(delegator), None) => client.unbondings(&address(delegator)?).await?,
                (None, validator) => {
                    let validator = operator(validator.as_deref().unwrap_or_default())?;
                    client.unbondings_from(&validator).await?
                }
            };
            Ok(json!({ "unbonding": render::list(&found)? }))
        }
        Command::Redelegations { delegator } => {
            let found = client.redelegations(&address(&delegator)?).await?;
            Ok(json!({ "redelegations": render::list(&found)? }))
        }
        Command::Pool => render::proto(&client.staking_pool().await?),
        Command::Params => render::proto(&client.staking_params().await?),
    }
}
