//! Who produces blocks: drawn at each epoch's last block by stake and service
//! level, from what both were at the boundary before, unchanged.
//!
//! Invariants: nothing that happens after a snapshot changes what is drawn from
//! it, so whoever knows the seed can choose nothing any more; the set is never
//! empty, and jailing leaves at least four.
//!
//! - `snapshot`: the candidates at a boundary
//! - `hold`: an election, the first set of a chain, and seats lost in between
//! - `standing`: what is kept of an election, to explain it

pub mod genesis;
mod hold;
mod keys;
mod params;
pub mod query;
mod snapshot;
mod standing;

use slsbft_store::Read;
use slsbft_types::{Address, Amount, Ratio, Time};

pub use hold::Held;
pub use params::Params;
pub use snapshot::Snapshot;

use crate::errors::Fault;

/// Elects among those whom `C` knows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Election<C> {
    candidates: C,
}

impl<C> Election<C> {
    pub const fn new(candidates: C) -> Self {
        Self { candidates }
    }
}

/// A candidate now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub operator: Address,
    pub moniker: String,
    /// Its own and its delegators', uankr.
    pub stake: Amount,
    /// Its own delegation, uankr.
    pub self_stake: Amount,
    /// Reaches the chain's least and its own.
    pub has_self_stake: bool,
    pub jailed: bool,
    pub tombstoned: bool,
    pub consensus_key: [u8; 32],
    pub vrf_key: Option<[u8; 32]>,
    pub service: Service,
}

/// How well an operator serves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// Consensus, endpoint, resource, consumer.
    pub scores: [Ratio; 4],
    pub level: Ratio,
    pub paused: bool,
    /// May stand although it is paused: with it more would be barred than may be at once.
    pub spared: bool,
}

/// What the election needs of the rooms that keep stakes, levels and keys.
pub trait Candidates {
    /// Every candidate, by operator.
    fn all(&self, state: &impl Read, now: Time) -> Result<Vec<Candidate>, Fault>;

    /// Whether an operator is jailed and whether it is tombstoned now.
    fn lost(&self, state: &impl Read, operator: &Address) -> Result<(bool, bool), Fault>;
}
