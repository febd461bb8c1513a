//! Codespace `bank`; what every Cosmos chain knows is in `sdk`.

use slsbft_types::{Address, Amount};

use crate::errors::{TxError, sdk};

#[derive(Debug, thiserror::Error)]
pub enum BankError {
    /// In the words of Cosmos SDK, which clients read the amounts from.
    #[error("spendable balance {spendable}{denom} is smaller than {needed}{denom}: insufficient funds")]
    Insufficient {
        denom: String,
        spendable: Amount,
        needed: Amount,
    },
    #[error("{denom} transfers are currently disabled")]
    SendDisabled { denom: String },
    #[error("{0} is a module account and not allowed to receive funds")]
    Blocked(Address),
    #[error("no inputs to send transaction")]
    NoInputs,
    #[error("no outputs to send transaction")]
    NoOutputs,
    #[error("multiple senders not allowed")]
    MultipleSenders,
    #[error("sum of inputs differs from sum of outputs")]
    InputOutputMismatch,
}

impl From<BankError> for TxError {
    fn from(error: BankError) -> Self {
        let message = error.to_string();
        match error {
            BankError::Insufficient { .. } => sdk::insufficient_funds(message),
            BankError::Blocked(_) => sdk::unauthorized(message),
            BankError::NoInputs => TxError::new("bank", 2, message),
            BankError::NoOutputs => TxError::new("bank", 3, message),
            BankError::MultipleSenders => TxError::new("bank", 9, message),
            BankError::InputOutputMismatch => TxError::new("bank", 4, message),
            BankError::SendDisabled { .. } => TxError::new("bank", 5, message),
        }
    }
}
