//! `slsbftd tx slashing`

use clap::Subcommand;
use slsbft_client::messages;

use super::{
    super::{Global, Outcome},
    Sender, With,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Let your validator stand for election again, once its jail time is over
    #[command(after_help = "Examples:\n  slsbftd tx slashing unjail --from alice\n\n\
        Mend first what it was jailed for. It is a candidate again at the next epoch boundary.")]
    Unjail,
}

pub async fn run(command: Command, with: &With, global: &Global) -> Outcome {
    let sender = Sender::new(with, global).await?;
    match command {
        Command::Unjail => sender.send(&messages::unjail(&sender.key.address)).await,
    }
}
