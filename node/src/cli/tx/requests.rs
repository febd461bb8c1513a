//! `slsbftd tx requests`

use clap::Subcommand;
use slsbft_proto::requests::v1::{MsgPost, Task};
use slsbft_types::Amount;

use super::{
    super::{Global, Outcome, options::Failure, values},
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
    /// Have nodes run a code off the chain; `slsbftd query requests show` has its output
    #[command(
        after_help = "Examples:\n  slsbftd tx requests task 3 '1000000' --task-gas 500000000 --from alice\n\n\
        The code exports `compute`: docs/contracts/requests.md. `slsbftd wasm run` tries it out."
    )]
    Task {
        /// The code's id
        code_id: u64,
        /// What `compute` gets as its message
        input: String,
        /// The most gas that it may use
        #[arg(long, value_name = "GAS")]
        task_gas: u64,
        /// What the output is worth: 100ankr [default: the chain's least for that gas]
        #[arg(long, value_name = "AMOUNT", value_parser = values::amount)]
        fee: Option<Amount>,
    },
}

pub async fn run(command: Command, with: &With, global: &Global) -> Outcome {
    let sender = Sender::new(with, global).await?;
    let message = match command {
        Command::Post {
            url,
            path,
            decimals,
            fee,
        } => MsgPost {
            url,
            path,
            decimals,
            fee: fee.unwrap_or(least_fee(&sender, 0).await?).to_string(),
            ..MsgPost::default()
        },
        Command::Task {
            code_id,
            input,
            task_gas,
            fee,
        } => MsgPost {
            fee: fee.unwrap_or(least_fee(&sender, task_gas).await?).to_string(),
            task: Some(Task {
                code_id,
                input: input.into_bytes().into(),
                gas: task_gas,
            }),
            ..MsgPost::default()
        },
    };
    let poster = sender.address();
    sender.send(&MsgPost { poster, ..message }).await
}

/// The least that the chain takes for a request with a task of so much gas, or with none.
async fn least_fee(sender: &Sender<'_>, gas: u64) -> Result<Amount, Failure> {
    let params = sender.client.requests_params().await?;
    let (fee, price): (Amount, Amount) = (params.min_fee.parse()?, params.task_price.parse()?);
    let gas = price.value().saturating_mul(gas.into()).div_ceil(1_000_000);
    Ok(fee.add(Amount::new(gas))?)
}
