//! Who is called for what.

use slsbft_proto::hooks::v1::{Hook, Subscription};
use slsbft_store::{Overlay, Read, Space};
use slsbft_types::Address;

use super::keys;
use crate::{errors::Fault, modules::record};

pub const ALL: [Hook; 4] = [
    Hook::EpochEnded,
    Hook::DealOpened,
    Hook::DealSettled,
    Hook::DealClosed,
];

/// The most gas of a call, if the contract is subscribed.
pub fn find(state: &impl Read, contract: &Address, hook: Hook) -> Result<Option<u64>, Fault> {
    let limit = record::load_u64(state, Space::Main, &keys::subscription(hook, contract))?;
    Ok(Some(limit).filter(|limit| *limit > 0))
}

pub fn set(state: &mut Overlay, contract: &Address, hook: Hook, gas_limit: u64) -> Result<(), Fault> {
    if hook == Hook::EpochEnded && find(state, contract, hook)?.is_none() {
        count(state, listeners(state)?.saturating_add(1));
    }
    let key = keys::subscription(hook, contract);
    state.set(Space::Main, key, gas_limit.to_be_bytes().to_vec());
    Ok(())
}

/// Returns whether it was there.
pub fn remove(state: &mut Overlay, contract: &Address, hook: Hook) -> Result<bool, Fault> {
    if find(state, contract, hook)?.is_none() {
        return Ok(false);
    }
    if hook == Hook::EpochEnded {
        count(state, listeners(state)?.saturating_sub(1));
    }
    state.delete(Space::Main, &keys::subscription(hook, contract));
    Ok(true)
}

/// How many contracts are subscribed to the ends of epochs.
pub fn listeners(state: &impl Read) -> Result<u64, Fault> {
    record::load_u64(state, Space::Main, keys::LISTENERS)
}

pub fn of(state: &impl Read, contract: &Address) -> Result<Vec<Subscription>, Fault> {
    let mut found = Vec::new();
    for hook in ALL {
        if let Some(gas_limit) = find(state, contract, hook)? {
            found.push(Subscription {
                hook: hook.into(),
                gas_limit,
            });
        }
    }
    Ok(found)
}

fn count(state: &mut Overlay, listeners: u64) {
    match listeners {
        0 => state.delete(Space::Main, keys::LISTENERS),
        some => state.set(Space::Main, keys::LISTENERS.to_vec(), some.to_be_bytes().to_vec()),
    }
}
