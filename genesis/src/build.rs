//! Building a document from parts: accounts and the declarations of validators.

use std::collections::BTreeSet;

use slsbft_types::{Address, Coins};

use crate::{
    Declaration, Genesis, GenesisError,
    auth::{Account, BaseAccount, ContinuousVestingAccount},
    bank::Balance,
    error::ensure,
    validator::Validator,
};

/// When a vesting account's coins come free, evenly from start to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vesting {
    /// Unix seconds.
    pub start: i64,
    /// Unix seconds.
    pub end: i64,
}

impl Genesis {
    /// Adds an account with a balance, all of it vesting if a schedule is given.
    ///
    /// Fails if the address is already there or the schedule is empty.
    pub fn add_account(
        &mut self,
        address: Address,
        coins: Coins,
        vesting: Option<Vesting>,
    ) -> Result<(), GenesisError> {
        let accounts = &self.app_state.auth.accounts;
        if accounts.iter().any(|account| account.address() == address) {
            return Err(already_there(&address));
        }
        let account_number = self.next_number();
        let account = match vesting {
            None => base(address, account_number),
            Some(Vesting { start, end }) => {
                ensure(end > start, "vesting", "its end must be after its start")?;
                Account::ContinuousVesting(ContinuousVestingAccount {
                    address,
                    account_number,
                    sequence: 0,
                    pub_key: None,
                    original_vesting: coins.clone(),
                    start,
                    end,
                })
            }
        };
        self.push(account, coins);
        Ok(())
    }

    /// Adds many accounts with balances, numbered in their order. A million take
    /// seconds: doubles are not searched for one by one.
    ///
    /// Fails at the first address that is already there.
    pub fn add_accounts(
        &mut self,
        accounts: impl IntoIterator<Item = (Address, Coins)>,
    ) -> Result<(), GenesisError> {
        let present = &self.app_state.auth.accounts;
        let mut known: BTreeSet<Address> = present.iter().map(Account::address).collect();
        for (account_number, (address, coins)) in (self.next_number()..).zip(accounts) {
            if !known.insert(address) {
                return Err(already_there(&address));
            }
            self.push(base(address, account_number), coins);
        }
        Ok(())
    }

    fn next_number(&self) -> u64 {
        let numbers = self.app_state.auth.accounts.iter().map(Account::number);
        numbers.max().map_or(0, |last| last.saturating_add(1))
    }

    fn push(&mut self, account: Account, coins: Coins) {
        let address = account.address();
        self.app_state.auth.accounts.push(account);
        if !coins.is_empty() {
            self.app_state.bank.balances.push(Balance { address, coins });
        }
    }

    /// Makes the declared nodes the first validator set, beside those that are
    /// in it already. Sorted by consensus address, so that the order in which
    /// files are read does not matter.
    pub fn collect(&mut self, declared: impl IntoIterator<Item = Declaration>) -> Result<(), GenesisError> {
        self.validators.extend(declared.into_iter().map(Validator::from));
        self.validators.sort_by(|a, b| a.address.cmp(&b.address));
        self.validate()
    }
}

fn base(address: Address, account_number: u64) -> Account {
    Account::Base(BaseAccount {
        address,
        account_number,
        sequence: 0,
        pub_key: None,
    })
}

fn already_there(address: &Address) -> GenesisError {
    GenesisError::new("app_state.auth.accounts", format!("{address} is already there"))
}
