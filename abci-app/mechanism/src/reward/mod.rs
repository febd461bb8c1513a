//! Mining rewards and shares of fees (PROTOCOL, "Incentives"): what leaves the pool in an epoch, who
//! earns it, and what becomes of the rest.
//!
//! 1. [`release`]: an epoch's four [`Parts`] of the pool, by block time.
//! 2. `held` and `reputation` are [`split`] by stake and by [`reputation`]; the fees of validators are
//!    split alike, by the power that each had in the blocks it signed, added up.
//! 3. `consumed` and `provided` are earned by settlements. Each has [`Bases`], which together are below
//!    what the settlement cost, so that nobody gains by paying itself. If the bases of an epoch are
//!    more than its part, all are cut alike: [`Factor`].
//! 4. What a part does not pay goes over into a [`Rollover`], which pays first in later epochs; what
//!    it held for a year goes to the treasury.
//!
//! Every division rounds down, and what that leaves stays where it was. So over any sequence of
//! epochs pool + rolled over + paid + treasury is what the pool was at first, to the last uankr.
//!
//! - `release`: the schedule
//! - `settlement`: bases and the factor
//! - `rollover`: what waits
//! - `split`: proportional shares

mod release;
mod rollover;
mod settlement;
mod split;

use slsbft_types::{Amount, AmountError, Ratio};

pub use release::release;
pub use rollover::{Bucket, Rollover};
pub use settlement::{Bases, Factor};
pub use split::{Split, reputation, split};

/// Something for each part of the mining rewards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts<T> {
    /// For stake held.
    pub held: T,
    /// For deals paid.
    pub consumed: T,
    /// For services provided.
    pub provided: T,
    /// For stake with a high service level.
    pub reputation: T,
}

impl Parts<Amount> {
    /// All four together.
    pub fn total(&self) -> Result<Amount, AmountError> {
        self.held
            .add(self.consumed)?
            .add(self.provided)?
            .add(self.reputation)
    }
}

/// The parameters of rewards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Time in which half of the pool is released.
    pub half_life_seconds: u64,
    /// Most time that an epoch is paid for: a halt is not.
    pub longest_step_seconds: u64,
    /// Shares of the four parts, at most 1 together.
    pub parts: Parts<Ratio>,
    /// Rewards of a settlement are at most this part of what it burns and pays to the treasury.
    /// Break-even for whoever pays itself is 1.
    pub bound: Ratio,
    /// The provider's part of that, before its service level; the rest is the consumer's.
    pub provider_part: Ratio,
    /// Only what a service level has above this earns for reputation.
    pub reputation_above: Ratio,
    /// Time that unpaid rewards wait before the treasury gets them.
    pub rollover_seconds: u64,
}

/// Of 365.25 days.
const YEAR_SECONDS: u64 = 31_557_600;
/// A thousand years.
const MOST_SECONDS: u64 = 1000 * YEAR_SECONDS;

impl Default for Rules {
    /// PROTOCOL's values, and a pool that halves in four years.
    fn default() -> Self {
        Self {
            half_life_seconds: 4 * YEAR_SECONDS,
            longest_step_seconds: 6 * 3600,
            parts: Parts {
                held: Ratio::from_percent(40),
                consumed: Ratio::from_percent(10),
                provided: Ratio::from_percent(40),
                reputation: Ratio::from_percent(10),
            },
            bound: Ratio::from_percent(80),
            provider_part: Ratio::from_percent(80),
            reputation_above: Ratio::from_percent(80),
            rollover_seconds: YEAR_SECONDS,
        }
    }
}

/// Why rules cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    #[error(
        "half_life_seconds, longest_step_seconds and rollover_seconds must be 1 to {MOST_SECONDS}, the last at least {}",
        rollover::BUCKETS
    )]
    Seconds,
    #[error("the parts are more than one together")]
    Parts,
    #[error("bound must be below one, or whoever pays itself loses nothing")]
    Bound,
    #[error("reputation_above must be below one, or nobody could earn for it")]
    Reputation,
}

impl Rules {
    /// Checks that every parameter is in range and that they fit each other.
    pub fn check(&self) -> Result<(), RulesError> {
        let seconds = [
            self.half_life_seconds,
            self.longest_step_seconds,
            self.rollover_seconds,
        ];
        let in_range = seconds.iter().all(|s| (1..=MOST_SECONDS).contains(s));
        if !in_range || self.rollover_seconds < rollover::BUCKETS {
            return Err(RulesError::Seconds);
        }
        let parts = [
            self.parts.held,
            self.parts.consumed,
            self.parts.provided,
            self.parts.reputation,
        ];
        let one = Ratio::ONE.billionths();
        if parts.iter().map(|part| part.billionths()).sum::<u64>() > one {
            return Err(RulesError::Parts);
        }
        if self.bound == Ratio::ONE {
            return Err(RulesError::Bound);
        }
        if self.reputation_above == Ratio::ONE {
            return Err(RulesError::Reputation);
        }
        Ok(())
    }
}
