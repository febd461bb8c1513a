//! `slsbftd tx distribution`

use clap::Subcommand;
use slsbft_client::{TxBuilder, messages};
use slsbft_types::{Address, Amount, address::VALIDATOR_PREFIX};

use super::{
    super::{Global, Outcome, values},
    Sender, With,
};

/// Most withdrawals in one transaction.
const AT_ONCE: usize = 100;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Withdraw what your stake with one validator has earned
    #[command(
        after_help = "Examples:\n  slsbftd tx distribution withdraw-rewards ankrvaloper1… --from bob\n  \
        slsbftd tx distribution withdraw-rewards alice --commission --from alice"
    )]
    WithdrawRewards {
        /// Which: ankrvaloper1…, ankr1… or the name of a key
        #[arg(value_name = "VALIDATOR")]
        operator: String,
        /// Withdraw your commission, too: you are this validator
        #[arg(long)]
        commission: bool,
    },
    /// Withdraw what your stake with all validators has earned
    #[command(after_help = "Examples:\n  slsbftd tx distribution withdraw-all-rewards --from bob")]
    WithdrawAllRewards,
    /// Withdraw a validator's commission
    #[command(after_help = "Examples:\n  slsbftd tx distribution withdraw-commission --from alice")]
    WithdrawCommission,
    /// Send rewards to another account from now on
    #[command(after_help = "Examples:\n  slsbftd tx distribution set-withdraw-address ankr1… --from bob")]
    SetWithdrawAddress {
        /// Who gets them: an address, or the name of a key
        account: String,
    },
    /// Give coins to what the chain may spend for all
    #[command(after_help = "Examples:\n  slsbftd tx distribution fund-community-pool 100ankr --from bob")]
    FundCommunityPool {
        /// How much: 100ankr
        #[arg(value_parser = values::amount)]
        amount: Amount,
    },
}

pub async fn run(command: Command, with: &With, global: &Global) -> Outcome {
    let sender = Sender::new(with, global).await?;
    let own = sender.key.address;
    match command {
        Command::WithdrawRewards { operator, commission } => {
            let operator = with.keyring.operator(global, &operator)?;
            let mut tx = TxBuilder::of(&messages::withdraw_rewards(&own, &operator));
            if commission && operator != own {
                return Err("--commission is for your own validator only".into());
            }
            if commission {
                tx = tx.message(&messages::withdraw_commission(&own));
            }
            sender.send_tx(tx).await
        }
        Command::WithdrawAllRewards => withdraw_all(&sender).await,
        Command::WithdrawCommission => sender.send(&messages::withdraw_commission(&own)).await,
        Command::SetWithdrawAddress { account } => {
            let to = with.keyring.address(global, &account)?;
            sender.send(&messages::set_withdraw_address(&own, &to)).await
        }
        Command::FundCommunityPool { amount } => {
            sender.send(&messages::fund_community_pool(&own, amount)).await
        }
    }
}

async fn withdraw_all(sender: &Sender<'_>) -> Outcome {
    let own = sender.key.address;
    let mut operators = Vec::new();
    for reward in sender.client.rewards(&own).await?.rewards {
        operators.push(Address::from_bech32_with(
            VALIDATOR_PREFIX,
            &reward.validator_address,
        )?);
    }
    if operators.is_empty() {
        return Err(format!("{own} has no stake with anybody; nothing was done").into());
    }
    for some in operators.chunks(AT_ONCE) {
        let messages = some
            .iter()
            .map(|operator| messages::withdraw_rewards(&own, operator));
        let tx = messages.fold(TxBuilder::new(), |tx, message| tx.message(&message));
        sender.send_tx(tx).await?;
    }
    Ok(())
}
