//! `slsbftd query beacon`

use clap::Subcommand;
use prost::{Message, Name};
use serde_json::{Value, json};
use slsbft_client::{Client, beacon};

use super::{
    super::{Global, options::Failure, render, values},
    With,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// The beacon after the latest block, and the seed of the running epoch
    #[command(after_help = "Examples:\n  slsbftd query beacon show")]
    Show,
    /// What recent blocks gave to the beacon, oldest first
    #[command(after_help = "Examples:\n  slsbftd query beacon history --output json")]
    History,
    /// The seeds of finished epochs, oldest first
    #[command(after_help = "Examples:\n  slsbftd query beacon seeds")]
    Seeds,
    /// Who proposes the next block in its first round, and all seats
    #[command(after_help = "Examples:\n  slsbftd query beacon proposer")]
    Proposer,
    /// A validator's VRF key, and that of the seat it has now
    #[command(after_help = "Examples:\n  slsbftd query beacon vrf-key ankrvaloper1…")]
    VrfKey {
        /// ankrvaloper1…, ankr1… or the name of a key
        #[arg(value_name = "VALIDATOR")]
        operator: String,
    },
    /// Follow the beacon from one you trust, and believe the node nothing
    #[command(
        after_help = "Examples:\n  slsbftd query beacon verify                 from the first block on\n  \
        slsbftd query beacon verify --from 6cb21a32…\n\n\
        Fails unless proofs lead from the trusted beacon to the one the node shows. Whose turn each block\n\
        was, it does not check: that needs the validator sets of its headers."
    )]
    Verify {
        /// The beacon after some block, 64 hexadecimal digits [default: the chain's first]
        #[arg(long = "from", value_name = "BEACON", value_parser = values::hash)]
        trusted: Option<[u8; 32]>,
        /// The chain [default: the node's]
        #[arg(long, value_name = "ID")]
        chain_id: Option<String>,
    },
}

pub async fn run(command: Command, client: &Client, with: &With, global: &Global) -> Result<Value, Failure> {
    match command {
        Command::Show => render::hexed(&client.beacon().await?),
        Command::History => {
            let found = client.beacon_history().await?;
            Ok(json!({ "contributions": hexed(&found)? }))
        }
        Command::Seeds => Ok(json!({ "seeds": hexed(&client.epoch_seeds().await?)? })),
        Command::Proposer => render::hexed(&client.next_proposer().await?),
        Command::VrfKey { operator } => {
            let operator = with.keyring.operator(global, &operator)?;
            render::hexed(&client.vrf_key(&operator).await?)
        }
        Command::Verify { trusted, chain_id } => {
            let chain_id = match chain_id {
                Some(given) => given,
                None => client.chain_id().await?,
            };
            let trusted = trusted.unwrap_or_else(|| beacon::first(&chain_id));
            let followed = client.follow_beacon(&chain_id, trusted).await??;
            Ok(json!({
                "chain": chain_id,
                "from": hex::encode(trusted),
                "contributions": followed.contributions,
                "height": followed.height.map(|height| height.to_string()),
                "beacon": hex::encode(followed.beacon),
            }))
        }
    }
}

fn hexed<M: Message + Name>(messages: &[M]) -> Result<Vec<Value>, Failure> {
    messages.iter().map(render::hexed).collect()
}
