//! Building a document from parts: accounts and genesis transactions.

use std::collections::BTreeSet;

use slsbft_mechanism::share::Pool;
use slsbft_types::{Address, Amount, BASE_DENOM, Coins, vesting::vesting};

use crate::{
    ConsensusKey, Genesis, GenesisError,
    auth::{Account, BaseAccount, ContinuousVestingAccount},
    bank::Balance,
    distribution::{Claim, Validator},
    error::ensure,
    genutil::GenTx,
    staking::{Candidate, Commission, Delegation, Description, KeyOwner, Staking},
};

const ACCOUNTS: &str = "app_state.auth.accounts";

/// When a vesting account's coins come free, evenly from start to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vesting {
    /// Unix seconds.
    pub start: i64,
    /// Unix seconds.
    pub end: i64,
}

/// A candidate of the first hour.
#[derive(Clone, Debug)]
pub struct NewCandidate {
    /// An account that has the stake.
    pub operator: Address,
    pub consensus_key: ConsensusKey,
    /// uankr.
    pub stake: Amount,
    pub description: Description,
    pub commission: Commission,
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
            return Err(already_there(ACCOUNTS, &address));
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
                    delegated_vesting: Amount::ZERO,
                    delegated_free: Amount::ZERO,
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
                return Err(already_there(ACCOUNTS, &address));
            }
            self.push(base(address, account_number), coins);
        }
        Ok(())
    }

    /// Makes an account a candidate: its stake moves from its balance into the pool.
    ///
    /// Fails if it is one already, its key is somebody's, or it has less than its stake.
    pub fn add_candidate(&mut self, new: NewCandidate) -> Result<(), GenesisError> {
        let created_height = self.initial_height.unsigned_abs();
        let NewCandidate {
            operator,
            consensus_key,
            stake,
            description,
            commission,
        } = new;
        let address = consensus_key.consensus_address();
        let staking = &self.app_state.staking;
        let known = |key: &KeyOwner| key.address == address || key.operator == operator;
        if staking.keys.iter().any(known) {
            return Err(already_there("app_state.staking.keys", &operator));
        }
        let mut pool = Pool::default();
        let shares = pool
            .delegate(stake)
            .map_err(|error| GenesisError::new("stake", error))?;
        self.delegate(&operator, stake)?;

        let staking = &mut self.app_state.staking;
        staking.keys.push(KeyOwner { address, operator });
        staking.keys.sort_by_key(|key| key.address);
        staking.candidates.push(Candidate {
            operator,
            consensus_key,
            pool,
            description,
            commission,
            min_self_delegation: Amount::new(1),
            created_height,
            jailed_until: None,
            tombstoned: false,
        });
        staking.candidates.sort_by_key(|candidate| candidate.operator);
        let delegator = operator;
        staking.delegations.push(Delegation {
            delegator,
            operator,
            shares,
        });
        staking.delegations.sort_by_key(|d| (d.delegator, d.operator));

        let distribution = &mut self.app_state.distribution;
        distribution.validators.push(Validator::new(operator));
        distribution.validators.sort_by_key(|v| v.operator);
        let (since, unpaid) = ([0; 32], [0; 32]);
        distribution.holdings.push(Claim {
            delegator,
            operator,
            since,
            unpaid,
        });
        distribution.holdings.sort_by_key(|c| (c.delegator, c.operator));
        Ok(())
    }

    /// Moves uankr of an account into the pool of bonded stake; those that vest go first.
    fn delegate(&mut self, from: &Address, amount: Amount) -> Result<(), GenesisError> {
        let now = self.genesis_time;
        let bank = &mut self.app_state.bank;
        let held = bank.amount_of(from);
        let rest = held.sub(amount).map_err(|_| {
            GenesisError::new(
                "app_state.bank.balances",
                format!("{from} has {held}{BASE_DENOM}, its stake is {amount}"),
            )
        })?;
        let pool = Staking::bonded_account();
        let bonded = bank
            .amount_of(&pool)
            .add(amount)
            .map_err(|error| GenesisError::new("stake", error))?;
        bank.set_amount(from, rest);
        bank.set_amount(&pool, bonded);
        let mut accounts = self.app_state.auth.accounts.iter_mut();
        if let Some(Account::ContinuousVesting(account)) = accounts.find(|a| a.address() == *from) {
            let total = account.original_vesting.amount_of(BASE_DENOM);
            let unripe = vesting(total, account.start, account.end, now);
            let locked = unripe.saturating_sub(account.delegated_vesting).min(amount);
            let grown =
                |sum: Amount, by: Amount| sum.add(by).map_err(|error| GenesisError::new(ACCOUNTS, error));
            account.delegated_vesting = grown(account.delegated_vesting, locked)?;
            account.delegated_free = grown(account.delegated_free, amount.saturating_sub(locked))?;
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

    /// Adds genesis transactions to those that are there. Sorted by their bytes, so
    /// that the order in which files are read does not matter; what is there already
    /// is not added again.
    pub fn collect(&mut self, txs: impl IntoIterator<Item = Vec<u8>>) -> Result<(), GenesisError> {
        let present = std::mem::take(&mut self.app_state.genutil.gen_txs);
        let all: BTreeSet<GenTx> = present.into_iter().chain(txs.into_iter().map(GenTx)).collect();
        self.app_state.genutil.gen_txs = all.into_iter().collect();
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

fn already_there(path: &str, address: &Address) -> GenesisError {
    GenesisError::new(path, format!("{address} is already there"))
}
