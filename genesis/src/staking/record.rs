//! What is kept of candidates, delegations, stake that leaves, and slashes.

use serde::{Deserialize, Serialize};
use slsbft_mechanism::share::{Dec, Pool};
use slsbft_types::{Address, Amount, Ratio, Time};

use crate::{
    error::{GenesisError, as_text, ensure},
    validator::ConsensusKey,
};

/// Somebody who may be elected into the validator set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// The account that acts for it.
    pub operator: Address,
    /// The latest one; elections take it as it was at the boundary before.
    pub consensus_key: ConsensusKey,
    /// All stake with it.
    pub pool: Pool,
    pub description: Description,
    pub commission: Commission,
    /// Its own condition for being elected, in uankr; it can only grow.
    pub min_self_delegation: Amount,
    #[serde(with = "as_text")]
    pub created_height: u64,
    /// It is jailed, and when it may ask to be let out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jailed_until: Option<Time>,
    /// Jailed for ever.
    #[serde(default, skip_serializing_if = "is_false")]
    pub tombstoned: bool,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl Candidate {
    pub const fn is_jailed(&self) -> bool {
        self.jailed_until.is_some()
    }
}

/// What a candidate says of itself; lengths are bounded as in Cosmos, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    pub moniker: String,
    #[serde(default)]
    pub identity: String,
    #[serde(default)]
    pub website: String,
    #[serde(default)]
    pub security_contact: String,
    #[serde(default)]
    pub details: String,
}

impl Description {
    /// The first field that is too long: its name, its length, and the most it may have.
    pub fn too_long(&self) -> Option<(&'static str, usize, usize)> {
        [
            ("moniker", self.moniker.len(), 70),
            ("identity", self.identity.len(), 3_000),
            ("website", self.website.len(), 140),
            ("security contact", self.security_contact.len(), 140),
            ("details", self.details.len(), 280),
        ]
        .into_iter()
        .find(|(_, length, most)| length > most)
    }
}

/// What a candidate keeps of the rewards before its delegators get theirs. Rates are
/// between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commission {
    pub rate: Dec,
    /// The rate can never be above it.
    pub max_rate: Dec,
    /// Most that the rate may rise at once.
    pub max_change_rate: Dec,
    /// When the rate was last set; it stays for a day.
    pub updated_at: Time,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delegation {
    pub delegator: Address,
    pub operator: Address,
    /// Of the candidate's pool.
    pub shares: Dec,
}

/// How long stake that has left still answers for what its candidate did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// Height of the block in which it left.
    #[serde(with = "as_text")]
    pub created_height: u64,
    /// It ends when this height has passed …
    #[serde(with = "as_text")]
    pub until_height: u64,
    /// … and this time has come.
    pub until: Time,
}

impl Term {
    pub fn is_over(&self, height: u64, now: Time) -> bool {
        now >= self.until && height > self.until_height
    }
}

/// Stake that a delegator took from a candidate and has not got back yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unbonding {
    pub delegator: Address,
    pub operator: Address,
    /// In the order in which they were made; at most one a height.
    pub entries: Vec<UnbondingEntry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnbondingEntry {
    pub term: Term,
    /// uankr: what left; slashes are counted of it.
    pub initial: Amount,
    /// uankr: what is left of it.
    pub balance: Amount,
    /// The [`Liability`] of its height that `balance` has answered for.
    #[serde(with = "as_text")]
    pub answered: u64,
}

/// Stake that a delegator moved to a candidate from others, for which those others'
/// misdeeds still count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redelegation {
    pub delegator: Address,
    pub destination: Address,
    /// In the order in which they were made; at most one a height and source.
    pub entries: Vec<Arrival>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arrival {
    pub source: Address,
    pub term: Term,
    /// uankr: what was moved; slashes are counted of it.
    pub initial: Amount,
    /// Of the destination's pool, given for it.
    pub shares: Dec,
    /// The [`Liability`] of the source at its height that has been answered for.
    #[serde(with = "as_text")]
    pub answered: u64,
}

/// Whose key a consensus address is, or was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyOwner {
    /// `ankrvalcons1…`
    #[serde(with = "consensus_address")]
    pub address: Address,
    pub operator: Address,
}

/// A slash of a candidate's stake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slash {
    pub operator: Address,
    #[serde(with = "as_text")]
    pub height: u64,
    /// Counts the candidate's slashes, from 0.
    pub number: u32,
    /// Stake that left at this height or later had its part in it.
    #[serde(with = "as_text")]
    pub infraction_height: u64,
    pub fraction: Ratio,
    /// uankr taken from the pool at once.
    pub burned: Amount,
    /// uankr to be taken from what had left.
    pub owed: Amount,
    pub reason: String,
}

/// What stake that left a candidate at a height owes of its initial amount: the fractions
/// of all slashes since that it had its part in, added up. It holds for this height and
/// those after it, up to the candidate's next record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Liability {
    pub operator: Address,
    #[serde(with = "as_text")]
    pub height: u64,
    /// Parts per billion; may be above 1.
    #[serde(with = "as_text")]
    pub billionths: u64,
}

impl Commission {
    /// The rates fit each other; Cosmos calls this `CommissionRates.Validate`.
    pub(super) fn validate(&self) -> Result<(), GenesisError> {
        let one = Dec::whole(Amount::new(1));
        ensure(self.max_rate <= one, "max_rate", "is above 1")?;
        ensure(self.rate <= self.max_rate, "rate", "is above max_rate")?;
        ensure(
            self.max_change_rate <= self.max_rate,
            "max_change_rate",
            "is above max_rate",
        )
    }
}

mod consensus_address {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use slsbft_types::{Address, address::CONSENSUS_PREFIX};

    pub fn serialize<S: Serializer>(address: &Address, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&address.to_consensus_bech32())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Address, D::Error> {
        let text = String::deserialize(deserializer)?;
        Address::from_bech32_with(CONSENSUS_PREFIX, &text).map_err(D::Error::custom)
    }
}
