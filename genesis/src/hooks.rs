//! What contracts are called for, and calls that wait.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use slsbft_types::Address;

use crate::{
    contracts::Base64,
    error::{GenesisError, ensure},
};

/// Most gas of a call. More than the calls of a block may use would keep all others waiting for ever.
pub const MOST_GAS: u64 = 10_000_000;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hooks {
    #[serde(default)]
    pub subscriptions: Vec<Subscription>,
    /// In the order in which each contract gets them.
    #[serde(default)]
    pub inbox: Vec<Message>,
    #[serde(default)]
    pub round: Round,
    /// The contract that was called last.
    #[serde(default)]
    pub turn: Option<Address>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hook {
    EpochEnded,
    DealOpened,
    DealSettled,
    DealClosed,
    /// A request of its own ended; nobody subscribes to that.
    Answered,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subscription {
    pub contract: Address,
    pub hook: Hook,
    /// Most gas of a call; at most [`MOST_GAS`].
    pub gas_limit: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    pub contract: Address,
    pub hook: Hook,
    pub gas_limit: u64,
    pub msg: Base64,
}

/// How far the telling of an epoch's end has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Round {
    pub epoch: u64,
    /// Contracts still to be told.
    pub left: u64,
    /// The contract that was told last.
    #[serde(default)]
    pub last: Option<Address>,
}

impl Hooks {
    /// `contracts` are those that there are.
    pub fn validate(&self, contracts: &BTreeSet<Address>) -> Result<(), GenesisError> {
        let mut subscribed = BTreeSet::new();
        for (i, entry) in self.subscriptions.iter().enumerate() {
            let path = format!("subscriptions[{i}]");
            let known = contracts.contains(&entry.contract);
            ensure(known, &format!("{path}.contract"), "is not among the contracts")?;
            let is_open = entry.hook != Hook::Answered;
            ensure(is_open, &format!("{path}.hook"), "takes no subscriptions")?;
            let fresh = subscribed.insert((entry.contract, entry.hook));
            ensure(fresh, &path, "is there twice")?;
            bounded(entry.gas_limit, &path)?;
        }
        for (i, entry) in self.inbox.iter().enumerate() {
            let path = format!("inbox[{i}]");
            let known = contracts.contains(&entry.contract);
            ensure(known, &format!("{path}.contract"), "is not among the contracts")?;
            bounded(entry.gas_limit, &path)?;
        }
        Ok(())
    }
}

fn bounded(gas_limit: u64, path: &str) -> Result<(), GenesisError> {
    let bounded = (1..=MOST_GAS).contains(&gas_limit);
    ensure(
        bounded,
        &format!("{path}.gas_limit"),
        format!("is not from 1 to {MOST_GAS}"),
    )
}
