//! Accounts: who exists, under which number and key, with which sequence, and
//! which coins of a vesting account are still locked.
//!
//! Invariants: an account number is given once and never changes; a sequence
//! only grows; a key, once set, stays and hashes to the account's address.
//!
//! - `account`: the record and its forms
//! - `keys`: where it lives
//! - `params`, `genesis`, `query`

pub mod account;
pub mod genesis;
mod keys;
pub mod params;
pub mod query;

use slsbft_store::{Overlay, Read, Space};
use slsbft_types::{Address, Amount, Time};

pub use account::{Account, Kind, Vesting};
pub use params::Params;

use crate::{errors::Fault, modules::record};

/// What `bank` needs to know of accounts.
pub trait Accounts {
    /// Makes a plain account unless there is one; says whether only the chain
    /// itself may pay to it.
    fn ensure(&self, state: &mut Overlay, address: &Address) -> Result<bool, Fault>;
    /// Coins of a denomination that a vesting account cannot spend yet.
    fn locked(&self, state: &impl Read, address: &Address, denom: &str, now: Time) -> Result<Amount, Fault>;
    /// Whether only the chain itself may pay to this account.
    fn is_module(&self, state: &impl Read, address: &Address) -> Result<bool, Fault>;
    /// Notes for a vesting account that uankr of it are delegated from now on; see
    /// [`Account::track_delegation`].
    fn track_delegation(
        &self,
        state: &mut Overlay,
        address: &Address,
        amount: Amount,
        now: Time,
    ) -> Result<(), Fault>;
    /// Notes for a vesting account that delegated uankr come back.
    fn track_undelegation(&self, state: &mut Overlay, address: &Address, amount: Amount)
    -> Result<(), Fault>;
}

/// The accounts in state.
#[derive(Clone, Copy, Debug, Default)]
pub struct Auth;

impl Auth {
    pub fn get(&self, state: &impl Read, address: &Address) -> Result<Option<Account>, Fault> {
        account::load(state, address)
    }

    pub fn put(&self, state: &mut Overlay, address: &Address, account: &Account) {
        account::save(state, address, account);
    }

    /// Makes an account of a kind under the next number.
    pub fn create(&self, state: &mut Overlay, address: &Address, kind: Kind) -> Result<Account, Fault> {
        let number = record::load_u64(state, Space::Main, keys::NEXT_NUMBER)?;
        let account = Account {
            number,
            sequence: 0,
            key: None,
            kind,
        };
        let next = number
            .checked_add(1)
            .ok_or_else(|| Fault::Invariant("account numbers are used up".into()))?;
        state.set(
            Space::Main,
            keys::NEXT_NUMBER.to_vec(),
            next.to_be_bytes().to_vec(),
        );
        self.register(state, address, &account);
        Ok(account)
    }

    fn vesting(&self, state: &impl Read, address: &Address) -> Result<Option<Account>, Fault> {
        let found = self.get(state, address)?;
        Ok(found.filter(|account| matches!(account.kind, Kind::ContinuousVesting(_))))
    }

    fn register(&self, state: &mut Overlay, address: &Address, account: &Account) {
        state.set(
            Space::Main,
            keys::number(account.number),
            address.as_bytes().to_vec(),
        );
        self.put(state, address, account);
    }
}

impl Accounts for Auth {
    fn ensure(&self, state: &mut Overlay, address: &Address) -> Result<bool, Fault> {
        match self.get(state, address)? {
            Some(account) => Ok(account.is_module()),
            None => self.create(state, address, Kind::Base).map(|_| false),
        }
    }

    fn locked(&self, state: &impl Read, address: &Address, denom: &str, now: Time) -> Result<Amount, Fault> {
        Ok(self
            .get(state, address)?
            .map_or(Amount::ZERO, |account| account.locked(denom, now)))
    }

    fn is_module(&self, state: &impl Read, address: &Address) -> Result<bool, Fault> {
        Ok(self
            .get(state, address)?
            .is_some_and(|account| account.is_module()))
    }

    fn track_delegation(
        &self,
        state: &mut Overlay,
        address: &Address,
        amount: Amount,
        now: Time,
    ) -> Result<(), Fault> {
        let Some(mut account) = self.vesting(state, address)? else {
            return Ok(());
        };
        account
            .track_delegation(amount, now)
            .map_err(|error| Fault::Invariant(format!("delegated coins of {address}: {error}")))?;
        self.put(state, address, &account);
        Ok(())
    }

    fn track_undelegation(
        &self,
        state: &mut Overlay,
        address: &Address,
        amount: Amount,
    ) -> Result<(), Fault> {
        if let Some(mut account) = self.vesting(state, address)? {
            account.track_undelegation(amount);
            self.put(state, address, &account);
        }
        Ok(())
    }
}
