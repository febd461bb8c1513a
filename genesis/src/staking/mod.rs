//! Candidates for the validator set and those who stake with them. The types are
//! those of the state machine too.
//!
//! - `record`: what is kept
//! - `params`: the rules
//! - `check`: what a document must not say

mod check;
mod params;
mod record;

use serde::{Deserialize, Serialize};
use slsbft_types::Address;

pub(crate) use check::{sorted, sum};
pub use params::Params;
pub use record::{
    Arrival, Candidate, Commission, Delegation, Description, KeyOwner, Liability, Redelegation, Slash, Term,
    Unbonding, UnbondingEntry,
};

/// Module account of all stake with candidates.
pub const BONDED_POOL: &str = "bonded_tokens_pool";
/// Module account of stake that is on its way back.
pub const NOT_BONDED_POOL: &str = "not_bonded_tokens_pool";

/// Every list is sorted by the addresses and heights at the head of its records, in the
/// order in which they are written there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staking {
    pub params: Params,
    #[serde(default)]
    pub candidates: Vec<Candidate>,
    #[serde(default)]
    pub delegations: Vec<Delegation>,
    #[serde(default)]
    pub unbondings: Vec<Unbonding>,
    #[serde(default)]
    pub redelegations: Vec<Redelegation>,
    /// Every consensus key that was ever used.
    #[serde(default)]
    pub keys: Vec<KeyOwner>,
    #[serde(default)]
    pub slashes: Vec<Slash>,
    #[serde(default)]
    pub liabilities: Vec<Liability>,
}

impl Staking {
    pub fn bonded_account() -> Address {
        Address::module(BONDED_POOL)
    }

    pub fn not_bonded_account() -> Address {
        Address::module(NOT_BONDED_POOL)
    }
}
