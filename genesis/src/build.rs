//! Building a document from parts: accounts and the declarations of validators.

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
        let accounts = &mut self.app_state.auth.accounts;
        ensure(
            accounts.iter().all(|account| account.address() != address),
            "app_state.auth.accounts",
            format!("{address} is already there"),
        )?;
        let account_number = accounts
            .iter()
            .map(|account| account.number().saturating_add(1))
            .max()
            .unwrap_or(0);
        accounts.push(match vesting {
            None => Account::Base(BaseAccount {
                address,
                account_number,
                sequence: 0,
                pub_key: None,
            }),
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
        });
        if !coins.is_empty() {
            self.app_state.bank.balances.push(Balance { address, coins });
        }
        Ok(())
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
