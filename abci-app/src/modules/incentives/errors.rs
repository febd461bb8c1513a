//! Codespace `incentives`.

use crate::errors::{ExecError, TxError};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IncentivesError {
    #[error("nothing was earned in finished epochs that is not withdrawn yet")]
    NothingEarned,
}

impl From<IncentivesError> for TxError {
    fn from(error: IncentivesError) -> Self {
        let IncentivesError::NothingEarned = error;
        Self::new("incentives", 2, error.to_string())
    }
}

impl From<IncentivesError> for ExecError {
    fn from(error: IncentivesError) -> Self {
        Self::Tx(error.into())
    }
}
