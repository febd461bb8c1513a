//! Rewards in and out of a genesis document.

use slsbft_genesis::distribution::{Claim, Distribution as Section, Validator, WithdrawAddress};
use slsbft_mechanism::share::Dec;
use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::Address;

use super::{
    Distribution, Stakes, keys,
    state::{self, Outstanding},
};
use crate::{
    errors::{ExecError, Fault},
    modules::{key, ledger::Ledger},
};

impl<L: Ledger, S: Stakes> Distribution<L, S> {
    /// Writes the section. Balances and staking come before it.
    pub fn init(&self, state: &mut Overlay, section: &Section) -> Result<(), ExecError> {
        for entry in &section.withdraw_addresses {
            state::set_withdraw_address(state, &entry.delegator, &entry.address);
        }
        for validator in &section.validators {
            let outstanding = Outstanding {
                total: validator.outstanding,
                commission: validator.commission,
                index: validator.index(),
            };
            state::save_outstanding(state, &validator.operator, &outstanding);
            state::owe(state, validator.outstanding)?;
        }
        for claim in &section.holdings {
            let holding = claim.holding(Dec::ZERO);
            state::save_holding(state, &claim.delegator, &claim.operator, &holding);
        }
        self.check(state)
            .map_err(|error| Fault::Genesis(format!("app_state.distribution: {error}")).into())
    }
}

/// Reads the section back.
pub fn export(state: &impl Read) -> Result<Section, Fault> {
    let mut withdraw_addresses = all(state, keys::WITHDRAW_ADDRESS, |key, value| {
        Ok(WithdrawAddress {
            delegator: one(key)?,
            address: state::read_address(value)?,
        })
    })?;
    withdraw_addresses.sort_by_key(|entry| entry.delegator);
    let mut validators = all(state, keys::VALIDATOR, |key, value| {
        let found = state::read_outstanding(value, key)?;
        Ok(Validator {
            operator: one(key)?,
            outstanding: found.total,
            commission: found.commission,
            per_share: found.index.per_share.to_be_bytes(),
            carried: found.index.carried.to_be_bytes(),
        })
    })?;
    validators.sort_by_key(|validator| validator.operator);
    let mut holdings = all(state, keys::HOLDING, |key, value| {
        let (delegator, operator) = key::pair(key).ok_or_else(|| corrupt(key))?;
        let holding = state::read_holding(value, Dec::ZERO)?;
        Ok(Claim {
            delegator,
            operator,
            since: holding.since.to_be_bytes(),
            unpaid: holding.unpaid.to_be_bytes(),
        })
    })?;
    holdings.sort_by_key(|claim| (claim.delegator, claim.operator));
    Ok(Section {
        withdraw_addresses,
        validators,
        holdings,
    })
}

/// All records under a prefix; `read` sees keys without it.
fn all<T>(
    state: &impl Read,
    prefix: &[u8],
    read: impl Fn(&[u8], &[u8]) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let entries = state.prefix(Space::Main, prefix, Order::Ascending);
    entries
        .map(|entry| {
            let (key, value) = entry?;
            read(key.strip_prefix(prefix).unwrap_or_default(), &value)
        })
        .collect()
}

fn one(key: &[u8]) -> Result<Address, Fault> {
    key::one(key).ok_or_else(|| corrupt(key))
}

fn corrupt(key: &[u8]) -> Fault {
    Fault::corrupt(format!("distribution, {}", String::from_utf8_lossy(key)))
}
