//! `slsbftd tx requests`

use clap::Subcommand;
use slsbft_proto::requests::v1::MsgPost;
use slsbft_types::Amount;

use super::{
    super::{Global, Outcome, values},
    Sender, With,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Ask for what is at a URL; `slsbftd query requests show` has the answer
    #[command(
        after_help = "Examples:\n  slsbftd tx requests post https://api.example.com/rates '$.ankr.usd' --decimals 4 --from alice\n\n\
        Hosts that may be asked are in `slsbftd query requests params`. Edge nodes answer: see `slsbftd edge`."
    )]
    Post {
        /// Where the JSON document is
        url: String,
        /// Where the answer is in it: `$`, then `.name` and `[index]`
        path: String,
        /// Round a number to so many decimal places
        #[arg(long, value_name = "PLACES")]
        decimals: Option<u32>,
        /// What the answer is worth: 100ankr [default: the chain's least]
        #[arg(long, value_name = "AMOUNT", value_parser = values::amount)]
        fee: Option<Amount>,
    },
}

pub async fn run(command: Command, with: &With, global: &Global) -> Outcome {
    let sender = Sender::new(with, global).await?;
    let Command::Post {
        url,
        path,
        decimals,
        fee,
    } = command;
    let fee = match fee {
        Some(amount) => amount.to_string(),
        None => sender.client.requests_params().await?.min_fee,
    };
    let message = MsgPost {
        poster: sender.address(),
        url,
        path,
        decimals,
        fee,
        callback_gas: 0,
    };
    sender.send(&message).await
}
