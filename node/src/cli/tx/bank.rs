//! `slsbftd tx bank`

use clap::Subcommand;
use cosmos_sdk_proto::cosmos::bank::v1beta1::{Input, MsgMultiSend, MsgSend, Output};
use slsbft_types::{Coin, Coins};

use super::{
    super::{Global, Outcome, values},
    Sender, With,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send coins to one account
    #[command(
        after_help = "Examples:\n  slsbftd tx bank send alice ankr1… 5ankr\n  slsbftd tx bank send alice bob 250000uankr --note rent --yes"
    )]
    Send {
        /// Who pays: name or address of a key
        from: String,
        /// Who receives: an address, or the name of a key
        to: String,
        /// How much: 5ankr, 0.25ankr or 250000uankr
        #[arg(value_parser = values::coin)]
        amount: Coin,
    },
    /// Send the same amount to several accounts
    #[command(after_help = "Examples:\n  slsbftd tx bank multi-send alice ankr1… ankr1… 5ankr")]
    MultiSend {
        /// Who pays: name or address of a key
        from: String,
        /// Who receives, one or more, then how much each of them
        #[arg(required = true, num_args = 2.., value_names = ["TO", "AMOUNT"])]
        to_and_amount: Vec<String>,
    },
}

pub async fn run(command: Command, with: &With, global: &Global) -> Outcome {
    match command {
        Command::Send { from, to, amount } => {
            let to = with.keyring.address(global, &to)?;
            let sender = Sender::named(&from, with, global).await?;
            let amount = Coins::new(vec![amount])?.to_proto();
            sender
                .send(&MsgSend {
                    from_address: sender.address(),
                    to_address: to.to_string(),
                    amount,
                })
                .await
        }
        Command::MultiSend { from, to_and_amount } => {
            let (amount, to) = to_and_amount
                .split_last()
                .ok_or("say who receives, and how much")?;
            let each = values::coin(amount)?;
            let sender = Sender::named(&from, with, global).await?;
            sender
                .send(&multi_send(&sender.address(), to, each, with, global)?)
                .await
        }
    }
}

fn multi_send(
    from: &str,
    to: &[String],
    each: Coin,
    with: &With,
    global: &Global,
) -> Result<MsgMultiSend, super::super::options::Failure> {
    let count = u128::try_from(to.len())?;
    let total = Coin {
        amount: each.amount.mul(count)?,
        denom: each.denom.clone(),
    };
    let each = Coins::new(vec![each])?.to_proto();
    let outputs = to
        .iter()
        .map(|to| {
            let address = with.keyring.address(global, to)?.to_string();
            Ok(Output {
                address,
                coins: each.clone(),
            })
        })
        .collect::<Result<_, super::super::options::Failure>>()?;
    let inputs = vec![Input {
        address: from.to_owned(),
        coins: Coins::new(vec![total])?.to_proto(),
    }];
    Ok(MsgMultiSend { inputs, outputs })
}
