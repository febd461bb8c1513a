//! `cosmos.bank.v1beta1` messages, checked when they are read: addresses are
//! addresses, coins are coins, what goes in comes out.

use cosmos_sdk_proto::cosmos::bank::v1beta1::{MsgMultiSend, MsgSend};
use slsbft_types::{Address, Coins};

use super::errors::BankError;
use crate::{
    errors::{TxError, sdk},
    gas,
    tx::decode_known,
};

const SEND: &str = "/cosmos.bank.v1beta1.MsgSend";
const MULTI_SEND: &str = "/cosmos.bank.v1beta1.MsgMultiSend";
/// Most outputs of a multi-send.
const MAX_OUTPUTS: usize = 1_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Msg {
    Send {
        from: Address,
        to: Address,
        amount: Coins,
    },
    /// One input, any number of outputs, as Cosmos SDK has it since 0.47.
    MultiSend {
        from: Address,
        amount: Coins,
        outputs: Vec<(Address, Coins)>,
    },
}

impl Msg {
    /// `None` if the type is not one of the bank's.
    pub fn from_any(type_url: &str, value: &[u8]) -> Option<Result<Self, TxError>> {
        match type_url {
            SEND => Some(decode_known("bank message", value).and_then(Self::send)),
            MULTI_SEND => Some(decode_known("bank message", value).and_then(Self::multi_send)),
            _ => None,
        }
    }

    fn send(msg: MsgSend) -> Result<Self, TxError> {
        let amount = Coins::from_proto(&msg.amount).map_err(|e| sdk::invalid_coins(e.to_string()))?;
        if amount.is_empty() {
            return Err(sdk::invalid_coins("amount is empty; send at least one coin"));
        }
        Ok(Self::Send {
            from: address("from_address", &msg.from_address)?,
            to: address("to_address", &msg.to_address)?,
            amount,
        })
    }

    fn multi_send(msg: MsgMultiSend) -> Result<Self, TxError> {
        let [input] = msg.inputs.as_slice() else {
            let error = match msg.inputs.as_slice() {
                [] => BankError::NoInputs,
                _ => BankError::MultipleSenders,
            };
            return Err(error.into());
        };
        if msg.outputs.is_empty() {
            return Err(BankError::NoOutputs.into());
        }
        if msg.outputs.len() > MAX_OUTPUTS {
            return Err(sdk::invalid_request(format!(
                "a multi-send has at most {MAX_OUTPUTS} outputs"
            )));
        }
        let coins = |coins: &[_]| Coins::from_proto(coins).map_err(|e| sdk::invalid_coins(e.to_string()));
        let amount = coins(&input.coins)?;
        let outputs = msg
            .outputs
            .iter()
            .map(|output| {
                Ok((
                    address("outputs.address", &output.address)?,
                    coins(&output.coins)?,
                ))
            })
            .collect::<Result<Vec<_>, TxError>>()?;
        check_sums(&amount, &outputs)?;
        Ok(Self::MultiSend {
            from: address("inputs.address", &input.address)?,
            amount,
            outputs,
        })
    }

    pub fn signer(&self) -> Address {
        match self {
            Self::Send { from, .. } | Self::MultiSend { from, .. } => *from,
        }
    }

    pub fn type_url(&self) -> &'static str {
        match self {
            Self::Send { .. } => SEND,
            Self::MultiSend { .. } => MULTI_SEND,
        }
    }

    pub fn gas(&self) -> u64 {
        match self {
            Self::Send { .. } => gas::SEND,
            Self::MultiSend { outputs, .. } => gas::MULTI_SEND_ENTRY * (outputs.len() as u64 + 1),
        }
    }
}

fn address(field: &str, text: &str) -> Result<Address, TxError> {
    Address::from_bech32(text).map_err(|e| sdk::invalid_address(format!("{field}: {e}")))
}

/// Every output has coins, and they sum to the input's.
fn check_sums(input: &Coins, outputs: &[(Address, Coins)]) -> Result<(), TxError> {
    let mut left = input
        .iter()
        .map(|coin| (&coin.denom, coin.amount))
        .collect::<std::collections::BTreeMap<_, _>>();
    for (_, coins) in outputs {
        if coins.is_empty() {
            return Err(sdk::invalid_coins("an output has no coins"));
        }
        for coin in coins {
            let rest = left.get_mut(&coin.denom).ok_or(BankError::InputOutputMismatch)?;
            *rest = rest
                .sub(coin.amount)
                .map_err(|_| BankError::InputOutputMismatch)?;
        }
    }
    if left.values().any(|rest| !rest.is_zero()) {
        return Err(BankError::InputOutputMismatch.into());
    }
    Ok(())
}
