//! How well providers and validators serve: a registry, audits by others whom the
//! beacon assigns, ratings by consumers, and a service level made of it.
//!
//! Invariants: the module's account holds the self-stakes of all providers and of
//! those that wait for their release; an epoch's audits, ratings, answers and signing
//! counts reach the levels once, at its last block, and nothing else does; whatever the
//! number of providers, a block's work for them is bounded.
//!
//! - `registry`: providers and their self-stake
//! - `audits`: assignments, commitments, reports
//! - `compute`: proofs of computing: tasks and commitments
//! - `ratings`: what consumers say, weighed by what they pay
//! - `answers`: how providers answer requests
//! - `records`: evidence of service, in pages
//! - `boundary`: from an epoch's evidence to the levels
//! - `msg`, `execute`, `params`, `keys`, `errors`, `events`, `genesis`, `query`

mod answers;
mod audits;
mod boundary;
mod compute;
mod errors;
mod events;
mod execute;
pub mod genesis;
mod keys;
mod msg;
mod params;
pub mod query;
mod ratings;
mod records;
mod registry;

use slsbft_mechanism::level::Record;
use slsbft_store::Read;
use slsbft_types::{Address, Amount, Ratio, Time};

pub use answers::{answered, edges, is_edge};
pub use errors::ServiceError;
pub use msg::{MAX_ENTRIES, Msg};
pub use params::Params;
pub use ratings::{Rating, hear};

use crate::{
    context::Context,
    errors::{ExecError, Fault},
};

/// Module account of self-stakes.
pub const STAKES: &str = "service";

/// Providers and levels in state; self-stakes move through a ledger, and what
/// validators have at stake through `V`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Service<L, V> {
    ledger: L,
    validators: V,
}

impl<L, V> Service<L, V> {
    pub const fn new(ledger: L, validators: V) -> Self {
        Self { ledger, validators }
    }
}

/// What the service levels need of `staking`.
pub trait Validators {
    fn exists(&self, state: &impl Read, operator: &Address) -> Result<bool, Fault>;

    fn operator_of(&self, state: &impl Read, key: &[u8; 20]) -> Result<Option<Address>, Fault>;

    /// Takes a part of an operator's own delegation; returns what was burned.
    fn slash_self(
        &self,
        ctx: &mut Context<'_>,
        operator: &Address,
        fraction: Ratio,
    ) -> Result<Amount, ExecError>;
}

/// Evidence of an address; that of a newcomer if there is none.
pub fn record_of(state: &impl Read, address: &Address) -> Result<Record, Fault> {
    let record = match records::id_of(state, address)? {
        Some(id) => records::load(state, id)?.map(|slot| slot.record),
        None => None,
    };
    Ok(record.unwrap_or_default())
}

/// Whether new deals with a provider, and its election, are closed.
pub fn is_paused(state: &impl Read, address: &Address) -> Result<bool, Fault> {
    Ok(record_of(state, address)?.is_paused())
}

/// The service level at a time.
pub fn level(state: &impl Read, address: &Address, now: Time) -> Result<Ratio, Fault> {
    Ok(record_of(state, address)?.level(now, &Params::load(state)?.levels))
}
