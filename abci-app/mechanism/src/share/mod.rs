//! Stake in shares, rewards by share.
//!
//! Delegators of a validator own shares of one [`Pool`] of tokens: a slash takes tokens and leaves
//! the shares, so it costs everybody alike without touching their records. Rewards run over a
//! [`RewardIndex`] per share, so that paying a validator's delegators costs the same however many
//! there are, and whoever comes or goes changes nobody else's record.
//!
//! - `dec`: fixed-point numbers as Cosmos writes them
//! - `pool`: tokens and shares
//! - `rewards`: what is owed, to the last fraction
//!
//! What holds over any sequence of operations:
//! - Tokens are conserved: those in the pool are those delegated, less those paid out and slashed.
//! - A pool's tokens per share fall by slashes only. Rounding is against whoever acts.
//! - Rewards are conserved *exactly*: paid + owed + carried = received, fractions included.

mod dec;
mod pool;
mod rewards;
#[cfg(test)]
mod tests;

pub use dec::{Dec, DecError};
pub use pool::Pool;
pub use rewards::{Accrued, Holding, PerShare, RewardIndex};
use slsbft_types::AmountError;

/// Why an operation on shares or rewards is refused. Whatever it was asked of is unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    #[error("the amount is zero")]
    Zero,
    #[error("more shares or tokens than there are")]
    NotEnough,
    #[error("the validator's stake was slashed to nothing; its shares have no price")]
    Worthless,
    #[error("the amount is too small for the price of this validator's shares")]
    TooSmall,
    #[error("nobody has shares")]
    NoShares,
    #[error("the index was higher before")]
    Backwards,
    #[error("shares times tokens or rewards overflow 256 bits")]
    Overflow,
    #[error(transparent)]
    Amount(#[from] AmountError),
    #[error(transparent)]
    Dec(#[from] DecError),
}
