//! Codespace `slashing`, with the codes of Cosmos SDK.

use crate::errors::{ExecError, TxError};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SlashingError {
    #[error("address is not associated with any known validator")]
    NoValidator,
    #[error("validator still jailed until {0}s; cannot be unjailed")]
    StillJailed(i64),
    #[error(
        "validator is tombstoned: it has signed two blocks of one height, and never stands again; validator still jailed; cannot be unjailed"
    )]
    Tombstoned,
    #[error("validator not jailed; cannot be unjailed")]
    NotJailed,
    #[error("validator's self delegation less than minimum; cannot be unjailed")]
    SelfDelegationTooLow,
}

impl SlashingError {
    /// Stable: clients match on it.
    pub const fn code(&self) -> u32 {
        match self {
            Self::NoValidator => 2,
            Self::StillJailed(_) | Self::Tombstoned => 4,
            Self::NotJailed => 5,
            Self::SelfDelegationTooLow => 7,
        }
    }
}

impl From<SlashingError> for TxError {
    fn from(error: SlashingError) -> Self {
        Self::new("slashing", error.code(), error.to_string())
    }
}

impl From<SlashingError> for ExecError {
    fn from(error: SlashingError) -> Self {
        Self::Tx(error.into())
    }
}
