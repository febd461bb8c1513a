//! `slsbftd query slashing`

use clap::Subcommand;
use serde_json::{Value, json};
use slsbft_client::Client;
use slsbft_types::{Address, PublicKey, address::CONSENSUS_PREFIX};

use super::{
    super::{Global, options::Failure, render},
    With,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Whether a validator signs, and whether and until when it is jailed
    #[command(
        after_help = "Examples:\n  slsbftd query slashing signing-info ankrvaloper1…\n  slsbftd query slashing signing-info ankrvalcons1…"
    )]
    SigningInfo {
        /// ankrvaloper1…, ankr1… or the name of a key; or ankrvalcons1… of a consensus key
        #[arg(value_name = "VALIDATOR")]
        validator: String,
    },
    /// The same of all validators
    #[command(after_help = "Examples:\n  slsbftd query slashing signing-infos")]
    SigningInfos,
    /// The rules: what is slashed, and by how much
    #[command(after_help = "Examples:\n  slsbftd query slashing params")]
    Params,
}

pub async fn run(command: Command, client: &Client, with: &With, global: &Global) -> Result<Value, Failure> {
    match command {
        Command::SigningInfo { validator } => {
            let consensus = if validator.starts_with(CONSENSUS_PREFIX) {
                Address::from_bech32_with(CONSENSUS_PREFIX, &validator)?
            } else {
                consensus(client, &with.keyring.operator(global, &validator)?).await?
            };
            render::proto(&client.signing_info(&consensus).await?)
        }
        Command::SigningInfos => {
            let found = client.signing_infos().await?;
            Ok(json!({ "signing_infos": render::list(&found)? }))
        }
        Command::Params => render::proto(&client.slashing_params().await?),
    }
}

/// The address of an operator's consensus key.
async fn consensus(client: &Client, operator: &Address) -> Result<Address, Failure> {
    let validator = client.validator(operator).await?;
    let key = validator.consensus_pubkey.as_ref().map(PublicKey::from_any);
    let key = key.transpose()?.ok_or("the validator has no consensus key")?;
    Ok(key.address())
}
