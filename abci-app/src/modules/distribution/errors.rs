//! Codespace `distribution`, with the codes and words of Cosmos SDK.

use slsbft_types::Address;

use crate::errors::{ExecError, TxError};

pub const CODESPACE: &str = "distribution";

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DistributionError {
    #[error("no delegation distribution info")]
    NoDelegation,
    #[error("no validator distribution info")]
    NoValidator,
    #[error("no validator commission to withdraw")]
    NoCommission,
    #[error("{}: validator does not exist", .0.to_validator_bech32())]
    UnknownValidator(Address),
}

impl DistributionError {
    /// Stable: clients match on it.
    pub const fn code(&self) -> u32 {
        match self {
            Self::NoDelegation => 5,
            Self::NoValidator => 6,
            Self::NoCommission => 7,
            Self::UnknownValidator(_) => 12,
        }
    }
}

impl From<DistributionError> for TxError {
    fn from(error: DistributionError) -> Self {
        Self::new(CODESPACE, error.code(), error.to_string())
    }
}

impl From<DistributionError> for ExecError {
    fn from(error: DistributionError) -> Self {
        Self::Tx(error.into())
    }
}
