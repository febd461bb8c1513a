//! Codespace `beacon`.

use crate::errors::{ExecError, TxError};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BeaconError {
    #[error("the block does not start with the system transaction of its height")]
    NotSystemTx,
    #[error("the header names the round's right proposer, so its VRF proof must be there")]
    ProofMissing,
    #[error("the header does not name the proposer of round 0, so there is no proof to give")]
    ProofSuperfluous,
    #[error("VRF proof: {0}")]
    ProofWrong(String),
    #[error("VRF key: {0}")]
    Key(String),
    #[error("possession: {0}; make it with the secret key, the chain id and the operator's account")]
    Possession(String),
    #[error("this VRF key was registered by another operator; make one with `slsbftd vrf new`")]
    KeyTaken,
    #[error("{0} is no validator; create it first, or in the same transaction")]
    NoCandidate(String),
    #[error("no VRF key of {0} is known")]
    NoKey(String),
}

impl BeaconError {
    /// Stable: clients match on it.
    pub const fn code(&self) -> u32 {
        match self {
            Self::NotSystemTx => 2,
            Self::ProofMissing => 3,
            Self::ProofSuperfluous => 4,
            Self::ProofWrong(_) => 5,
            Self::Key(_) => 6,
            Self::Possession(_) => 7,
            Self::KeyTaken => 8,
            Self::NoCandidate(_) => 9,
            Self::NoKey(_) => 10,
        }
    }
}

impl From<BeaconError> for TxError {
    fn from(error: BeaconError) -> Self {
        Self::new("beacon", error.code(), error.to_string())
    }
}

impl From<BeaconError> for ExecError {
    fn from(error: BeaconError) -> Self {
        Self::Tx(error.into())
    }
}
