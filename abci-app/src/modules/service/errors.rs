//! Codespace `service`. Messages that are wrong in themselves have the codes of
//! `sdk` that every Cosmos client knows.

use slsbft_types::Amount;

use crate::errors::{ExecError, TxError};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    #[error("{0} is not registered; register it with MsgRegisterProvider")]
    NotRegistered(String),
    #[error("{0} is registered already; change it with MsgUpdateProvider")]
    Registered(String),
    #[error("self-stake is {found} uankr, the least is {least}")]
    SelfStake { found: Amount, least: Amount },
    #[error("the registry holds {0} providers, as many as it may; try again when one has left")]
    Full(u32),
    #[error("the last registration's self-stake is still held; register again when it is free")]
    Releasing,
    #[error("{0} is no validator; only validators audit")]
    NoValidator(String),
    #[error("{0} audits for another validator already")]
    AuditorTaken(String),
    #[error("{0} audits for no validator; its operator appoints it with MsgSetAuditor")]
    NoAuditor(String),
    #[error("epoch {given} is not the running one, which is {running}")]
    WrongEpoch { given: u64, running: u64 },
    #[error("nothing was assigned to this auditor in the running epoch")]
    NotAssigned,
    #[error("commitments were taken until height {0}; the next epoch assigns anew")]
    TooLateToCommit(u64),
    #[error("a commitment for this epoch is there already, and cannot be changed")]
    Committed,
    #[error("reports are taken from height {0} on, when no commitment is any more")]
    TooEarlyToReveal(u64),
    #[error("there is no commitment for this epoch, so there is nothing to reveal")]
    NoCommitment,
    #[error("the report of this epoch is there already")]
    Revealed,
    #[error("the report is not what was committed to: salt or entries differ")]
    NotCommitted,
    #[error("provider {0} was not assigned to this auditor")]
    UnknownTarget(u32),
    #[error("report: {0}")]
    Report(String),
    #[error("this provider has nothing to compute in the running epoch")]
    NoTask,
}

impl ServiceError {
    /// Stable: clients match on it.
    pub const fn code(&self) -> u32 {
        match self {
            Self::NotRegistered(_) => 2,
            Self::Registered(_) => 3,
            Self::SelfStake { .. } => 4,
            Self::Full(_) => 5,
            Self::Releasing => 6,
            Self::NoValidator(_) => 7,
            Self::AuditorTaken(_) => 8,
            Self::NoAuditor(_) => 9,
            Self::WrongEpoch { .. } => 10,
            Self::NotAssigned => 11,
            Self::TooLateToCommit(_) => 12,
            Self::Committed => 13,
            Self::TooEarlyToReveal(_) => 14,
            Self::NoCommitment => 15,
            Self::Revealed => 16,
            Self::NotCommitted => 17,
            Self::UnknownTarget(_) => 18,
            Self::Report(_) => 19,
            Self::NoTask => 20,
        }
    }
}

impl From<ServiceError> for TxError {
    fn from(error: ServiceError) -> Self {
        Self::new("service", error.code(), error.to_string())
    }
}

impl From<ServiceError> for ExecError {
    fn from(error: ServiceError) -> Self {
        Self::Tx(error.into())
    }
}
