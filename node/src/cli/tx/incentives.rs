//! `slsbftd tx incentives`

use clap::Subcommand;
use slsbft_client::messages;

use super::{
    super::{Global, Outcome},
    Sender, With,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Withdraw what you have earned by serving and consuming
    #[command(after_help = "Examples:\n  slsbftd tx incentives withdraw --from alice\n\n\
        `slsbftd query incentives earned alice` shows how much it is.")]
    Withdraw,
}

pub async fn run(command: Command, with: &With, global: &Global) -> Outcome {
    let sender = Sender::new(with, global).await?;
    match command {
        Command::Withdraw => {
            let message = messages::withdraw_incentives(&sender.key.address);
            sender.send(&message).await
        }
    }
}
