//! `slsbftd query incentives`

use clap::Subcommand;
use serde_json::Value;
use slsbft_client::Client;

use super::{
    super::{Global, options::Failure, render},
    With,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// What is left to release, what rolls over, and the last epoch's reward, in uankr
    #[command(after_help = "Examples:\n  slsbftd query incentives pools")]
    Pools,
    /// What an account has earned by serving and consuming, in uankr
    #[command(after_help = "Examples:\n  slsbftd query incentives earned alice")]
    Earned {
        /// An address, or the name of a key
        account: String,
    },
    /// The rules: the four parts, and their bounds
    #[command(after_help = "Examples:\n  slsbftd query incentives params")]
    Params,
}

pub async fn run(command: Command, client: &Client, with: &With, global: &Global) -> Result<Value, Failure> {
    match command {
        Command::Pools => render::proto(&client.incentives_pools().await?),
        Command::Earned { account } => {
            let account = with.keyring.address(global, &account)?;
            render::proto(&client.earned(&account).await?)
        }
        Command::Params => render::proto(&client.incentives_params().await?),
    }
}
