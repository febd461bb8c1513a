//! Balances and supply.
//!
//! Invariants: the supply of a denomination is the sum of its balances at every
//! height; no stored balance or supply is zero; a transfer conserves supply.
//!
//! - `msg`: send and multi-send, checked
//! - `execute`: what they do, and the [`Ledger`](super::ledger::Ledger) for other modules
//! - `keys`, `params`, `events`, `errors`, `genesis`, `query`

mod errors;
pub mod events;
mod execute;
pub mod genesis;
mod keys;
mod msg;
pub mod params;
pub mod query;

use std::collections::BTreeMap;

use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::{Address, Amount, Coin};

pub use execute::take;
pub use msg::Msg;

use crate::errors::Fault;

/// The balances in state. `A` knows the accounts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bank<A> {
    accounts: A,
}

impl<A> Bank<A> {
    pub const fn new(accounts: A) -> Self {
        Self { accounts }
    }
}

/// A balance; absent is zero.
pub fn balance(state: &impl Read, owner: &Address, denom: &str) -> Result<Amount, Fault> {
    read_amount(state, &keys::balance(owner, denom))
}

/// All balances of an account.
pub fn balances(state: &impl Read, owner: &Address) -> Result<Vec<Coin>, Fault> {
    let prefix = keys::balances_of(owner);
    let entries = state.prefix(Space::Main, &prefix, Order::Ascending);
    entries
        .map(|entry| {
            let (key, value) = entry?;
            let denom = key.get(prefix.len()..).unwrap_or_default();
            let denom = String::from_utf8_lossy(denom).parse();
            Ok(Coin {
                denom: denom.map_err(|_| Fault::corrupt("a balance"))?,
                amount: decode_amount(&value, &key)?,
            })
        })
        .collect()
}

/// Supply of a denomination.
pub fn supply(state: &impl Read, denom: &str) -> Result<Amount, Fault> {
    read_amount(state, &keys::supply(denom))
}

/// Checks that every denomination's supply is the sum of its balances, by
/// reading all of them.
pub fn check_supply(state: &impl Read) -> Result<(), Fault> {
    let mut sums: BTreeMap<String, Amount> = BTreeMap::new();
    for entry in state.prefix(Space::Main, keys::BALANCE, Order::Ascending) {
        let (key, value) = entry?;
        let parts = key.strip_prefix(keys::BALANCE).and_then(keys::split_balance);
        let (_, denom) = parts.ok_or_else(|| Fault::corrupt("a balance"))?;
        let sum = sums.entry(denom.to_owned()).or_default();
        *sum = sum
            .add(decode_amount(&value, &key)?)
            .map_err(|e| Fault::Invariant(e.to_string()))?;
    }
    for entry in state.prefix(Space::Main, keys::SUPPLY, Order::Ascending) {
        let (key, value) = entry?;
        let denom = String::from_utf8_lossy(key.get(keys::SUPPLY.len()..).unwrap_or_default()).into_owned();
        let (supply, sum) = (
            decode_amount(&value, &key)?,
            sums.remove(&denom).unwrap_or_default(),
        );
        if supply != sum {
            return Err(Fault::Invariant(format!(
                "supply of {denom} is {supply}, balances sum to {sum}"
            )));
        }
    }
    match sums.first_key_value() {
        None => Ok(()),
        Some((denom, sum)) => Err(Fault::Invariant(format!(
            "{sum}{denom} in balances without a supply"
        ))),
    }
}

fn read_amount(state: &impl Read, key: &[u8]) -> Result<Amount, Fault> {
    state
        .get(Space::Main, key)?
        .map_or(Ok(Amount::ZERO), |bytes| decode_amount(&bytes, key))
}

fn decode_amount(bytes: &[u8], key: &[u8]) -> Result<Amount, Fault> {
    let bytes = bytes
        .try_into()
        .map_err(|_| Fault::corrupt(String::from_utf8_lossy(key)))?;
    Ok(Amount::new(u128::from_be_bytes(bytes)))
}

/// Writes an amount; zero is written as absence.
fn write_amount(state: &mut Overlay, key: Vec<u8>, amount: Amount) {
    if amount.is_zero() {
        state.delete(Space::Main, &key);
    } else {
        state.set(Space::Main, key, amount.value().to_be_bytes().to_vec());
    }
}
