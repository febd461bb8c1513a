//! Codespace `metering`. Messages that are wrong in themselves have the codes
//! of `sdk` that every Cosmos client knows.

use slsbft_types::Amount;

use crate::errors::{ExecError, TxError};

pub const CODESPACE: &str = "metering";

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MeteringError {
    #[error("offer {0} does not exist; list offers with slsbft.metering.v1.Query/Offers")]
    NoOffer(u64),
    #[error("offer {0} belongs to another provider")]
    NotOfferOwner(u64),
    #[error("offer {0} is withdrawn; choose another")]
    Withdrawn(u64),
    #[error("offer {id} is at version {found}, not {expected}; read it again before you agree to it")]
    Changed { id: u64, found: u64, expected: u64 },
    #[error("offer {id} has all of its {most} deals; try again when one has ended")]
    OfferFull { id: u64, most: u32 },
    #[error("you have {most} deals on offer {id}, as many as one consumer may; close one first")]
    ConsumerLimit { id: u64, most: u32 },
    #[error("escrow is {found} uankr, the least is {least}")]
    EscrowTooSmall { found: Amount, least: Amount },
    #[error("the deal's escrows add up to more than an amount can be; open a new deal")]
    EscrowTooLarge,
    #[error("expires_at must be after the block's time ({now}s) and at most {longest} seconds later")]
    Expiry { now: i64, longest: u64 },
    #[error("a deal has at most {0} session keys")]
    TooManyKeys(u32),
    #[error("the deal has that session key already")]
    DuplicateKey,
    #[error("deal {0} does not exist")]
    NoDeal(u64),
    #[error("deal {0} has ended; its figures are in the event deal_ended")]
    Ended(u64),
    #[error("only the {role} of deal {id} can do that")]
    NotParty { id: u64, role: &'static str },
    #[error("deal {0} is closing; open a new one")]
    Closing(u64),
    #[error("deal {0} has expired; ask for its refund and open a new one")]
    Expired(u64),
    #[error("deal {id} is open until {until}s; its consumer can close it before")]
    StillOpen { id: u64, until: i64 },
    #[error("claims on deal {id} are taken until both height {height} and {time}s have passed")]
    WindowOpen { id: u64, height: u64, time: i64 },
    #[error("vouchers are taken only with the provider's close")]
    VouchersOfConsumer,
    #[error("min_escrow is {found} uankr, the least is {least}")]
    OfferEscrow { found: Amount, least: Amount },
    #[error("max_open_deals is {found}, the most is {most}")]
    OfferDeals { found: u32, most: u32 },
    #[error("amount is more than there is")]
    Amount,
    #[error("the provider of offer {0} is paused, since it failed several audits in a row; choose another")]
    Paused(u64),
}

impl MeteringError {
    /// Stable: clients match on it.
    pub const fn code(&self) -> u32 {
        match self {
            Self::NoOffer(_) => 2,
            Self::NotOfferOwner(_) => 3,
            Self::Withdrawn(_) => 4,
            Self::Changed { .. } => 5,
            Self::OfferFull { .. } => 6,
            Self::ConsumerLimit { .. } => 7,
            Self::EscrowTooSmall { .. } => 8,
            Self::Expiry { .. } => 9,
            Self::TooManyKeys(_) => 10,
            Self::DuplicateKey => 11,
            Self::NoDeal(_) => 12,
            Self::Ended(_) => 13,
            Self::NotParty { .. } => 14,
            Self::Closing(_) => 15,
            Self::Expired(_) => 16,
            Self::StillOpen { .. } => 17,
            Self::WindowOpen { .. } => 18,
            Self::VouchersOfConsumer => 19,
            Self::OfferEscrow { .. } => 20,
            Self::OfferDeals { .. } => 21,
            Self::Amount => 22,
            Self::EscrowTooLarge => 23,
            Self::Paused(_) => 24,
        }
    }
}

impl From<MeteringError> for TxError {
    fn from(error: MeteringError) -> Self {
        Self::new(CODESPACE, error.code(), error.to_string())
    }
}

impl From<MeteringError> for ExecError {
    fn from(error: MeteringError) -> Self {
        Self::Tx(error.into())
    }
}
