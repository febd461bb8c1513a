//! `slsbftd tx staking`

use clap::Subcommand;
use cosmos_sdk_proto::cosmos::staking::v1beta1::MsgEditValidator;
use slsbft_client::{TxBuilder, messages};
use slsbft_mechanism::share::Dec;
use slsbft_types::{Address, Amount};

use super::{
    super::{
        Global, Outcome,
        options::Failure,
        validator::{ConsensusKeyOptions, DescriptionOptions, ValidatorOptions, check_description},
        values,
    },
    Sender, With,
};
use crate::config::Home;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Become a candidate for the validator set: stake, consensus key and VRF key in one
    #[command(
        after_help = "Examples:\n  slsbftd tx staking create-validator 500000ankr --from alice\n  \
        slsbftd tx staking create-validator 500000ankr --from alice --moniker alice --commission-rate 5% \\\n    \
        --consensus-key BASE64 --vrf-proof KEY:PROOF\n\n\
        The keys are those of the home, unless they are given: docs/operators.md says how, if your wallet is elsewhere."
    )]
    CreateValidator {
        /// What you stake with yourself: 500000ankr
        #[arg(value_parser = values::amount)]
        amount: Amount,
        #[command(flatten)]
        validator: Box<ValidatorOptions>,
    },
    /// Change what a validator says of itself, or its commission; what is not named stays
    #[command(
        after_help = "Examples:\n  slsbftd tx staking edit-validator --from alice --website https://example.org\n  \
        slsbftd tx staking edit-validator --from alice --commission-rate 6%"
    )]
    EditValidator {
        #[command(flatten)]
        description: Box<DescriptionOptions>,
        /// Another commission; it can change once a day
        #[arg(long, value_name = "RATE", value_parser = values::rate)]
        commission_rate: Option<Dec>,
        /// Another condition for being elected; it can only grow
        #[arg(long, value_name = "AMOUNT", value_parser = values::amount)]
        min_self_delegation: Option<Amount>,
    },
    /// Stake with a validator
    #[command(after_help = "Examples:\n  slsbftd tx staking delegate ankrvaloper1… 100ankr --from bob")]
    Delegate {
        /// Whom: ankrvaloper1…, ankr1… or the name of a key
        #[arg(value_name = "VALIDATOR")]
        operator: String,
        /// How much: 100ankr
        #[arg(value_parser = values::amount)]
        amount: Amount,
    },
    /// Take stake back; it is free after the unbonding time
    #[command(after_help = "Examples:\n  slsbftd tx staking undelegate ankrvaloper1… 100ankr --from bob")]
    Undelegate {
        /// From whom: ankrvaloper1…, ankr1… or the name of a key
        #[arg(value_name = "VALIDATOR")]
        operator: String,
        /// How much: 100ankr
        #[arg(value_parser = values::amount)]
        amount: Amount,
    },
    /// Stake again what is on its way back
    #[command(
        after_help = "Examples:\n  slsbftd tx staking cancel-unbonding ankrvaloper1… 100ankr 48211 --from bob\n\n\
        `slsbftd query staking unbonding bob` shows the height of each entry."
    )]
    CancelUnbonding {
        /// With whom: ankrvaloper1…, ankr1… or the name of a key
        #[arg(value_name = "VALIDATOR")]
        operator: String,
        /// How much of the entry: 100ankr
        #[arg(value_parser = values::amount)]
        amount: Amount,
        /// Height at which the unbonding began
        height: u64,
    },
    /// Move stake from one validator to another, at once
    #[command(
        after_help = "Examples:\n  slsbftd tx staking redelegate ankrvaloper1from… ankrvaloper1to… 100ankr --from bob\n\n\
        It answers for the first validator until the unbonding time is over, and cannot move on before."
    )]
    Redelegate {
        /// From whom: ankrvaloper1…, ankr1… or the name of a key
        #[arg(value_name = "FROM_VALIDATOR")]
        source: String,
        /// To whom
        #[arg(value_name = "TO_VALIDATOR")]
        destination: String,
        /// How much: 100ankr
        #[arg(value_parser = values::amount)]
        amount: Amount,
    },
    /// Give a validator another consensus key
    #[command(
        after_help = "Examples:\n  slsbftd tx staking rotate-consensus-key --from alice --home /var/lib/slsbft-new\n  \
        slsbftd tx staking rotate-consensus-key --from alice --consensus-key BASE64\n\n\
        It acts with the seat of the election after the next epoch boundary; until then the old key signs.\n\
        The old one can never be used again."
    )]
    RotateConsensusKey {
        #[command(flatten)]
        consensus: ConsensusKeyOptions,
    },
}

pub async fn run(command: Command, with: &With, global: &Global) -> Outcome {
    let sender = Sender::new(with, global).await?;
    let own = sender.key.address;
    let home = Home::new(global.home());
    let named = |text: &str| with.keyring.operator(global, text);
    match command {
        Command::CreateValidator { amount, validator } => {
            let new = validator.build(&home, own, amount)?;
            let vrf = validator.registration(&home, &sender.chain_id().await?, &own)?;
            let tx = TxBuilder::of(&new.message()).message(&vrf.message(&own));
            sender.send_tx(tx).await
        }
        Command::EditValidator {
            description,
            commission_rate,
            min_self_delegation,
        } => {
            let mut message = edit(&sender, &own, &description).await?;
            message.commission_rate = commission_rate.map(Dec::to_wire).unwrap_or_default();
            message.min_self_delegation = min_self_delegation
                .map(|amount| amount.to_string())
                .unwrap_or_default();
            sender.send(&message).await
        }
        Command::Delegate { operator, amount } => {
            let message = messages::delegate(&own, &named(&operator)?, amount);
            sender.send(&message).await
        }
        Command::Undelegate { operator, amount } => {
            let message = messages::undelegate(&own, &named(&operator)?, amount);
            sender.send(&message).await
        }
        Command::CancelUnbonding {
            operator,
            amount,
            height,
        } => {
            let message = messages::cancel_unbonding(&own, &named(&operator)?, amount, height);
            sender.send(&message).await
        }
        Command::Redelegate {
            source,
            destination,
            amount,
        } => {
            let message = messages::redelegate(&own, &named(&source)?, &named(&destination)?, amount);
            sender.send(&message).await
        }
        Command::RotateConsensusKey { consensus } => {
            let message = messages::rotate_consensus_key(&own, consensus.key(&home)?);
            sender.send(&message).await
        }
    }
}

/// The message replaces the description as a whole, so what is not named comes from the chain.
async fn edit(
    sender: &Sender<'_>,
    operator: &Address,
    new: &DescriptionOptions,
) -> Result<MsgEditValidator, Failure> {
    let now = sender.client.validator(operator).await?;
    let description = new.over(now.description.unwrap_or_default());
    check_description(&description)?;
    Ok(MsgEditValidator {
        description: Some(description),
        validator_address: operator.to_validator_bech32(),
        ..MsgEditValidator::default()
    })
}
