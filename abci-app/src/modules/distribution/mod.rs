//! Rewards of candidates and their delegators, by shares.
//!
//! A reward costs the same however many delegators it is for: it moves its candidate's index,
//! and each delegation is paid when it asks, or before its shares change. Slashes take tokens
//! and leave shares, so they change nothing here.
//!
//! Invariants, after every message and block ([`Distribution::check`]):
//! - what a candidate's delegators are owed, its commission and the remainder its index
//!   carries are exactly what is outstanding with it, fractions included;
//! - the account holds all that is outstanding; what it holds beyond has not been allocated
//!   yet ([`Distribution::undistributed`]);
//! - a candidate has a record here, and a delegation a holding, as long as they exist.
//!
//! The community pool is the treasury's account.
//!
//! - `msg`: what comes in, checked
//! - `execute`: withdrawals; `rewards`: allocation, and what staking calls
//! - `keys`, `state`: where it lives
//! - `gas`, `errors`, `events`, `check`, `genesis`, `query`

mod check;
mod errors;
mod events;
mod execute;
mod gas;
pub mod genesis;
mod keys;
mod msg;
pub mod query;
mod rewards;
mod state;

use slsbft_genesis::staking::Slash;
use slsbft_mechanism::share::Dec;
use slsbft_store::Read;
use slsbft_types::{Address, Amount, BASE_DENOM};

pub use errors::DistributionError;
pub use msg::Msg;

use crate::{
    errors::{ExecError, Fault},
    modules::{
        fees::{DISTRIBUTION, TREASURY},
        ledger::Ledger,
    },
};

/// A candidate as rewards see it.
#[derive(Clone, Copy, Debug)]
pub struct Staked {
    /// Of all its delegations.
    pub shares: Dec,
    /// What it keeps of a reward; at most 1.
    pub commission: Dec,
}

/// What distribution needs to know of stake.
pub trait Stakes {
    /// `None` if there is no such candidate.
    fn staked(&self, state: &impl Read, operator: &Address) -> Result<Option<Staked>, Fault>;
    /// Shares of a delegation; zero if there is none.
    fn shares(&self, state: &impl Read, delegator: &Address, operator: &Address) -> Result<Dec, Fault>;
    /// Candidates of a delegator and its shares with each, at most so many.
    fn delegations(
        &self,
        state: &impl Read,
        delegator: &Address,
        most: usize,
    ) -> Result<Vec<(Address, Dec)>, Fault>;
    /// Slashes of a candidate between two heights, at most so many.
    fn slashes(
        &self,
        state: &impl Read,
        operator: &Address,
        heights: std::ops::RangeInclusive<u64>,
        most: usize,
    ) -> Result<Vec<Slash>, Fault>;
}

/// Rewards in state; money moves through a ledger, shares are seen through `S`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Distribution<L, S> {
    ledger: L,
    stakes: S,
}

impl<L: Ledger, S: Stakes> Distribution<L, S> {
    pub const fn new(ledger: L, stakes: S) -> Self {
        Self { ledger, stakes }
    }

    /// uankr in the account that are nobody's yet.
    pub fn undistributed(&self, state: &impl Read) -> Result<Amount, ExecError> {
        let held = self.ledger.balance(state, &account(), BASE_DENOM)?;
        Ok(sound(held.sub(state::owed(state)?))?)
    }
}

/// The account of rewards.
pub fn account() -> Address {
    Address::module(DISTRIBUTION)
}

/// The account that Cosmos calls the community pool.
pub fn community_pool() -> Address {
    Address::module(TREASURY)
}

/// Arithmetic on stored rewards, which cannot fail: they are a part of the supply.
fn sound<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<T, Fault> {
    result.map_err(|error| Fault::Invariant(format!("distribution: {error}")))
}
