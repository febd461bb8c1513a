//! Codespace `hooks`.

use super::gas;
use crate::errors::{ExecError, TxError};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HooksError {
    #[error("{0} is no contract; only a contract can subscribe, by a message of its own")]
    NoContract(String),
    #[error("hook {0} takes no subscriptions; see slsbft.hooks.v1.Hook")]
    UnknownHook(i32),
    #[error("gas_limit must be from {} to {}", gas::LEAST_LIMIT, gas::MOST_LIMIT)]
    GasLimit,
    #[error("the contract is not subscribed to this hook")]
    NotSubscribed,
}

impl From<HooksError> for TxError {
    fn from(error: HooksError) -> Self {
        let code = match error {
            HooksError::NoContract(_) => 2,
            HooksError::UnknownHook(_) => 3,
            HooksError::GasLimit => 4,
            HooksError::NotSubscribed => 5,
        };
        Self::new("hooks", code, error.to_string())
    }
}

impl From<HooksError> for ExecError {
    fn from(error: HooksError) -> Self {
        Self::Tx(error.into())
    }
}
