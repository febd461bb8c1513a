//! Codespace `staking`. Codes below 100 are those of Cosmos SDK, in its words, which
//! clients match on; those from 100 on are this chain's own. Messages that are wrong in
//! themselves have the codes of `sdk`.

use slsbft_mechanism::share::Dec;
use slsbft_types::{Address, Amount, BASE_DENOM, Ratio};

use crate::errors::{ExecError, TxError, sdk};

pub const CODESPACE: &str = "staking";

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StakingError {
    #[error("{}: validator does not exist", .0.to_validator_bech32())]
    NoValidator(Address),
    #[error("validator already exist for this operator address; must use new validator operator address")]
    OperatorExists,
    #[error("validator already exist for this pubkey; must use new validator pubkey")]
    KeyExists,
    #[error("got: {0}, expected: [ed25519]: validator pubkey type is not supported")]
    KeyType(String),
    #[error("validator for this address is currently jailed")]
    Jailed,
    #[error("commission must be positive")]
    CommissionNegative,
    #[error("commission cannot be more than 100%")]
    CommissionHuge,
    #[error("commission cannot be more than the max rate")]
    CommissionAboveMax,
    #[error("commission cannot be changed more than once in 24h")]
    CommissionTooSoon,
    #[error("commission change rate must be positive")]
    ChangeRateNegative,
    #[error("commission change rate cannot be more than the max rate")]
    ChangeRateAboveMax,
    #[error("commission cannot be changed more than max change rate")]
    CommissionStep,
    #[error("validator's self delegation must be greater than their minimum self delegation")]
    SelfDelegationBelowMinimum,
    #[error("minimum self delegation cannot be decrease")]
    MinSelfDelegationDecreased,
    #[error("no delegation for (address, validator) tuple")]
    NoDelegation,
    #[error("no unbonding delegation found")]
    NoUnbonding,
    #[error("too many unbonding delegation entries for (delegator, validator) tuple")]
    TooManyUnbondings,
    #[error("cannot redelegate to the same validator")]
    SelfRedelegation,
    #[error("too few tokens to redelegate (truncates to zero tokens)")]
    TinyRedelegation,
    #[error("redelegation destination validator not found")]
    NoDestination,
    #[error(
        "redelegation to this validator already in progress; first redelegation to this validator must complete before next redelegation"
    )]
    TransitiveRedelegation,
    #[error("too many redelegation entries for (delegator, src-validator, dst-validator) tuple")]
    TooManyRedelegations,
    #[error("cannot delegate to validators with invalid (zero) ex-rate")]
    Worthless,
    #[error("empty validator public key")]
    NoKey,
    #[error("consensus pubkey is already used for a validator")]
    KeyUsed,
    #[error("self-delegation is {found}{BASE_DENOM}, a validator needs at least {least}{BASE_DENOM}")]
    SelfStakeTooSmall { found: Amount, least: Amount },
    #[error(
        "the validator would have {stake}{BASE_DENOM} of {all}{BASE_DENOM} staked, more than {} in 1000000000 of it; choose another validator",
        .most.billionths()
    )]
    TooMuchStake { stake: Amount, all: Amount, most: Ratio },
    #[error("the validator is tombstoned: it can never come back")]
    Tombstoned,
    #[error(
        "you have {0} redelegation entries to this validator, as many as one may; wait for one to complete"
    )]
    TooManyArrivals(usize),
    #[error("{0}{BASE_DENOM} buy less than their worth of this validator's shares; delegate more")]
    TooSmall(Amount),
    #[error("the validator's shares are too many to compute with")]
    TooManyShares,
}

impl StakingError {
    /// Stable: clients match on it.
    pub const fn code(&self) -> u32 {
        match self {
            Self::NoValidator(_) => 3,
            Self::OperatorExists => 4,
            Self::KeyExists => 5,
            Self::KeyType(_) => 6,
            Self::Jailed => 7,
            Self::CommissionNegative => 9,
            Self::CommissionHuge => 10,
            Self::CommissionAboveMax => 11,
            Self::CommissionTooSoon => 12,
            Self::ChangeRateNegative => 13,
            Self::ChangeRateAboveMax => 14,
            Self::CommissionStep => 15,
            Self::SelfDelegationBelowMinimum => 16,
            Self::MinSelfDelegationDecreased => 17,
            Self::NoDelegation => 19,
            Self::NoUnbonding => 26,
            Self::TooManyUnbondings => 27,
            Self::SelfRedelegation => 29,
            Self::TinyRedelegation => 30,
            Self::NoDestination => 31,
            Self::TransitiveRedelegation => 32,
            Self::TooManyRedelegations => 33,
            Self::Worthless => 34,
            Self::NoKey => 39,
            Self::KeyUsed => 43,
            Self::SelfStakeTooSmall { .. } => 100,
            Self::TooMuchStake { .. } => 101,
            Self::Tombstoned => 102,
            Self::TooManyArrivals(_) => 103,
            Self::TooSmall(_) => 104,
            Self::TooManyShares => 105,
        }
    }
}

impl From<StakingError> for TxError {
    fn from(error: StakingError) -> Self {
        Self::new(CODESPACE, error.code(), error.to_string())
    }
}

impl From<StakingError> for ExecError {
    fn from(error: StakingError) -> Self {
        Self::Tx(error.into())
    }
}

/// More was asked for than the delegation is worth.
pub fn not_enough(asked: Amount, worth: Amount, shares: Dec) -> ExecError {
    sdk::invalid_request(format!(
        "invalid shares amount: the delegation's {shares} shares are worth {worth}{BASE_DENOM}, not {asked}{BASE_DENOM}"
    ))
    .into()
}
