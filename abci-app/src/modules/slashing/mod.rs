//! What misbehaviour costs: double signing found by CometBFT, an epoch mostly
//! missed, a header that names another proposer.
//!
//! Invariants: whoever is tombstoned stays so and is slashed no more; a slash is
//! a fraction of the stake that the seat was drawn on, never of voting power;
//! stakes are recorded for as long as evidence counts.
//!
//! - `evidence`: double signing and light-client attacks, in the block that brings them
//! - `liveness`: who missed too much of an epoch, or forged names, judged at its end
//! - `recorded`: the stakes that evidence is measured by
//! - `msg`, `execute`: unjail

mod errors;
mod events;
mod evidence;
mod execute;
pub mod genesis;
mod keys;
mod liveness;
mod msg;
mod params;
pub mod query;
mod recorded;

use slsbft_store::Read;
use slsbft_types::{Address, Amount, Ratio, Time};

pub use errors::SlashingError;
pub use msg::Msg;
pub use params::Params;
pub use recorded::record_stakes;

use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::consensus::ConsensusAddress,
};

/// Judges validators with the help of those who hold their stake.
#[derive(Clone, Copy, Debug, Default)]
pub struct Slashing<S> {
    stakes: S,
}

impl<S> Slashing<S> {
    pub const fn new(stakes: S) -> Self {
        Self { stakes }
    }
}

/// A part of a validator's stake that is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slash {
    pub operator: Address,
    /// What left at this height or later answers for the deed too.
    pub since: u64,
    /// What the fraction is of.
    pub recorded_stake: Amount,
    pub fraction: Ratio,
    /// As events name it.
    pub reason: &'static str,
}

/// Whether a validator may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub jailed: bool,
    /// When it may ask to be let out.
    pub jailed_until: Time,
    pub tombstoned: bool,
    /// Its own delegation reaches the chain's least and its own.
    pub has_self_stake: bool,
}

/// What slashing needs of `staking`.
pub trait Stakes {
    fn operator_of(&self, state: &impl Read, key: &ConsensusAddress) -> Result<Option<Address>, Fault>;

    /// `None` if there is no such validator.
    fn standing(&self, state: &impl Read, operator: &Address) -> Result<Option<Standing>, Fault>;

    /// Burns the stake and says how much it was.
    fn slash(&self, ctx: &mut Context<'_>, slash: &Slash) -> Result<Amount, ExecError>;

    /// Keeps it from standing, at least until then.
    fn jail(&self, ctx: &mut Context<'_>, operator: &Address, until: Time) -> Result<(), ExecError>;

    /// Keeps it from standing for ever.
    fn tombstone(&self, ctx: &mut Context<'_>, operator: &Address) -> Result<(), ExecError>;

    fn unjail(&self, ctx: &mut Context<'_>, operator: &Address) -> Result<(), ExecError>;
}
